//! What the agenda is told, and what it answers.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::schedule::{PlannedRun, Timetable};

/// Whose room a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Its DAG's `max_active_runs`: scheduled and manual runs.
    Dag,
    /// Its backfill's own.
    Backfill(BackfillId),
}

/// What the agenda goes by for one DAG, as its present version says.
#[derive(Debug, Clone)]
pub struct DagTerms {
    /// When it runs by itself; `None`: by hand only.
    pub timetable: Option<Arc<Timetable>>,
    /// Runs at once. 1 under `@continuous`.
    pub max_active_runs: u32,
    /// It is paused after so many failed runs in a row; 0: never.
    pub max_consecutive_failed_runs: u32,
}

/// A DAG as it is kept, whether its file is there or not.
#[derive(Debug, Clone)]
pub struct KnownDag {
    /// Which.
    pub dag_id: DagId,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// `run_after` of its last scheduled run.
    pub last_scheduled: Option<Timestamp>,
    /// How many of its runs failed in a row, as of now.
    pub failed_in_a_row: u32,
    /// Whether it is paused.
    pub paused: bool,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Matter {
    /// A DAG is kept. Comes before all else that is said of it; passed over if it is known already.
    DagKnown(KnownDag),
    /// A DAG's file is there, or has a new version of it.
    DagSeen {
        /// Which.
        dag: DagId,
        /// Its terms from now on.
        terms: DagTerms,
    },
    /// A DAG's file is gone: nothing is made of it any more; what runs goes on.
    DagGone(DagId),
    /// A person paused a DAG, or ended the pause.
    Paused {
        /// Which.
        dag: DagId,
        /// Whether it is paused now.
        paused: bool,
    },
    /// A run waits to be started: triggered by a person, of a backfill, or kept from before a crash.
    Queued {
        /// Whose.
        dag: DagId,
        /// Which.
        run: RunKey,
        /// Whose room it takes.
        lane: Lane,
    },
    /// A run runs already: kept from before a crash, or cleared by a person.
    Active {
        /// Whose.
        dag: DagId,
        /// Which.
        run: RunKey,
        /// Whose room it takes.
        lane: Lane,
    },
    /// A run is at its end. One that is not known is passed over.
    Ended {
        /// Which.
        run: RunKey,
        /// success or failed.
        state: RunState,
    },
    /// The answer to [`Order::Make`].
    Made {
        /// Whose.
        dag: DagId,
        /// The run, which runs; `None`: there is one for its logical date already, or it could not be made.
        run: Option<RunKey>,
    },
    /// A backfill begins. Its runs follow as [`Matter::Queued`], in the order in which they are to start.
    BackfillAdded {
        /// Which.
        id: BackfillId,
        /// Whose.
        dag: DagId,
        /// Its runs at once.
        max_active_runs: u32,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Make a scheduled run and start it; say [`Matter::Made`].
    Make {
        /// Of which DAG.
        dag: DagId,
        /// For when.
        planned: PlannedRun,
    },
    /// Start a run that waits.
    Start {
        /// Which.
        run: RunKey,
    },
    /// Record that the DAG is paused.
    Pause {
        /// Which.
        dag: DagId,
        /// Why, for people.
        reason: String,
    },
    /// Record that the backfill has no run left.
    EndBackfill {
        /// Which.
        id: BackfillId,
    },
}

/// Why a run waits to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Its DAG is paused.
    Paused,
    /// Its DAG's file is gone.
    Gone,
    /// So many runs run, and no more may.
    MaxActiveRuns {
        /// The limit.
        limit: u32,
    },
    /// So many of its backfill's runs run, and no more may.
    BackfillMaxActiveRuns {
        /// The limit.
        limit: u32,
    },
}
