//! The outside files that a DAG is wired to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::artifacts::{ArtifactStore, cause_chain, check_outside};
use crate::config::Refusal;
use crate::contract::ArtifactRef;
use crate::dag::diagnostic::Diagnostic;
use crate::dag::model::{Dag, RunInputs, Wire};
use crate::dag::path::DocPath;
use crate::dag::{Draft, Wrong};

use super::{Grounds, LoadError};

/// The paths as written, each once.
fn paths(dag: &Dag) -> BTreeSet<&Path> {
    dag.tasks
        .iter()
        .flat_map(|task| task.wires())
        .filter_map(|wire| match wire {
            Wire::File { path } => Some(path.as_path()),
            Wire::Port { .. } | Wire::Value { .. } => None,
        })
        .collect()
}

/// A mistake for each input whose file or folder could not be taken in.
pub(super) fn unusable(dag: &Dag, draft: &Draft, folder: &Path, grounds: &Grounds) -> Vec<Diagnostic> {
    let wires = dag.tasks.iter().flat_map(|task| task.inputs.iter().map(move |(port, wire)| (task, port, wire)));
    let wrong = wires.filter_map(|(task, port, wire)| {
        let Wire::File { path } = wire else { return None };
        let (why, hint) = match (grounds.refuses_file(&folder.join(path)), check_outside(&folder.join(path), &|_| None))
        {
            (Some(refusal), _) => (refusal.message, refusal.hint),
            (None, Ok(())) => return None,
            (None, Err(error)) => {
                let hint = format!("relative paths start from the DAG file's folder, `{}`", folder.display());
                (cause_chain(&error), hint)
            }
        };
        let at = DocPath::of(&["tasks", task.id.as_str(), "inputs", port.as_str()]);
        let message = format!("the input file `{}` cannot be taken: {why}", path.display());
        Some(Wrong { at, message, hint: Some(hint) })
    });
    draft.wrong(wrong.collect())
}

fn words(refusal: Refusal) -> String {
    format!("{}; {}", refusal.message, refusal.hint)
}

/// Keeps those outside files of the DAG that can be taken, with the reason for each of the others. Blocks.
pub fn import_what_is_there(artifacts: &ArtifactStore, grounds: &Grounds, dag: &Dag, folder: &Path) -> RunInputs {
    let mut inputs = RunInputs::default();
    for path in paths(dag) {
        // A link may lead elsewhere since the file was checked.
        let (file, guard) = (folder.join(path), |real: &Path| grounds.refuses_real_file(real).map(words));
        if let Some(refusal) = grounds.refuses_file(&file) {
            inputs.missing.insert(path.to_owned(), words(refusal));
            continue;
        }
        match artifacts.import_guarded(&file, &guard) {
            Ok(imported) => drop(inputs.files.insert(path.to_owned(), imported.artifact)),
            Err(error) => drop(inputs.missing.insert(path.to_owned(), cause_chain(&error))),
        }
    }
    inputs
}

/// Keeps all outside files of the DAG by content. Relative paths start from `folder`. Blocks.
pub fn import_files(
    artifacts: &ArtifactStore,
    dag: &Dag,
    folder: &Path,
) -> Result<BTreeMap<PathBuf, ArtifactRef>, LoadError> {
    let mut kept = BTreeMap::new();
    for path in paths(dag) {
        let imported = artifacts
            .import(&folder.join(path))
            .map_err(|source| LoadError::Import { path: path.to_owned(), source: Box::new(source) })?;
        kept.insert(path.to_owned(), imported.artifact);
    }
    Ok(kept)
}
