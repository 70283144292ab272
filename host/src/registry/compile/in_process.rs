//! Compiling in this process: for embedders who trust their components, and for tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CompileProblem;
use super::inside::compile_file;
use crate::executor::Boxed;
use crate::executor::port::EngineKind;
use crate::registry::ports::{Codegen, Compiler};

/// Compiles on a thread of this process, without limits on memory or time.
#[derive(Clone)]
pub struct InProcessCompiler {
    codegen: Arc<dyn Codegen>,
}

impl InProcessCompiler {
    /// One that uses `codegen`.
    pub fn new(codegen: Arc<dyn Codegen>) -> Self {
        Self { codegen }
    }
}

impl Compiler for InProcessCompiler {
    fn compatibility(&self, engine: EngineKind) -> String {
        self.codegen.compatibility(engine)
    }

    fn compile(&self, engine: EngineKind, input: PathBuf, output: PathBuf) -> Boxed<Result<(), CompileProblem>> {
        let codegen = Arc::clone(&self.codegen);
        Box::pin(async move {
            let work = move || compile_file(codegen.as_ref(), engine, Path::new(&input), Path::new(&output));
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
                Err(CompileProblem::Crashed { how: "panic".to_owned(), stderr: error.to_string() })
            })
        })
    }
}
