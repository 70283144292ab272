//! What a run and a task instance can be, and how they get from one state to the next.
//!
//! Pure: no clock, no files, no store, no sandbox. Time and jitter are arguments.
//! One more state or event: add it to [`state`] or [`event`], and the compiler shows every table that must answer.
//!
//! - [`state`]: the states, in Airflow's words
//! - [`event`]: what can happen to a task instance
//! - [`transition`]: the table: (state, event) → the step to record, or a refusal
//! - [`rules`]: trigger rules: the states of the upstreams → a verdict
//! - [`retry`]: whether and when there is another try
//! - [`run_end`]: when a run ends, and how
//! - [`instance`]: what is known of a task instance, and what each step makes of it
//! - [`launch`]: one fully decided try, and the report of its end
//! - [`change`]: what is recorded, each conditional on what it expects

pub mod callback;
pub mod change;
pub mod event;
pub mod instance;
pub mod launch;
pub mod retry;
pub mod rules;
pub mod run_end;
pub mod state;
pub mod transition;

#[cfg(test)]
pub(crate) mod tests;
