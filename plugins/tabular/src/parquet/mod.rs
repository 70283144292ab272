//! Parquet out and in, without Arrow: the crate's own column writers and readers, Snappy, row groups. [`ParquetFile`] reads any flat
//! table; the rest is about prepared ones.
//!
//! A prepared table is flat: first the target (UTF-8 text for classes, DOUBLE for numbers), then the features: DOUBLE, or UTF-8 text
//! for a column of categories, null in a row that has none of them. Which column is the target stands in the file's own metadata
//! under [`TARGET_KEY`], so that nobody has to say it twice; which columns are categories, and which those are, under
//! [`ONE_HOT_KEY`]. Nothing in a file depends on when or where it was written: the same data gives the same bytes.

mod file;
mod meaning;
mod read;
mod source;
mod table;
mod values;
mod write;

pub use read::{column_names, read_dataset, read_features, read_target};
pub use table::ParquetFile;
pub use write::{TableWriter, write_dataset, write_features};

/// The key in a Parquet file's metadata that holds the target column's name.
pub const TARGET_KEY: &str = "dagwood.target";

/// The key in a Parquet file's metadata that holds the categories, as JSON: `{"island": ["Biscoe", "Dream"]}`.
pub const ONE_HOT_KEY: &str = "dagwood.one_hot";

/// What the files name as their writer: constant, so that a new version of a library alone changes no digest.
const CREATED_BY: &str = "dagwood";

#[cfg(test)]
mod tests;
