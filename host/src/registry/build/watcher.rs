//! Who watches a build.

/// Is told how a build goes. Called from a thread of the runtime; must not block for long.
pub trait BuildWatcher: Send + Sync + 'static {
    /// Crates that are about to be built, as people know them.
    fn begins(&self, crates: &[String]);
    /// A component is about to be compiled to native code.
    fn compiles(&self, plugin: &str) {
        let _ = plugin;
    }
    /// A line of cargo or rustup, without its end. It quotes a stranger's sources: with [`colour`](Self::colour) it
    /// holds escape sequences, of which only those for colours should be let through.
    fn line(&self, line: &str);
    /// Whether lines should be coloured.
    fn colour(&self) -> bool {
        false
    }
}

/// Drops all lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentBuild;

impl BuildWatcher for SilentBuild {
    fn begins(&self, _crates: &[String]) {}
    fn line(&self, _line: &str) {}
}
