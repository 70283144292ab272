//! Compiles a component ahead of time. Meant for a child process with limits on memory and time: a stranger's module
//! is dangerous to compile, too.

use super::engine;
use crate::executor::port::EngineKind;

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileProblem {
    /// No code can be made for this processor.
    #[error("the `{0}` engine cannot be made on this machine")]
    Engine(&'static str, #[source] wasmtime::Error),
    /// It is not what the engine takes.
    #[error("the component cannot be compiled for the `{0}` engine")]
    Component(&'static str, #[source] wasmtime::Error),
}

/// Compiles `wasm`, a component, to the form that is loaded later. The result is native code: keep it where only the
/// host can write.
///
/// # Errors
/// When `wasm` is no valid component, or uses a feature that is off.
pub fn compile(kind: EngineKind, wasm: &[u8]) -> Result<Vec<u8>, CompileProblem> {
    let engine = engine::on_demand(kind).map_err(|e| CompileProblem::Engine(kind.as_str(), e))?;
    engine.precompile_component(wasm).map_err(|e| CompileProblem::Component(kind.as_str(), e))
}
