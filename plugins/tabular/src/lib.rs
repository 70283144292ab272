//! Tables for dagwood's own plugins, as plain functions over paths and structs.
//!
//! It holds what `preprocess`, `train` and `evaluate` must agree on: how a CSV file becomes typed columns ([`csv`]), how a
//! prepared table lies in a Parquet file ([`dataset`], [`parquet`]), and what a model file says and how it predicts ([`model`]).
//! It must never know the task interface: no ports, no invocation, no log. That is each plugin's `lib.rs`.
//!
//! To add a file format, write a reader that gives a [`table::Table`]; to add a model, add a variant to [`model::Estimator`].

pub mod csv;
pub mod dataset;
pub mod error;
pub mod json;
pub mod limits;
pub mod model;
pub mod parquet;
pub mod table;
pub mod wording;

pub use dataset::{Dataset, Labels, Matrix, Target};
pub use error::DataError;
pub use table::{Column, ColumnData, Table, TextColumn};
