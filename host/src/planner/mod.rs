//! What happens next: an indexed world of runs to which events are applied, one by one.
//!
//! [`Planner::apply`] takes an event and the time, and answers with a [`Decision`]: what to record, then what to launch
//! and to end. It costs O(degree + log n) for each instance that changes. [`Planner::next_wakeup`] says when to come
//! back though nothing happened, and why. A decision is committed first and performed then; a record that the store
//! refused comes back as [`Event::Refused`].
//!
//! Must never know: the store, executors, the sandbox, the clock. It decides nothing about states by itself: that is
//! `lifecycle`'s, by its tables. After a crash, runs are added as they were kept: there is no second recovery path.
//!
//! One more limit on what may run at once: `slots`, where it is counted with what a try holds; `lines`, which asks it of the
//! first in a line and knows whom to wake; a [`Reason`] for whom it holds back; and `tests/sim/naive.rs`, which knows all of
//! that from the rules alone. One more event: [`event::Event`], and a file for it.
//! Deliberately absent: `max_active_runs`, since a run that may not begin is not added.
//!
//! - [`event`]: what comes in, what goes out
//! - `world`: the planner: dispatch, timers, ends of runs
//! - `run`, `node`: one run and its instances, with what is counted about their upstreams; `load`, `queue` (what is
//!   ready, by pool) and `life` (start, timeout, end) are parts of it
//! - `lines`, `rank`: who waits for which pool over all runs, who starts next; who goes before whom
//! - `past`: what waits for the DAG's previous run
//! - `explain`: why an instance does not run
//! - `decide`, `branch`: what an instance in `none` does next; whom a branch leaves out
//! - `launch`: everything that a try is given
//! - `callback`: what is started beside a change; the deadline of a run
//! - `report`, `person`, `host`: what the events do
//! - `shape`, `slots`, `timers`: what is looked up
//! - [`agenda`]: which runs begin
//! - `rebase`: moving a run to another version of its DAG

pub mod agenda;
mod branch;
mod callback;
mod decide;
pub mod event;
mod explain;
mod host;
mod launch;
mod life;
mod lines;
mod load;
mod node;
mod past;
mod person;
mod queue;
mod rank;
mod rebase;
mod report;
mod run;
mod shape;
mod slots;
#[cfg(test)]
mod tests;
mod timers;
mod world;

pub use event::{Capacity, Decision, EndedRun, Event, Held, RunSnapshot, WakeUp, Why};
pub use explain::{Holder, Reason, Waits};
pub use launch::{ParamsCheck, idempotency_key, seed};
pub use past::{PastRun, PastTask};
pub use rebase::{Carried, Gone, Rebased, rebase};
pub use slots::InUse;
pub use world::Planner;
