//! Which tasks of a run a clear means.

use std::collections::BTreeSet;

use crate::dag::model::{Dag, Neighbours};
use crate::ids::{TaskId, TaskIx};
use crate::lifecycle::state::TaskState;

use super::request::Clear;

#[cfg(test)]
mod tests;

/// The tasks that `clear` names, with what comes before or after them if that is wanted, in the order of the DAG.
///
/// # Errors
/// Names that the DAG does not have.
pub fn select(dag: &Dag, states: &[TaskState], clear: &Clear) -> Result<Vec<TaskIx>, Vec<TaskId>> {
    let place = |wanted: &TaskId| dag.tasks.iter().zip((0..).map(TaskIx)).find(|(task, _)| task.id == *wanted);
    let unknown: Vec<_> = clear.tasks.iter().filter(|task| place(task).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut chosen: BTreeSet<TaskIx> = match clear.tasks.as_slice() {
        [] => dag.tasks.iter().zip((0..).map(TaskIx)).map(|(_, ix)| ix).collect(),
        named => named.iter().filter_map(|task| Some(place(task)?.1)).collect(),
    };
    let named = chosen.clone();
    if clear.upstream {
        spread(&named, &dag.edges.upstream, &mut chosen);
    }
    if clear.downstream {
        spread(&named, &dag.edges.downstream, &mut chosen);
    }
    let wanted = |ix: &TaskIx| {
        let failed = matches!(states.get(ix.index()), Some(TaskState::Failed | TaskState::UpstreamFailed));
        failed || !clear.only_failed
    };
    Ok(chosen.into_iter().filter(wanted).collect())
}

/// Adds all that can be reached from `named`.
fn spread(named: &BTreeSet<TaskIx>, edges: &Neighbours, chosen: &mut BTreeSet<TaskIx>) {
    let mut seen = named.clone();
    let mut open: Vec<TaskIx> = named.iter().copied().collect();
    while let Some(at) = open.pop() {
        for next in edges.of(at) {
            if seen.insert(*next) {
                chosen.insert(*next);
                open.push(*next);
            }
        }
    }
}
