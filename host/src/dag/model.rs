//! A checked DAG: what the planner works on. It can only be made by the checks of this room or by the builder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{ArtifactRef, Descriptor, Input};
use crate::dag::callback::{Callbacks, Deadline};
pub use crate::dag::edges::{Edges, Neighbours};
pub use crate::dag::grant::{Grants, HttpGrant, Mount, MountMode, SecretGrant};
use crate::dag::shared::Shared;
use crate::dag::template::Template;
use crate::ids::{DagId, Digest, PoolName, PortName, TaskId, TaskIx};
use crate::limits::TaskLimits;
use crate::schedule::{Catchup, ClockChanges, Timetable, Window};

/// A plugin that a name was resolved to: from here on it is its digest, and equal by it.
#[derive(Debug, Clone)]
pub struct ResolvedPlugin {
    /// The component.
    pub digest: Digest,
    /// What it says of itself.
    pub descriptor: Arc<Descriptor>,
    /// What it imports that only a grant gives.
    pub granted_imports: Arc<[String]>,
}

impl PartialEq for ResolvedPlugin {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// A whole DAG, checked.
#[derive(Debug, Clone)]
pub struct Dag {
    /// Its id.
    pub id: DagId,
    /// The digest of the file's text and of all that it was resolved to: the DAG's version.
    pub version: Digest,
    /// What people and the schedule need to know of it.
    pub settings: DagSettings,
    /// The DAG's own parameters.
    pub params: Vec<DagParam>,
    /// The tasks, in the order of the file; a [`TaskIx`] is the place here.
    pub tasks: Vec<Task>,
    /// Who comes before and after whom.
    pub edges: Edges,
    /// What is started when something happened.
    pub callbacks: Callbacks,
}

/// The keys at the top of a DAG file.
#[derive(Debug, Clone, PartialEq)]
pub struct DagSettings {
    /// For people.
    pub description: Option<String>,
    /// Airflow's `owner`, from `[defaults]`.
    pub owner: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The schedule's text as written; `None`: by hand only. Checked by `schedule`.
    pub schedule: Option<String>,
    /// When its scheduled runs start; `None`: by hand only.
    pub timetable: Option<Arc<Timetable>>,
    /// IANA name; `UTC` by default.
    pub timezone: String,
    /// No logical date before it.
    pub start_date: Option<Timestamp>,
    /// No logical date after it.
    pub end_date: Option<Timestamp>,
    /// What to do about missed ticks.
    pub catchup: Catchup,
    /// What a scheduled run is for.
    pub window: Window,
    /// What a clock change does to a tick.
    pub clock_changes: ClockChanges,
    /// Runs at once; 1 under `@continuous`.
    pub max_active_runs: u32,
    /// Tasks at once, per run.
    pub max_active_tasks: u32,
    /// A run that takes longer fails.
    pub dagrun_timeout: Option<Duration>,
    /// When a run should be at its end.
    pub deadline: Option<Deadline>,
    /// So many failed runs in a row pause the DAG; 0: never.
    pub max_consecutive_failed_dag_runs: u32,
}

impl Default for DagSettings {
    fn default() -> Self {
        Self {
            description: None,
            owner: None,
            tags: Vec::new(),
            schedule: None,
            timetable: None,
            timezone: "UTC".to_owned(),
            start_date: None,
            end_date: None,
            catchup: Catchup::default(),
            window: Window::default(),
            clock_changes: ClockChanges::default(),
            max_active_runs: crate::limits::MAX_ACTIVE_RUNS,
            max_active_tasks: crate::limits::MAX_ACTIVE_TASKS,
            dagrun_timeout: None,
            deadline: None,
            max_consecutive_failed_dag_runs: 0,
        }
    }
}

/// One of the DAG's own parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct DagParam {
    /// As in `{{ params.name }}`.
    pub name: String,
    /// Its value where none is given; without one it must be given.
    pub default: Option<Value>,
    /// JSON Schema of its value, if the author wrote one.
    pub schema: Option<Value>,
    /// For people.
    pub description: Option<String>,
}

/// One task, checked.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What it mostly shares with others: tasks with the same terms have them together.
    pub terms: Arc<TaskTerms>,
    /// For people.
    pub description: Option<Box<str>>,
    /// The params, with holes where templates stand; shared as the terms are.
    pub params: Arc<Template>,
    /// What its ports and named values are wired to, sorted by name.
    pub inputs: Box<[(PortName, Wire)]>,
    /// Upstreams whose `values` its templates name: required, as inputs with cardinality `one` are.
    pub template_values: Box<[TaskIx]>,
    /// By its weight rule: higher goes first.
    pub effective_weight: i32,
}

/// What a task is, and how it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskTerms {
    /// The plugin's name in the file.
    pub plugin_name: String,
    /// What that name was resolved to.
    pub plugin: ResolvedPlugin,
    /// Airflow's `owner`.
    pub owner: Option<String>,
    /// When it may run.
    pub trigger_rule: TriggerRule,
    /// How it is tried again.
    pub retry: RetryPolicy,
    /// How long it may answer `again`.
    pub reschedule_timeout: Duration,
    /// What a try may use.
    pub limits: TaskLimits,
    /// Whether the same invocation must give the same bytes (virtual clocks, seeded random numbers): never with grants.
    pub deterministic: bool,
    /// What it may do beyond the sandbox.
    pub grants: Grants,
    /// Its own weight, and how it becomes the effective one.
    pub priority_weight: i32,
    /// What else counts into its effective weight.
    pub weight_rule: WeightRule,
    /// The pool whose slots its tries take.
    pub pool: PoolName,
    /// How many of them; 1 at least.
    pub pool_slots: u32,
    /// Its tries at once over all runs of the DAG.
    pub max_active_tis_per_dag: Option<u32>,
    /// Its tries at once in one run.
    pub max_active_tis_per_dagrun: Option<u32>,
    /// What of the DAG's previous run it waits for.
    pub past: PastRule,
    /// Overrides the seed made of the ids.
    pub seed: Option<u64>,
    /// Labels that its plugin may choose → downstream tasks; labels not here are task ids.
    pub branches: BTreeMap<String, Vec<TaskIx>>,
}

/// What an input is wired to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// A file or folder outside, kept by content when a run is made.
    File {
        /// As written; relative to the DAG file's folder.
        path: PathBuf,
    },
    /// The output port of an upstream task.
    Port {
        /// The upstream.
        task: TaskIx,
        /// Its output port.
        port: PortName,
        /// Whether the consumer's port needs it (cardinality `one`).
        required: bool,
    },
    /// The value of an upstream task; always optional.
    Value {
        /// The upstream.
        task: TaskIx,
    },
}

/// How retries are spaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries beyond the first.
    pub retries: u32,
    /// Before the first retry.
    pub delay: Duration,
    /// Whether the delay doubles with each retry, with jitter.
    pub exponential_backoff: bool,
    /// The longest delay.
    pub max_delay: Duration,
}

/// When a task may run, given its upstreams: Airflow's trigger rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerRule {
    /// All upstreams succeeded.
    #[default]
    AllSuccess,
    /// All failed or are upstream_failed.
    AllFailed,
    /// All are finished.
    AllDone,
    /// All are finished, one at least succeeded.
    AllDoneMinOneSuccess,
    /// All were skipped.
    AllSkipped,
    /// One failed; does not wait for the others.
    OneFailed,
    /// One succeeded; does not wait for the others.
    OneSuccess,
    /// One succeeded or failed; does not wait for the others.
    OneDone,
    /// None failed; skipped ones are allowed.
    NoneFailed,
    /// None failed and one at least succeeded.
    NoneFailedMinOneSuccess,
    /// None was skipped.
    NoneSkipped,
    /// At once.
    Always,
}

/// What counts into a task's effective weight: Airflow's weight rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightRule {
    /// Its own weight and those of all that come after it, each once.
    #[default]
    Downstream,
    /// Its own weight and those of all that come before it, each once.
    Upstream,
    /// Its own weight alone.
    Absolute,
}

/// What of the DAG's previous run a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PastRule {
    /// Nothing.
    #[default]
    Ignored,
    /// `depends_on_past`: the same task.
    SameTask,
    /// `wait_for_downstream`: the same task and its direct downstreams.
    WithDownstream,
}

/// What is fixed when a run is made: with the DAG's version it decides all that the run's tasks are given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct RunInputs {
    /// The DAG's parameters, defaults filled in.
    pub params: BTreeMap<String, Value>,
    /// Outside files by the path as written in the DAG.
    pub files: BTreeMap<PathBuf, ArtifactRef>,
    /// Of the run of a callback, what happened: the `event` of its templates, and its value of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// Outside files that could not be taken in, with the reason: tasks that need them fail.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<PathBuf, String>,
}

impl Task {
    /// What its inputs are wired to.
    pub fn wires(&self) -> impl Iterator<Item = &Wire> {
        self.inputs.iter().map(|(_, wire)| wire)
    }
}

impl Dag {
    /// The task at `ix`. Indices come from this DAG, so it is there; another's give `None`.
    pub fn task(&self, ix: TaskIx) -> Option<&Task> {
        self.tasks.get(ix.index())
    }

    /// Its tasks, then those of its callbacks; one that several tasks share comes several times.
    pub fn with_callbacks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().chain(self.callbacks.all().flat_map(|dag| &dag.tasks))
    }

    /// The same with the limits of every task, those of callbacks included, as `lower` leaves them.
    #[must_use]
    pub fn lowered(mut self, lower: &dyn Fn(&mut TaskLimits)) -> Self {
        let mut known = Shared::default();
        for task in &mut self.tasks {
            let mut terms = task.terms.as_ref().clone();
            lower(&mut terms.limits);
            task.terms = known.share(terms, PartialEq::eq);
        }
        self.callbacks.change_each(|dag| dag.clone().lowered(lower));
        self
    }

    /// The place of the task with that id.
    pub fn find(&self, id: &str) -> Option<TaskIx> {
        let at = self.tasks.iter().position(|task| task.id.as_str() == id)?;
        u32::try_from(at).ok().map(TaskIx)
    }
}

/// An outside file as the input that a task is given.
pub fn file_input(port: &PortName, artifact: ArtifactRef) -> Input {
    Input { port: port.to_string(), artifact, media_type: None }
}
