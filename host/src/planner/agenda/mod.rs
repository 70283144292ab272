//! Which runs begin: those that a schedule makes, those that people ask for, those of backfills.
//!
//! [`Agenda::apply`] takes what happened and the time, and answers with [`Order`]s: make a run, start one that waits,
//! pause a DAG. A clock that was set back has all DAGs looked at anew. It knows DAGs by their timetables and limits, runs
//! by their keys only; tasks are the [`Planner`](super::Planner)'s. [`Agenda::next_wakeup`] says when a schedule is due
//! though nothing happened. It costs O(log n) for each DAG that something happened to.
//!
//! Must never know: tasks, the store, the clock. One more reason for a run to wait: a condition in `entry`'s `has_room`.
//!
//! - [`event`]: what comes in, what goes out
//! - `entry`: one DAG: its limits, what runs of it, what waits
//! - `backfill`: one backfill's own limit and order
//! - `lane`: what runs and what waits, where room is shared

mod backfill;
mod entry;
pub mod event;
mod lane;
#[cfg(test)]
pub(in crate::planner) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ids::{BackfillId, DagId, RunKey};
use crate::lifecycle::state::RunState;

use backfill::Backfill;
use entry::Entry;
pub use event::{DagTerms, KnownDag, Lane, Matter, Order, Waiting};
use lane::Runs;

/// All DAGs that are scheduled here, and their runs. See the room's page.
#[derive(Debug, Default)]
pub struct Agenda {
    dags: BTreeMap<DagId, Entry>,
    /// When each DAG that has a tick to come is due.
    due: BTreeSet<(Timestamp, DagId)>,
    backfills: BTreeMap<BackfillId, Backfill>,
    /// Whose each run is that runs or waits.
    runs: BTreeMap<RunKey, (DagId, Lane)>,
    /// What time it was when it was asked last.
    asked: Option<Timestamp>,
}

impl Agenda {
    /// Takes in what happened, and all that is due at `now`, and says what to do about it.
    pub fn apply(&mut self, matters: impl IntoIterator<Item = Matter>, now: Timestamp) -> Vec<Order> {
        let mut touched: BTreeSet<DagId> = BTreeSet::new();
        // The clock was set back: what is due next may be due earlier than was found.
        if self.asked.replace(now).is_some_and(|asked| now < asked) && !planted!(ClockTrusted) {
            touched.extend(self.dags.keys().cloned());
        }
        let mut orders = Vec::new();
        for matter in matters {
            self.take_in(matter, &mut touched, &mut orders);
        }
        while let Some((_, dag)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.due.pop_first();
            touched.insert(dag);
        }
        for dag in touched {
            self.settle(&dag, now, &mut orders);
        }
        orders
    }

    /// When to apply again at the latest, and for which DAG. `None`: only an event brings anything.
    pub fn next_wakeup(&self) -> Option<(Timestamp, &DagId)> {
        self.due.first().map(|(at, dag)| (*at, dag))
    }

    /// Why a run that is queued does not start; `None`: it is not known, or does not wait.
    pub fn waits(&self, run: RunKey) -> Option<Waiting> {
        let (dag, lane) = self.runs.get(&run)?;
        let entry = self.dags.get(dag)?;
        match lane {
            Lane::Dag => entry.waits(run),
            Lane::Backfill(id) => self.backfills.get(id)?.waits(run, entry.paused),
        }
    }

    /// Whether it was told of the DAG by [`Matter::DagKnown`].
    pub fn knows(&self, dag: &DagId) -> bool {
        self.dags.contains_key(dag)
    }

    /// Whether as many runs of the DAG run or begin as may, those of backfills aside. `more` begin besides.
    pub fn is_full(&self, dag: &DagId, more: usize) -> bool {
        self.dags.get(dag).is_some_and(|entry| entry.is_full(more))
    }

    /// When the DAG's schedule has its next tick, as far as the agenda waits for one.
    pub fn next_tick(&self, dag: &DagId) -> Option<Timestamp> {
        self.dags.get(dag)?.due
    }

    fn take_in(&mut self, matter: Matter, touched: &mut BTreeSet<DagId>, orders: &mut Vec<Order>) {
        match matter {
            Matter::DagKnown(known) => {
                self.dags.entry(known.dag_id.clone()).or_insert_with(|| Entry::new(&known));
            }
            Matter::DagSeen { dag, terms } => {
                if let Some(entry) = self.dags.get_mut(&dag) {
                    entry.terms = Some(terms);
                    touched.insert(dag.clone());
                    pause_if_failing(&dag, entry, orders);
                }
            }
            Matter::DagGone(dag) => {
                if let Some(entry) = self.dags.get_mut(&dag).filter(|_| !planted!(GoneDagRuns)) {
                    entry.terms = None;
                    touched.insert(dag);
                }
            }
            Matter::Paused { dag, paused } => {
                if let Some(entry) = self.dags.get_mut(&dag) {
                    entry.set_paused(paused);
                    touched.insert(dag);
                }
            }
            Matter::Queued { dag, run, lane } => {
                if let Some(runs) = self.enter(&dag, run, lane) {
                    runs.queue(run);
                }
                touched.insert(dag);
            }
            Matter::Active { dag, run, lane } => {
                if let Some(runs) = self.enter(&dag, run, lane) {
                    runs.activate(run);
                }
            }
            Matter::Ended { run, state } => {
                if let Some((dag, lane)) = self.runs.remove(&run) {
                    self.end(&dag, run, lane, state, orders);
                    touched.insert(dag);
                }
            }
            Matter::Made { dag, run } => {
                if let Some(entry) = self.dags.get_mut(&dag) {
                    entry.made(run);
                    touched.insert(dag.clone());
                }
                if let Some(run) = run {
                    self.runs.insert(run, (dag, Lane::Dag));
                }
            }
            Matter::BackfillAdded { id, dag, max_active_runs } => {
                self.backfills.insert(id, Backfill::new(dag.clone(), max_active_runs));
                touched.insert(dag);
            }
        }
    }

    /// The runs that share a lane's room, from here on with this one.
    fn enter(&mut self, dag: &DagId, run: RunKey, lane: Lane) -> Option<&mut Runs> {
        self.runs.insert(run, (dag.clone(), lane));
        match lane {
            Lane::Dag => self.dags.get_mut(dag).map(|entry| &mut entry.runs),
            Lane::Backfill(id) => self.backfills.get_mut(&id).map(|backfill| &mut backfill.runs),
        }
    }

    fn end(&mut self, dag: &DagId, run: RunKey, lane: Lane, state: RunState, orders: &mut Vec<Order>) {
        match lane {
            Lane::Dag => {
                let Some(entry) = self.dags.get_mut(dag) else { return };
                if entry.end(run, state) {
                    pause_if_failing(dag, entry, orders);
                }
            }
            Lane::Backfill(id) => {
                let over = self.backfills.get_mut(&id).is_some_and(|backfill| {
                    backfill.runs.end(run);
                    backfill.runs.is_empty()
                });
                if over {
                    self.backfills.remove(&id);
                    orders.push(Order::EndBackfill { id });
                }
            }
        }
    }

    /// Starts and makes what there is room for, and notes when the DAG is due again.
    fn settle(&mut self, dag: &DagId, now: Timestamp, orders: &mut Vec<Order>) {
        let Some(entry) = self.dags.get_mut(dag) else { return };
        if let Some(at) = entry.due.take() {
            self.due.remove(&(at, dag.clone()));
        }
        orders.extend(entry.start_waiting().into_iter().map(|run| Order::Start { run }));
        while let Some(planned) = entry.make_one(now) {
            orders.push(Order::Make { dag: dag.clone(), planned });
        }
        entry.due = entry.next_due(now);
        if let Some(at) = entry.due {
            self.due.insert((at, dag.clone()));
        }
        if (entry.paused && !planted!(PausedBackfillGoesOn)) || entry.terms.is_none() {
            return;
        }
        // A backfill has room of its own, so that it is never in the way of the schedule.
        for backfill in self.backfills.values_mut().filter(|backfill| backfill.dag == *dag) {
            orders.extend(backfill.start_waiting().into_iter().map(|run| Order::Start { run }));
        }
    }
}

/// At a failure, and where a new version, or a server that goes on, finds that too many failed before.
fn pause_if_failing(dag: &DagId, entry: &mut Entry, orders: &mut Vec<Order>) {
    if let Some(reason) = entry.fails_too_often() {
        entry.set_paused(true);
        orders.push(Order::Pause { dag: dag.clone(), reason });
    }
}
