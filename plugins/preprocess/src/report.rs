//! What a preparation answers.

use dagwood_sdk::{JsonSchema, schemars};
use serde::Serialize;

/// The task's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Rows in the file.
    pub rows: usize,
    /// Rows treated as a transformation says; none if one was fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepared_rows: Option<usize>,
    /// Rows in the training part.
    pub train_rows: usize,
    /// Rows in the test part.
    pub test_rows: usize,
    /// Rows in neither part: without a target, or with a gap that drops them.
    pub dropped_rows: usize,
    /// Columns that a model may learn from.
    pub features: usize,
    /// Classes of the target; none if it is a number.
    pub classes: Option<usize>,
    /// Columns that are not among the features though nobody asked for that; the first hundred.
    pub dropped_columns: Vec<DroppedColumn>,
}

/// A column that is not among the features, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DroppedColumn {
    /// Its name.
    pub column: String,
    /// Why.
    pub reason: String,
}

/// The result, and what people should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The task's result.
    pub summary: Summary,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}
