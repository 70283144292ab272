//! The plugin `evaluate`: a model's figures on rows that it has not seen.
//!
//! | what | where |
//! |---|---|
//! | how often which class was taken for which | [`confusion`] |
//! | the figures, defined as scikit-learn has them | [`metrics`], [`ranking`] |
//! | what a model must reach | [`params`] |
//! | the picture | [`svg`] |
//! | from files to files | [`evaluation`] |
//!
//! Only `task.rs` knows the task interface. To add a figure, add it to [`metrics`] and to [`report`]; to add a picture, add a
//! file to [`svg`] and a port to `task.rs`.

pub mod confusion;
pub mod error;
pub mod evaluation;
pub mod limits;
pub mod metrics;
pub mod params;
pub mod ranking;
pub mod report;
pub mod svg;
pub mod task;

pub use error::EvaluateError;
pub use evaluation::{Evaluated, Files, evaluate};
pub use params::Params;
pub use task::Evaluate;

dagwood_sdk::export!(Evaluate);
