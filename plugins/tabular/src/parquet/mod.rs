//! Parquet out and in, without Arrow: the crate's own column writers and readers, Snappy, row groups. [`ParquetFile`] reads any flat
//! table; the rest is about prepared ones.
//!
//! A prepared table is flat: first the target (UTF-8 text for classes, DOUBLE for numbers), then the features: DOUBLE, or UTF-8 text
//! for a column of categories, null in a row that has none of them; then columns that are only kept beside them, as they were. Which
//! column is the target stands in the file's own metadata under [`TARGET_KEY`], so that nobody has to say it twice; which columns are
//! categories, and which those are, under [`ONE_HOT_KEY`]; which are only kept, under [`KEPT_KEY`]; and what made the table, under
//! [`TRANSFORM_KEY`]. Nothing in a file depends on when or where it was written: the same data gives the same bytes.

mod file;
mod meaning;
mod read;
mod source;
mod table;
mod values;
mod write;

pub use read::{Selected, Unknown, column_names, read_dataset, read_features, read_kept, read_target, transform_of};
pub use table::ParquetFile;
pub use write::{Layout, Piece, TableWriter, write_dataset, write_features};

/// The key in a Parquet file's metadata that holds the target column's name.
pub const TARGET_KEY: &str = "dagwood.target";

/// The key in a Parquet file's metadata that holds the categories, as JSON: `{"island": ["Biscoe", "Dream"]}`.
pub const ONE_HOT_KEY: &str = "dagwood.one_hot";

/// The key in a Parquet file's metadata that holds the names of columns that are neither target nor feature, as JSON: `["id"]`.
pub const KEPT_KEY: &str = "dagwood.kept";

/// The key in a Parquet file's metadata that holds what identifies the transformation that made it.
pub const TRANSFORM_KEY: &str = "dagwood.transform";

/// What the files name as their writer: constant, so that a new version of a library alone changes no digest.
const CREATED_BY: &str = "dagwood";

#[cfg(test)]
mod tests;
