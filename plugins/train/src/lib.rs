//! The plugin `train`: from a prepared table to a model file.
//!
//! | what | where |
//! |---|---|
//! | minimising a smooth function of many numbers | [`lbfgs`] |
//! | what linear models minimise, and the losses of rows | [`linear`], [`logistic`] with its [`curve`], [`squared`] |
//! | how much rows count | [`weights`] |
//! | gradient-boosted trees | [`trees`] |
//! | how well it went, and how much each column counts | [`quality`], [`importance`] |
//! | what is answered | [`report`] |
//! | from a file to a file | [`fit`] |
//!
//! Only `task.rs` knows the task interface. To add an algorithm, add a variant to [`params::Algorithm`] and a module beside
//! [`logistic`], and let [`fit`] choose it.

pub mod curve;
mod error;
pub mod fit;
pub mod importance;
pub mod lbfgs;
pub mod limits;
pub mod linear;
pub mod logistic;
pub mod params;
pub mod quality;
pub mod report;
pub mod squared;
pub mod task;
pub mod trees;
pub mod weights;

pub use error::TrainError;
pub use fit::train;
pub use params::Params;
pub use report::{Summary, Trained};
pub use task::Train;

dagwood_sdk::export!(Train);
