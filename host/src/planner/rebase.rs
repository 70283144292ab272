//! Moving a run to another version of its DAG: new tasks are `none`, tasks that are gone are removed.

use rustc_hash::FxHashMap;

use crate::dag::model::Dag;
use crate::ids::{TaskId, TaskIx};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::TaskState;

/// A run's instances in another version of its DAG.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebased {
    /// By the new version's tasks.
    pub instances: Vec<Instance>,
    /// For each old task, its new place; `None`: it is gone.
    pub places: Vec<Option<TaskIx>>,
    /// Old tasks that are gone and were not finished: to be recorded as removed. The finished ones stay as they are.
    pub removed: Vec<TaskIx>,
}

/// The instances of a run whose tasks were `old`, in order, under the version `dag`. None of them may be active.
pub fn rebase(old: &[(TaskId, Instance)], dag: &Dag) -> Rebased {
    let new: FxHashMap<&str, u32> = dag.tasks.iter().map(|task| task.id.as_str()).zip(0..).collect();
    let places: Vec<Option<TaskIx>> = old.iter().map(|(id, _)| new.get(id.as_str()).copied().map(TaskIx)).collect();
    let mut instances: Vec<Instance> = dag.tasks.iter().map(|task| Instance::new(task.retry.retries)).collect();
    for ((_, instance), place) in old.iter().zip(&places) {
        let Some((slot, task)) = place.and_then(|ix| instances.get_mut(ix.index()).zip(dag.task(ix))) else { continue };
        *slot = carried(instance, task.retry.retries);
    }
    let removed = old
        .iter()
        .zip(&places)
        .zip(0..)
        .filter(|(((_, instance), place), _)| place.is_none() && !instance.state.is_finished())
        .map(|(_, at)| TaskIx(at))
        .collect();
    Rebased { instances, places, removed }
}

/// An instance under the new version. One that had not begun, or comes back after it was removed, has its tries afresh.
fn carried(instance: &Instance, retries: u32) -> Instance {
    let mut carried = instance.clone();
    if matches!(instance.state, TaskState::None | TaskState::Removed) {
        carried.state = TaskState::None;
        carried.max_tries = instance.try_number.saturating_add(retries).saturating_add(1);
    }
    carried
}
