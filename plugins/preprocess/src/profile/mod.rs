//! What the columns of a table hold: counts, gaps, quantiles, histograms; as a file and as a picture.
//!
//! It is of the whole table, before anything was filled, coded or split, so nothing of it may go into what is learnt.
//!
//! ```json
//! {"format": "dagwood.profile", "version": 1, "profiled_by": "preprocess 0.1.0", "rows": 4,
//!  "columns": [
//!    {"column": "delay", "gaps": 1, "distinct": 3, "kind": "number", "least": -4.0, "greatest": 31.0, "mean": 9.0, "std": 15.6,
//!     "quantiles": [{"share": 0.5, "value": 0.0}],
//!     "histogram": {"edges": [-4.0, 13.5, 31.0], "rows": [2, 1], "below": 0, "above": 0}},
//!    {"column": "origin", "gaps": 0, "distinct": 2, "kind": "category",
//!     "most_frequent": [{"value": "ATL", "rows": 3}, {"value": "SFO", "rows": 1}], "others": 0}]}
//! ```

mod column;
mod picture;

use std::path::Path;

use dagwood_tabular::json::write_json;
use dagwood_tabular::{DataError, Table};
use serde::Serialize;

pub use column::{ColumnProfile, Histogram, Values};

/// What a profile calls itself.
pub const FORMAT: &str = "dagwood.profile";

/// The version of the profile.
pub const VERSION: u32 = 1;

/// The profile of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// Always [`VERSION`].
    pub version: u32,
    /// The plugin that wrote it, and its version.
    pub profiled_by: &'static str,
    /// Rows of the table.
    pub rows: usize,
    /// In the table's order.
    pub columns: Vec<ColumnProfile>,
}

impl Profile {
    /// Looks at every column.
    pub fn new(table: &Table) -> Self {
        Self {
            format: FORMAT,
            version: VERSION,
            profiled_by: concat!("preprocess ", env!("CARGO_PKG_VERSION")),
            rows: table.rows(),
            columns: table.columns().iter().map(|column| ColumnProfile::new(column, table.rows())).collect(),
        }
    }

    /// Writes the file and the picture.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn write(&self, file: &Path, plot: &Path) -> Result<(), DataError> {
        write_json(file, self)?;
        std::fs::write(plot, picture::draw_profile(self))
            .map_err(|source| DataError::Unwritable { file: plot.display().to_string(), source })
    }
}

#[cfg(test)]
mod tests;
