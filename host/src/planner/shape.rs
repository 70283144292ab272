//! What of a DAG is looked up at each step, laid out flat.

use crate::dag::model::{Dag, Neighbours, Task, Wire};
use crate::ids::TaskIx;

/// Looked up by task.
#[derive(Debug)]
pub(super) struct Shape {
    /// The producers that a task cannot do without, sorted.
    required: Neighbours,
    /// Each task's place in the topological order.
    position: Vec<u32>,
}

impl Shape {
    pub(super) fn of(dag: &Dag) -> Self {
        let of_task = |task| {
            let mut producers: Vec<TaskIx> = required_producers(task).collect();
            producers.sort_unstable();
            producers.dedup();
            producers
        };
        let required = dag.tasks.iter().map(of_task).collect();
        let mut position = vec![0; dag.tasks.len()];
        for (place, task) in dag.edges.order.iter().enumerate() {
            if let Some(slot) = position.get_mut(task.index()) {
                *slot = to_u32(place);
            }
        }
        Self { required, position }
    }

    /// The producers that `task` cannot do without, sorted.
    pub(super) fn required(&self, task: TaskIx) -> &[TaskIx] {
        self.required.of(task)
    }

    /// Whether `task` cannot do without `producer`.
    pub(super) fn requires(&self, task: TaskIx, producer: TaskIx) -> bool {
        self.required(task).binary_search(&producer).is_ok()
    }

    /// The place of `task` in the topological order.
    pub(super) fn position(&self, task: TaskIx) -> u32 {
        self.position.get(task.index()).copied().unwrap_or(u32::MAX)
    }
}

/// The tasks whose results `task` cannot do without: of its required inputs, and of the values that its templates name.
fn required_producers(task: &Task) -> impl Iterator<Item = TaskIx> + '_ {
    let wired = task.wires().filter_map(|wire| match wire {
        Wire::Port { task, required: true, port: _ } => Some(*task),
        Wire::Port { required: false, task: _, port: _ } | Wire::Value { task: _ } | Wire::File { path: _ } => None,
    });
    wired.chain(task.template_values.iter().copied())
}

/// Whether the plugin of `task` may choose among its downstreams.
pub(super) fn may_branch(task: &Task) -> bool {
    task.terms.plugin.descriptor.may_branch
}

/// A count of tasks or edges, which are far below the limit.
pub(super) fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
