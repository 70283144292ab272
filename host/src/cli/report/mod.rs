//! How a run is shown when it is over, and later by `runs show`: a table, what failed and why, what came out of it.

mod results;
mod words;

pub use results::{Destination, WrittenResult, make_destination, write_results};
pub use words::{callback_table, failures, leaf_values, result_lines, summary, task_table};
