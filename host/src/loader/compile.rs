//! The compiled code of a DAG's components: made before a run, so that no try waits for it.

use std::collections::BTreeSet;

use crate::dag::model::Dag;
use crate::executor::CompiledComponents;
use crate::executor::port::EngineKind;
use crate::registry::{BuildWatcher, Registry};

use super::LoadError;

/// Compiles what is not compiled yet; `watcher` is told of each.
///
/// # Errors
/// The first component that could not be compiled.
pub async fn compile(registry: &Registry, dag: &Dag, watcher: &dyn BuildWatcher) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    for task in dag.with_callbacks() {
        let engine = if task.terms.deterministic { EngineKind::Pure } else { EngineKind::Open };
        let (digest, name) = (task.terms.plugin.digest, &task.terms.plugin_name);
        if !seen.insert((digest, task.terms.deterministic)) || registry.has_compiled(digest, engine).await {
            continue;
        }
        watcher.compiles(name);
        let compiled = registry.compiled(digest, engine).await;
        compiled.map_err(|problem| LoadError::Compile { name: name.clone(), problem: problem.into() })?;
    }
    Ok(())
}
