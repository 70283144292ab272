//! Parquet out and in, without Arrow: the crate's own column writers and readers, Snappy, row groups.
//!
//! A prepared table is flat: first the target (UTF-8 text for classes, DOUBLE for numbers), then the features (DOUBLE). Which
//! column is the target stands in the file's own metadata under [`TARGET_KEY`], so that nobody has to say it twice. Nothing in a
//! file depends on when or where it was written: the same data gives the same bytes.

mod read;
mod source;
mod write;

pub use read::read_dataset;
pub use write::write_dataset;

/// The key in a Parquet file's metadata that holds the target column's name.
pub const TARGET_KEY: &str = "dagwood.target";

/// What the files name as their writer: constant, so that a new version of a library alone changes no digest.
const CREATED_BY: &str = "dagwood";

#[cfg(test)]
mod tests;
