//! Moving a run to another version of its DAG: new tasks are `none`, tasks that are gone are removed.

use rustc_hash::FxHashMap;

use crate::dag::model::Dag;
use crate::ids::{TaskId, TaskIx};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::TaskState;

/// What becomes of a run's instances in another version of its DAG.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebased {
    /// By the new version's tasks.
    pub carried: Vec<Carried>,
    /// The old instances whose tasks are gone, in the order in which they stay behind those.
    pub gone: Vec<Gone>,
}

/// The instance of a task of the new version.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Its place in the old version; `None`: the run did not have it.
    pub from: Option<TaskIx>,
    /// Whether it begins anew: what the run had of it is not looked at any more.
    pub begins: bool,
    /// As it is from now on.
    pub instance: Instance,
}

/// An instance whose task is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Its place in the old version.
    pub from: TaskIx,
    /// Whether it is marked removed. One that was finished stays as it is.
    pub remove: bool,
}

impl Rebased {
    /// The instances of the new version, in order.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.carried.iter().map(|carried| &carried.instance)
    }
}

/// The instances of a run, by place, under the version `dag`. None of them may be active.
pub fn rebase(old: &[(TaskIx, TaskId, Instance)], dag: &Dag) -> Rebased {
    let mut left: FxHashMap<&str, (TaskIx, &Instance)> =
        old.iter().map(|(at, id, instance)| (id.as_str(), (*at, instance))).collect();
    let carried = dag.tasks.iter().map(|task| carry(left.remove(task.id.as_str()), task.terms.retry.retries)).collect();
    let gone = old
        .iter()
        .filter(|(_, id, _)| left.contains_key(id.as_str()))
        .map(|(from, _, instance)| Gone { from: *from, remove: !instance.state.is_finished() })
        .collect();
    Rebased { carried, gone }
}

/// An instance under the new version. One that had not begun, or comes back after it was removed, has its tries afresh.
fn carry(old: Option<(TaskIx, &Instance)>, retries: u32) -> Carried {
    let Some((from, old)) = old else {
        return Carried { from: None, begins: true, instance: Instance::new(retries) };
    };
    let mut instance = old.clone();
    let begins = matches!(old.state, TaskState::None | TaskState::Removed);
    if begins {
        instance.state = TaskState::None;
        instance.max_tries = old.try_number.saturating_add(retries).saturating_add(1);
    }
    Carried { from: Some(from), begins, instance }
}
