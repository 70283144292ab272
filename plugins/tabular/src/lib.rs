//! Tables for dagwood's own plugins, as plain functions over paths and structs.
//!
//! It holds what `preprocess`, `train` and `evaluate` must agree on: how a CSV file becomes typed columns ([`csv`]), how a
//! prepared table lies in memory and in a Parquet file ([`dataset`], [`features`], [`parquet`]), what a model file says and how it
//! predicts ([`model`]), figures that both state of one ([`metrics`]), and sums over columns ([`sums`]).
//! It must never know the task interface: no ports, no invocation, no log. That is each plugin's `lib.rs`.
//!
//! To add a file format, write a reader that gives a [`table::Table`]; to add a model, add a variant to [`model::Estimator`].

pub mod convert;
pub mod csv;
pub mod dataset;
pub mod error;
pub mod features;
pub mod json;
pub mod limits;
pub mod metrics;
pub mod model;
pub mod notation;
pub mod parquet;
pub mod source;
pub mod sums;
pub mod table;
pub mod time;
pub mod wording;

pub use dataset::{Dataset, Labels, Target};
pub use error::DataError;
pub use features::{Feature, FeatureSpec, Matrix};
pub use notation::Notation;
pub use source::TableFile;
pub use table::{Column, ColumnData, Kind, Mixed, Table, TextBuilder, TextColumn, Wanted};
