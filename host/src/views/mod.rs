//! Read models: what the command line, and later the API and the page, show of what is kept.
//!
//! Made from the store's records; field names are those of Airflow's REST API where it has the thing.
//! Must never know: where a view is printed, the database, how a state came about.
//! One more view: a file here with a `Serialize` document made from records, and a test of its JSON.
//!
//! - [`run`]: a run with its task instances; [`runs`]: a list of runs; [`dags`]: a list of DAGs; [`backfills`]
//! - [`tries`]: one task instance with its earlier tries; [`artifacts`]: what a run published
//! - [`plugins`]: registered plugins; [`pools`]
//! - [`human`]: durations, sizes, dates and values for people

pub mod artifacts;
pub mod backfills;
pub mod dags;
pub mod human;
pub mod plugins;
pub mod pools;
pub mod run;
pub mod runs;
pub mod tries;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

/// Seconds from `start` to `end`, if both are known; never negative, though the clock may have been set back.
pub fn duration_s(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<f64> {
    Some(end?.duration_since(start?).as_secs_f64().max(0.0))
}
