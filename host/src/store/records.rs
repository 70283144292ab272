//! The rows, as the rest of the host reads and writes them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::contract::{Invocation, Output, Problem};
use crate::dag::callback::CallbackKind;
use crate::dag::model::RunInputs;
use crate::ids::{BackfillId, CallbackId, DagId, Digest, PoolName, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::launch::{RunDates, Usage};
use crate::lifecycle::state::{RunState, TaskState};

/// A process incarnation, as the store numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub i64);

/// What a process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessKind {
    /// `dagwood run`: drives its own run only.
    Run,
    /// `dagwood serve`.
    Server,
}

/// How a run came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunType {
    /// By the schedule.
    Scheduled,
    /// By a person.
    Manual,
    /// By a backfill.
    Backfill,
    /// For a callback.
    Callback,
}

impl RunType {
    /// The word that is stored, shown and begins a run's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Manual => "manual",
            Self::Backfill => "backfill",
            Self::Callback => "callback",
        }
    }
}

/// A version of a DAG: enough to check it again into the same one.
#[derive(Debug, Clone, PartialEq)]
pub struct DagVersion {
    /// Of the text and of what it was resolved to.
    pub digest: Digest,
    /// The DAG.
    pub dag_id: DagId,
    /// The file's text.
    pub source: Arc<str>,
    /// The folder that the file's relative paths start from.
    pub folder: PathBuf,
    /// The components that the file's plugin names meant.
    pub plugins: BTreeMap<String, Digest>,
}

/// Where a DAG's version was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// In no file: it was made by a program.
    Nowhere,
    /// In this file, for one run. While a server has a version of the DAG, its file stays that server's.
    Run(PathBuf),
    /// In this file of a server: it is the DAG's present version.
    Served(PathBuf),
}

/// A DAG that the home knows.
#[derive(Debug, Clone, PartialEq)]
pub struct DagRecord {
    /// Its id.
    pub dag_id: DagId,
    /// The version that it is known by.
    pub version: Option<Digest>,
    /// Where its file lies.
    pub path: Option<PathBuf>,
    /// Whether a file that a server watches has it now.
    pub is_served: bool,
    /// Why it is paused, if it is.
    pub paused: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// How many runs are kept.
    pub runs: u64,
}

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Whose.
    pub dag_id: DagId,
    /// Its id, if that is free.
    pub run_id: RunId,
    /// How it came to be.
    pub run_type: RunType,
    /// The DAG's version, which must be kept already.
    pub version: Digest,
    /// Who drives it.
    pub owner: ProcessId,
    /// Its dates.
    pub dates: RunDates,
    /// Parameters and outside files.
    pub inputs: RunInputs,
    /// Its instances: `tasks[i]` is the task at place i of the version.
    pub tasks: Vec<NewInstance>,
    /// The present.
    pub now: Timestamp,
}

/// An instance to be made, in state `none`.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// The task.
    pub task_id: TaskId,
    /// Its tries at most.
    pub max_tries: u32,
    /// The component.
    pub component: Digest,
    /// `name@version`, for people.
    pub plugin: Arc<str>,
}

/// What became of a run that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is there.
    Made(RunKey, RunId),
    /// It is not: another scheduled or backfill run has its logical date.
    LogicalDateTaken,
}

/// A backfill to be made, with its runs in the order in which they are to start.
#[derive(Debug, Clone)]
pub struct NewBackfill {
    /// Whose.
    pub dag_id: DagId,
    /// The first logical date.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// Its runs at once.
    pub max_active_runs: u32,
    /// Its runs.
    pub runs: Vec<BackfillRun>,
    /// Who drives them.
    pub owner: ProcessId,
    /// The present.
    pub now: Timestamp,
}

/// A run of a backfill.
#[derive(Debug, Clone)]
pub enum BackfillRun {
    /// To be made.
    New(Box<NewRun>),
    /// Finished, to be cleared and run again.
    Again(RunKey),
}

/// A backfill as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillRecord {
    /// Its number.
    pub id: BackfillId,
    /// Whose.
    pub dag_id: DagId,
    /// The first logical date.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// Its runs at once.
    pub max_active_runs: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last run ended, or it was cancelled.
    pub ended_at: Option<Timestamp>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// How many runs it has.
    pub runs: u64,
    /// Those that are not at their end.
    pub open_runs: u64,
    /// Those that failed.
    pub failed_runs: u64,
}

/// A pool: what tasks that name it share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRecord {
    /// Its name.
    pub name: PoolName,
    /// Its slots.
    pub slots: u32,
    /// What it is for.
    pub description: String,
}

/// A file in a served folder that is no DAG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportErrorRecord {
    /// The file.
    pub path: PathBuf,
    /// All that is wrong with it, as text.
    pub text: String,
    /// When it was read.
    pub at: Timestamp,
}

/// How a finished run is moved to a DAG version.
#[derive(Debug, Clone)]
pub struct Rebase {
    /// The version that this was decided for.
    pub expect_version: Digest,
    /// The owner that it had then.
    pub expect_owner: ProcessId,
    /// The version.
    pub version: Digest,
    /// Who drives it from now on.
    pub owner: ProcessId,
    /// Its parameters and outside files, as they are now.
    pub inputs: RunInputs,
    /// The version's tasks: `tasks[i]` is the one at place i.
    pub tasks: Vec<MovedInstance>,
    /// The instances that the version lacks: they stay, behind the tasks, in this order.
    pub gone: Vec<GoneInstance>,
}

/// An instance in a version that its run is moved to.
#[derive(Debug, Clone)]
pub struct MovedInstance {
    /// The place that it had; `None`: the run did not have it.
    pub from: Option<TaskIx>,
    /// Whether it goes to `none`, with the tries of `instance`. Else its state stays.
    pub begins: bool,
    /// The task.
    pub instance: NewInstance,
}

/// An instance whose task the version lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoneInstance {
    /// The place that it had.
    pub from: TaskIx,
    /// Whether it is marked removed. Else its state stays.
    pub remove: bool,
}

/// A run as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its key.
    pub key: RunKey,
    /// Whose.
    pub dag_id: DagId,
    /// Its id.
    pub run_id: RunId,
    /// How it came to be.
    pub run_type: RunType,
    /// The DAG's version.
    pub version: Digest,
    /// Its state.
    pub state: RunState,
    /// Who drives it, or drove it last.
    pub owner: ProcessId,
    /// Its dates.
    pub dates: RunDates,
    /// Parameters and outside files.
    pub inputs: RunInputs,
    /// The backfill that it belongs to.
    pub backfill: Option<BackfillId>,
    /// It is finished, and its backfill is to clear it and run it again.
    pub reprocess: bool,
    /// The callback that it is for.
    pub callback: Option<CallbackId>,
    /// When it was made.
    pub queued_at: Timestamp,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// When its deadline was, if it passed since the run last began.
    pub missed_deadline: Option<Timestamp>,
    /// Whether it is a success with a failure somewhere upstream.
    pub with_failures: bool,
    /// Why it failed.
    pub reason: Option<String>,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of one DAG.
    pub dag_id: Option<DagId>,
    /// In one state.
    pub state: Option<RunState>,
    /// Of this logical date or a later one.
    pub logical_from: Option<Timestamp>,
    /// Of this logical date or an earlier one.
    pub logical_to: Option<Timestamp>,
    /// At most so many; all without it.
    pub limit: Option<u64>,
    /// Those of callbacks; without it, all others.
    pub callbacks: bool,
}

/// A callback as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CallbackRecord {
    /// Its number.
    pub id: CallbackId,
    /// The run that it is about.
    pub run: RunKey,
    /// Which of its callbacks.
    pub kind: CallbackKind,
    /// And of which task; `None`: the run's own.
    pub task_id: Option<TaskId>,
    /// What happened.
    pub event: Value,
    /// When.
    pub at: Timestamp,
    /// Whether its own run is still to be made.
    pub is_open: bool,
    /// Why none could be made.
    pub problem: Option<String>,
    /// Its own run.
    pub started: Option<StartedCallback>,
}

/// The run of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedCallback {
    /// Its id.
    pub run_id: RunId,
    /// Its state.
    pub state: RunState,
}

/// An instance as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRecord {
    /// Its place in the run's DAG version.
    pub task: TaskIx,
    /// The task.
    pub task_id: TaskId,
    /// Its state.
    pub state: TaskState,
    /// Counts schedulings.
    pub try_number: u32,
    /// Counts starts.
    pub start_number: u32,
    /// Its tries at most, by the count that goes on.
    pub max_tries: u32,
    /// Hosts lost under this try.
    pub lost_hosts: u32,
    /// How often it was cleared.
    pub clears: u32,
    /// Running, and to be cleared as soon as its try is over.
    pub clearing: bool,
    /// The component.
    pub component: Option<Digest>,
    /// `name@version`.
    pub plugin: Option<String>,
    /// When its rule was met.
    pub scheduled_at: Option<Timestamp>,
    /// When it got a slot.
    pub queued_at: Option<Timestamp>,
    /// When its try began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// When it goes on, while it waits.
    pub due: Option<Timestamp>,
    /// What its last `again` left.
    pub resume: Option<Value>,
    /// When this try first answered `again`.
    pub rescheduled_at: Option<Timestamp>,
    /// What the try was given.
    pub invocation: Option<Arc<Invocation>>,
    /// Its result.
    pub value: Option<Value>,
    /// What its branch chose.
    pub chosen: Option<Vec<String>>,
    /// What it published.
    pub outputs: Vec<Output>,
    /// The last value of each metric.
    pub metrics: BTreeMap<String, f64>,
    /// What it used.
    pub usage: Option<Usage>,
    /// Why it is not a success.
    pub problem: Option<Problem>,
}

/// An earlier try of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct TryRecord {
    /// The task.
    pub task_id: TaskId,
    /// The try.
    pub try_number: u32,
    /// Its last start.
    pub start_number: u32,
    /// How it ended.
    pub state: TaskState,
    /// `name@version`.
    pub plugin: Option<String>,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// Its result.
    pub value: Option<Value>,
    /// What it published.
    pub outputs: Vec<Output>,
    /// Why it was not a success.
    pub problem: Option<Problem>,
}
