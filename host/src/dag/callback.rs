//! Callbacks: tasks of their own that are started when something happened to a run or a task.
//!
//! A callback is a DAG of one task, checked as any other, so that a run of it is an ordinary run: it is kept, retried,
//! limited and logged in the same way. It has no callbacks itself.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::dag::model::Dag;
use crate::ids::TaskIx;

/// What a callback is started by: Airflow's `on_success_callback` and the like, and its deadline alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackKind {
    /// A run or a task ended as a success.
    OnSuccess,
    /// A run or a task failed for good.
    OnFailure,
    /// A task failed, and is tried again.
    OnRetry,
    /// A run is not at its end at its deadline.
    OnDeadline,
}

/// A word that is no kind of callback.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of callback")]
pub struct UnknownCallback(String);

impl CallbackKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::OnSuccess, Self::OnFailure, Self::OnRetry, Self::OnDeadline];

    /// Its key in the DAG file, which is stored and shown, and is the id of its task.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnSuccess => "on_success",
            Self::OnFailure => "on_failure",
            Self::OnRetry => "on_retry",
            Self::OnDeadline => "on_deadline",
        }
    }
}

impl fmt::Display for CallbackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CallbackKind {
    type Err = UnknownCallback;

    fn from_str(word: &str) -> Result<Self, UnknownCallback> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownCallback(word.to_owned()))
    }
}

/// The callbacks of a DAG, each as a DAG of one task.
#[derive(Debug, Clone, Default)]
pub struct Callbacks {
    run: BTreeMap<CallbackKind, Arc<Dag>>,
    tasks: BTreeMap<(TaskIx, CallbackKind), Arc<Dag>>,
}

impl Callbacks {
    /// The run's own.
    pub fn of_run(&self, kind: CallbackKind) -> Option<&Arc<Dag>> {
        self.run.get(&kind)
    }

    /// Those of a task, `[defaults]` included.
    pub fn of_task(&self, task: TaskIx, kind: CallbackKind) -> Option<&Arc<Dag>> {
        self.tasks.get(&(task, kind))
    }

    /// The run's own, in the order of [`CallbackKind`].
    pub fn of_the_run(&self) -> impl Iterator<Item = (CallbackKind, &Dag)> {
        self.run.iter().map(|(kind, dag)| (*kind, dag.as_ref()))
    }

    /// Those of tasks, in the order of the tasks.
    pub fn of_tasks(&self) -> impl Iterator<Item = (TaskIx, CallbackKind, &Dag)> {
        self.tasks.iter().map(|((task, kind), dag)| (*task, *kind, dag.as_ref()))
    }

    /// All of them; one that several tasks share comes several times.
    pub fn all(&self) -> impl Iterator<Item = &Dag> {
        self.run.values().chain(self.tasks.values()).map(Arc::as_ref)
    }

    /// Puts what `change` makes of each in its place; what several share stays shared.
    pub(crate) fn change_each(&mut self, change: impl Fn(&Dag) -> Dag) {
        let mut changed: HashMap<*const Dag, Arc<Dag>> = HashMap::new();
        for dag in self.run.values_mut().chain(self.tasks.values_mut()) {
            let known = changed.entry(Arc::as_ptr(dag)).or_insert_with(|| Arc::new(change(dag)));
            *dag = Arc::clone(known);
        }
    }

    pub(crate) fn set_run(&mut self, kind: CallbackKind, dag: Arc<Dag>) {
        self.run.insert(kind, dag);
    }

    pub(crate) fn set_task(&mut self, task: TaskIx, kind: CallbackKind, dag: Arc<Dag>) {
        self.tasks.insert((task, kind), dag);
    }
}

/// When a run should be at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// From when it counts.
    pub after: DeadlineReference,
    /// How long.
    pub of: Duration,
}

/// From when a deadline counts: the references of Airflow's deadline alerts that a running run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineReference {
    /// The run's start.
    RunStart,
    /// The run's logical date: not for runs of backfills, nor again after a clear.
    LogicalDate,
}

impl DeadlineReference {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunStart => "run_start",
            Self::LogicalDate => "logical_date",
        }
    }
}
