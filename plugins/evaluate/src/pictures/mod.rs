//! Pictures of how a model does.
//!
//! To add one, add a file with a function from figures to text, and a port to `task.rs`. How charts look is the business of
//! `dagwood-plots`.

mod confusion;
mod curves;
mod training;

pub use confusion::draw_confusion;
pub use curves::{Compared, draw_calibration, draw_precision_recall, draw_residuals, draw_roc};
pub use training::draw_loss;

#[cfg(test)]
mod tests;
