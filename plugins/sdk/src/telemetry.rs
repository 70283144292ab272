//! How far a task is, and series of numbers.

use crate::host;

/// How far the task is, for people who watch. `done` and `total` count whatever the task counts: rows, files, bytes.
pub fn progress(done: u64, total: Option<u64>, message: &str) {
    host::progress(done, total, message);
}

/// One point of a named series of numbers, such as a loss by iteration. `step` counts up from 0 or 1.
pub fn metric(name: &str, step: u64, value: f64) {
    host::metric(name, step, value);
}
