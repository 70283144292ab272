//! The machine that figures are measured on.

use serde::Serialize;

/// What the figures depend on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) system: String,
    pub(crate) file_system: String,
    pub(crate) rustc: String,
    pub(crate) dagwood: &'static str,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let kib: f64 = after(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(f64::NAN);
        let kernel = read("/proc/sys/kernel/osrelease");
        Self {
            processor: after(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
            system: format!("Linux {}", kernel.split('-').next().unwrap_or_default().trim()),
            file_system: says("stat", &["-f", "-c", "%T", env!("CARGO_TARGET_TMPDIR")]),
            rustc: says("rustc", &["--version"]),
            dagwood: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn says(program: &str, arguments: &[&str]) -> String {
    let said = std::process::Command::new(program).args(arguments).output();
    said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default()
}
