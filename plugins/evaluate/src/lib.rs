//! The plugin `evaluate`: a model's figures on rows that it has not seen, or what it says of rows that nobody knows yet.
//!
//! | what | where |
//! |---|---|
//! | what a model says of rows, held against what they are | [`judgement`] |
//! | how often which class was taken for which | [`confusion`] |
//! | the figures, defined as scikit-learn has them | [`metrics`], [`ranking`], [`certainty`] |
//! | their names, and two models' beside each other | [`figures`] |
//! | what a model must reach | [`params`] |
//! | the pictures | [`pictures`] |
//! | what it says of each row, as a table | [`predictions`] |
//! | from files to files | [`evaluation`] |
//!
//! Only `task.rs` knows the task interface. To add a figure, add it to [`figures`] and to [`judgement`]; to add a picture, add a
//! file to [`pictures`] and a port to `task.rs`.

pub mod certainty;
pub mod confusion;
pub mod error;
pub mod evaluation;
pub mod figures;
#[cfg(test)]
mod fixture;
pub mod judgement;
pub mod limits;
pub mod metrics;
pub mod params;
pub mod pictures;
pub mod predictions;
pub mod ranking;
pub mod report;
pub mod task;

pub use error::EvaluateError;
pub use evaluation::{Evaluated, Inputs, Outputs, evaluate};
pub use params::Params;
pub use task::Evaluate;

dagwood_sdk::export!(Evaluate);
