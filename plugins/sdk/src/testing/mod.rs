//! Unit tests of a task, natively and without a host: `cargo test`.
//!
//! A [`Harness`] holds what one try is given; [`Harness::run`] runs it in temporary folders, through the code that the
//! component runs, and checks what a host would (required inputs and outputs, undeclared ports, `may-branch`). What it
//! does not do: the JSON Schemas are not applied, and nothing is forbidden or limited. A [`Tried`] is what came of it.
//!
//! Tests may run in parallel. What a task says (log, progress, metrics) is caught on the thread of the test; of threads
//! that the task starts natively nothing is caught (a component has only one).

mod contract;
mod harness;
mod tried;

pub use harness::Harness;
pub use tried::{LogLine, Metric, Progress, Tried};
