//! The plugin `preprocess`: from a CSV or Parquet table to a train and a test part that a model can be fitted on; and later from new
//! rows to rows that the model takes.
//!
//! | in its order | where |
//! |---|---|
//! | which columns play which part | [`columns`], [`patterns`] |
//! | which columns are made of others | [`derive`] |
//! | which rows stay, what the target's values are | [`rows`], [`target`] |
//! | which rows are for testing | [`split`] |
//! | what is learnt from the training part alone, and its use on both | [`transform`] |
//! | both parts as files | [`pieces`] |
//! | what the columns hold, for people | [`profile`] |
//! | all of it, from a file to files | [`pipeline`] |
//! | new rows, as a transformation says | [`treat`] |
//!
//! Only this file and `task.rs` know the task interface. Nothing here may look at the test part while it learns: every fill, mean,
//! deviation and category comes from the rows for training.

pub mod columns;
pub mod derive;
pub mod error;
pub mod limits;
pub mod params;
pub mod patterns;
pub mod pieces;
pub mod pipeline;
pub mod profile;
pub mod report;
pub mod rows;
pub mod split;
pub mod target;
pub mod task;
pub mod transform;
pub mod treat;

pub use error::PreprocessError;
pub use params::Params;
pub use pipeline::{Files, preprocess};
pub use report::{Prepared, Summary};
pub use task::Preprocess;
pub use treat::treat;

dagwood_sdk::export!(Preprocess);
