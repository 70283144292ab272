//! The plugin `train`: from a prepared table to a model file.
//!
//! | what | where |
//! |---|---|
//! | minimising a smooth function of many numbers | [`lbfgs`] |
//! | the function that logistic regression minimises | [`logistic`] |
//! | gradient-boosted trees | [`trees`] |
//! | from a file to a file | [`fit`] |
//!
//! Only `task.rs` knows the task interface. To add an algorithm, add a variant to [`params::Algorithm`] and a module beside
//! [`logistic`], and let [`fit`] choose it.

pub mod error;
pub mod fit;
pub mod lbfgs;
pub mod limits;
pub mod logistic;
pub mod params;
pub mod task;
pub mod trees;

pub use error::TrainError;
pub use fit::{Summary, Trained, train};
pub use params::Params;
pub use task::Train;

dagwood_sdk::export!(Train);
