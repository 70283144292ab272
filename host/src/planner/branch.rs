//! Whom a branch leaves out (`docs/scheduling.md`).

use rustc_hash::FxHashSet;

use crate::contract::Problem;
use crate::dag::model::{Dag, Task};
use crate::ids::TaskIx;
use crate::planner::shape::{Shape, may_branch};

/// Whether the task at `ix` may answer with these labels.
///
/// # Errors
/// A permanent problem, if its plugin may not branch, or if it does not know a label.
pub(super) fn check(dag: &Dag, ix: TaskIx, chosen: &[String]) -> Result<(), Problem> {
    let Some(task) = dag.task(ix) else { return Ok(()) };
    if !may_branch(task) {
        let message = format!(
            "plugin `{}` answered `branch`, but does not declare that it may: set `may_branch` in its descriptor",
            task.terms.plugin_name
        );
        return Err(Problem::new("may-not-branch", message));
    }
    let unknown: Vec<&str> =
        chosen.iter().map(String::as_str).filter(|label| tasks_of(dag, ix, task, label).is_none()).collect();
    if unknown.is_empty() { Ok(()) } else { Err(unknown_labels(dag, ix, task, &unknown)) }
}

fn unknown_labels(dag: &Dag, ix: TaskIx, task: &Task, unknown: &[&str]) -> Problem {
    let mut known: Vec<&str> = task.terms.branches.keys().map(String::as_str).collect();
    known.extend(downstream(dag, ix).iter().filter_map(|ix| dag.task(*ix)).map(|task| task.id.as_str()));
    let message = format!(
        "it chose {}, which is neither a label of its `branches` nor a task directly downstream; there are {}",
        quoted(unknown),
        quoted(&known),
    );
    Problem::new("unknown-branch", message)
}

fn quoted(words: &[&str]) -> String {
    if words.is_empty() {
        return "none".to_owned();
    }
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The tasks that a label stands for: those of `branches`, else the direct downstream of that id.
fn tasks_of(dag: &Dag, ix: TaskIx, task: &Task, label: &str) -> Option<Vec<TaskIx>> {
    if let Some(tasks) = task.terms.branches.get(label) {
        return Some(tasks.clone());
    }
    let named = |ix: &&TaskIx| dag.task(**ix).is_some_and(|task| task.id.as_str() == label);
    downstream(dag, ix).iter().find(named).map(|ix| vec![*ix])
}

/// The direct downstreams of `ix` that are neither chosen nor downstream of a chosen one. A label that is not known,
/// which [`check`] keeps out, chooses nothing.
pub(super) fn left_out(dag: &Dag, shape: &Shape, ix: TaskIx, chosen: &[String]) -> Vec<TaskIx> {
    let Some(task) = dag.task(ix) else { return Vec::new() };
    let chosen: FxHashSet<TaskIx> =
        chosen.iter().filter_map(|label| tasks_of(dag, ix, task, label)).flatten().collect();
    let mut others: Vec<TaskIx> = downstream(dag, ix).iter().copied().filter(|task| !chosen.contains(task)).collect();
    let Some(last) = others.iter().map(|task| shape.position(*task)).max() else { return others };
    let reached = reach(dag, shape, chosen, last);
    others.retain(|task| !reached.contains(task));
    others
}

/// All tasks downstream of `from`, themselves included, as far as the place `last` in the topological order.
fn reach(dag: &Dag, shape: &Shape, from: FxHashSet<TaskIx>, last: u32) -> FxHashSet<TaskIx> {
    let mut open: Vec<TaskIx> = from.iter().copied().collect();
    let mut seen = from;
    while let Some(task) = open.pop() {
        for below in downstream(dag, task) {
            if shape.position(*below) <= last && seen.insert(*below) {
                open.push(*below);
            }
        }
    }
    seen
}

pub(super) fn downstream(dag: &Dag, ix: TaskIx) -> &[TaskIx] {
    dag.edges.downstream.of(ix)
}

pub(super) fn upstream(dag: &Dag, ix: TaskIx) -> &[TaskIx] {
    dag.edges.upstream.of(ix)
}
