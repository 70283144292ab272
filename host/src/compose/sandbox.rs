//! Where the registry's ports meet the sandbox.

use crate::artifacts::cause_chain;
use crate::contract::Problem;
use crate::executor::port::EngineKind;
use crate::registry::ComponentInterface;
use crate::registry::compile::CompileProblem;
use crate::{registry, sandbox};

/// Looks into components with the sandbox's own eyes.
pub(super) struct Inspector;

impl registry::Inspector for Inspector {
    fn inspect(&self, wasm: &[u8]) -> Result<ComponentInterface, Problem> {
        let found =
            sandbox::inspect::inspect(wasm).map_err(|refusal| Problem::new(refusal.code(), refusal.to_string()))?;
        Ok(ComponentInterface {
            exports: found.exports,
            base_imports: found.imports.base,
            task_imports: found.imports.task,
            granted_imports: found.imports.granted,
        })
    }
}

/// Compiles with the sandbox's engines.
pub(super) struct Codegen;

impl registry::Codegen for Codegen {
    fn compatibility(&self, engine: EngineKind) -> String {
        // Without an engine nothing compiles either, and that says why.
        sandbox::compatibility(engine).unwrap_or_else(|_| "none".to_owned())
    }

    fn compile(&self, engine: EngineKind, wasm: &[u8]) -> Result<Vec<u8>, CompileProblem> {
        sandbox::compile(engine, wasm).map_err(|problem| CompileProblem::Refused(cause_chain(&problem)))
    }
}
