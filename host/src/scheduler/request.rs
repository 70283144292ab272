//! What people ask a loop for, and what they are answered. Both go through the control socket as JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{BackfillId, DagId, RunId, TaskId};
use crate::lifecycle::state::{RunState, TaskState};

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Make a run now, or as soon as there is room.
    Trigger {
        /// Of which DAG.
        dag: DagId,
        /// Parameters that are given.
        params: BTreeMap<String, Value>,
        /// What it is for; the present if it is not given.
        logical_date: Option<Timestamp>,
    },
    /// Answered when the run is at its end.
    Wait {
        /// Whose.
        dag: DagId,
        /// Which.
        run: RunId,
    },
    /// Make no scheduled runs, or make them again.
    Pause {
        /// Which DAG.
        dag: DagId,
        /// Why; `None` ends the pause.
        reason: Option<String>,
    },
    /// End a run now.
    Cancel {
        /// Whose.
        dag: DagId,
        /// Which.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// Run tasks again.
    Clear(Clear),
    /// Take a task for a success or a failure.
    Mark {
        /// Whose.
        dag: DagId,
        /// Of which run.
        run: RunId,
        /// Which task.
        task: TaskId,
        /// As a success; else as failed.
        success: bool,
        /// Why.
        reason: String,
    },
    /// Make the runs of a time in the past.
    Backfill(Backfill),
    /// Start no more runs of a backfill; those that run go on.
    CancelBackfill {
        /// Which.
        id: BackfillId,
    },
    /// The pools of the database are others now.
    PoolsChanged,
    /// Why a DAG, a run or a task does or does not run.
    Explain {
        /// Which DAG.
        dag: DagId,
        /// Which of its runs.
        run: Option<RunId>,
        /// Which task of it.
        task: Option<TaskId>,
    },
}

/// Which tasks are to run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clear {
    /// Whose.
    pub dag: DagId,
    /// Of which run.
    pub run: RunId,
    /// These; all if there are none.
    pub tasks: Vec<TaskId>,
    /// And all that comes before them.
    pub upstream: bool,
    /// And all that comes after them.
    pub downstream: bool,
    /// Of those only the failed and upstream_failed ones.
    pub only_failed: bool,
    /// Only say which those are.
    pub dry_run: bool,
}

/// What becomes of runs that a backfill finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reprocess {
    /// They stay as they are.
    #[default]
    None,
    /// Failed ones run again.
    Failed,
    /// All that are at their end run again.
    Completed,
}

/// Which runs of the past are to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Of which DAG.
    pub dag: DagId,
    /// The first logical date.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// What becomes of runs that are there.
    pub reprocess: Reprocess,
    /// Runs at once.
    pub max_active_runs: u32,
    /// The newest goes first.
    pub newest_first: bool,
    /// Only say which those are.
    pub dry_run: bool,
}

/// What the loop answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// It is done, and durable.
    Done,
    /// The run that was made.
    Triggered {
        /// Its id.
        run_id: RunId,
    },
    /// The run is at its end.
    Ended {
        /// success or failed.
        state: RunState,
    },
    /// These tasks are cleared, or would be.
    Cleared {
        /// With the states that they had.
        tasks: Vec<(TaskId, TaskState)>,
    },
    /// The backfill that was made, or would be.
    Backfilled {
        /// Its number; `None` in a dry run, or if there is nothing to do.
        id: Option<BackfillId>,
        /// Its runs, in the order in which they start.
        runs: Vec<BackfilledRun>,
    },
    /// Facts, a line each.
    Explained {
        /// For people.
        lines: Vec<String>,
    },
}

/// A run of a backfill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfilledRun {
    /// What it is for.
    pub logical_date: Timestamp,
    /// Whether it is there already and is cleared.
    pub again: bool,
}

/// Why a request was not done. Nothing was changed, but under [`RequestError::Failed`], after which it is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum RequestError {
    /// The home does not know the DAG.
    #[error("no DAG `{dag}` is served from this home folder: `dagwood dag list` shows those that are")]
    NoSuchDag {
        /// The DAG.
        dag: DagId,
    },
    /// It has a version that cannot be had any more.
    #[error("the DAG `{dag}` cannot be run: {why}")]
    Unusable {
        /// The DAG.
        dag: DagId,
        /// Why.
        why: String,
    },
    /// The DAG has no such run.
    #[error("the DAG `{dag}` has no run `{run}`: `dagwood runs list {dag}` shows those that it has")]
    NoSuchRun {
        /// The DAG.
        dag: DagId,
        /// The run.
        run: RunId,
    },
    /// The run has no such tasks.
    #[error("the run `{run}` has no task {}", tasks.iter().map(|task| format!("`{task}`")).collect::<Vec<_>>().join(", "))]
    NoSuchTask {
        /// The run.
        run: RunId,
        /// The tasks.
        tasks: Vec<TaskId>,
    },
    /// Another process drives the run.
    #[error("the run `{run}` is driven by a `dagwood run` of its own: end that process (Ctrl-C) instead")]
    Elsewhere {
        /// The run.
        run: RunId,
    },
    /// The run waits for room.
    #[error("the run `{run}` has not begun: wait until it has, or cancel it")]
    NotBegun {
        /// The run.
        run: RunId,
    },
    /// The run is at its end.
    #[error("the run `{run}` is at its end already: it is a {state}")]
    AtItsEnd {
        /// The run.
        run: RunId,
        /// Its state.
        state: RunState,
    },
    /// Parameters do not fit.
    #[error("{}", wrong.join("; "))]
    Params {
        /// What is wrong with each.
        wrong: Vec<String>,
    },
    /// A DAG without ticks has no past to fill.
    #[error("the DAG `{dag}` has no schedule with ticks, so there is nothing to backfill")]
    NoTicks {
        /// The DAG.
        dag: DagId,
    },
    /// More than is sensible at once.
    #[error("a backfill has at most {most} runs, and this one would have more: take a shorter time")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// There is no such backfill, or it is over.
    #[error("no backfill {} is under way: `dagwood backfill list` shows them", id.0)]
    NoSuchBackfill {
        /// Its number.
        id: BackfillId,
    },
    /// The database failed while it was done.
    #[error("the server failed over this, and its own words say why: look at what became of it before you ask again")]
    Failed,
    /// The loop is over, and did not hear it.
    #[error("the server is stopping")]
    Stopped,
}
