//! Labels that a branching plugin may choose.

use std::collections::BTreeMap;

use crate::dag::check::ground::Ground;
use crate::dag::check::ix;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::words::list;
use crate::ids::TaskIx;

/// The labels of one task with what they choose.
pub(super) type Branches = BTreeMap<String, Vec<TaskIx>>;

pub(super) fn check(ground: &Ground<'_>, downstream: &[Vec<TaskIx>], mistakes: &mut Vec<Mistake>) -> Vec<Branches> {
    let tasks = ground.tasks.iter().enumerate().zip(downstream);
    tasks.map(|((at, _), downstream)| one_task(ground, at, downstream, mistakes)).collect()
}

fn one_task(ground: &Ground<'_>, at: usize, downstream: &[TaskIx], mistakes: &mut Vec<Mistake>) -> Branches {
    let mut branches = Branches::new();
    let Some((id, task)) = ground.tasks.get(at) else { return branches };
    if task.branches.0.is_empty() {
        return branches;
    }
    let base = || ground.path(at).key("branches");
    if ground.plugin(at).is_some_and(|plugin| !plugin.descriptor.may_branch) {
        let plugin = task.plugin.as_deref().unwrap_or_default();
        mistakes.push(Mistake::error(Place::key(base()), format!("the plugin `{plugin}` does not branch")));
        return branches;
    }
    for (label, tasks) in &task.branches.0 {
        let mut chosen = Vec::new();
        for (nth, name) in tasks.texts() {
            let place = || {
                let path = base().key(label);
                Place::value(nth.map_or_else(|| path.clone(), |nth| path.index(nth)))
            };
            match ground.find(name).map(ix) {
                None => mistakes.push(ground.no_such_task(name, place())),
                Some(down) if downstream.binary_search(&down).is_ok() => chosen.push(down),
                Some(_) => {
                    let below = list(downstream.iter().map(|down| ground.id(down.index())));
                    let message =
                        format!("`{name}` does not stand directly below `{id}`, so that branch cannot choose it");
                    let hint = format!("directly below `{id}`: {below}");
                    mistakes.push(Mistake::error(place(), message).hint(hint));
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        branches.insert(label.clone(), chosen);
    }
    branches
}
