//! The transformation file: written when rows are split, read when new ones are treated the same.

use std::collections::BTreeMap;
use std::path::Path;

use dagwood_tabular::DataError;
use serde::{Deserialize, Serialize};

use super::Fitted;
use crate::error::PreprocessError;
use crate::params::{ColumnType, DatePart};

/// What a transformation file calls itself.
pub const FORMAT: &str = "dagwood.transform";

/// The version of the transformation file.
pub const VERSION: u32 = 4;

/// The transformation file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformFile {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always [`VERSION`].
    pub version: u32,
    /// The plugin that wrote it, and its version.
    pub fitted_by: String,
    /// The column to predict.
    pub target: TargetEntry,
    /// How the rows were split.
    pub split: SplitEntry,
    /// Cells that are gaps.
    pub missing_values: Vec<String>,
    /// The columns of the file that were read, and what they held.
    pub read: Vec<ReadEntry>,
    /// What was taken out of times.
    pub date_parts: BTreeMap<String, Vec<DatePart>>,
    /// Expressions, by the columns that they make.
    pub derive: BTreeMap<String, String>,
    /// What columns hold, by name or pattern, as the params had it.
    pub types: BTreeMap<String, ColumnType>,
    /// What was learnt, in the features' order.
    pub columns: Vec<Fitted>,
    /// Columns that are not among the features though nobody asked for that.
    pub dropped_columns: Vec<DroppedEntry>,
    /// The features' names, in order.
    pub features: Vec<String>,
}

/// The target, in the transformation file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetEntry {
    /// Its name.
    pub column: String,
    /// Its classes in order; none if it is a number.
    pub classes: Option<Vec<String>>,
}

/// The split, in the transformation file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitEntry {
    /// What decided which rows are for testing.
    pub seed: u64,
    /// As asked for.
    pub test_fraction: f64,
    /// Whether it was made class by class.
    pub stratified: bool,
    /// The column of times by which it was made; none if it was made at random.
    pub by: Option<String>,
}

/// A column that was read, in the transformation file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadEntry {
    /// Its name.
    pub column: String,
    /// What it held.
    pub kind: ColumnType,
}

/// A dropped column, in the transformation file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedEntry {
    /// Its name.
    pub column: String,
    /// Why.
    pub reason: String,
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// What identifies a transformation: the first 16 digits of its file's BLAKE3 digest.
///
/// # Errors
/// The file cannot be read.
pub fn identify(path: &Path) -> Result<String, DataError> {
    let file = || path.display().to_string();
    let text = std::fs::read(path).map_err(|source| DataError::Unreadable { file: file(), source })?;
    Ok(blake3::hash(&text).to_hex().chars().take(ID_LENGTH).collect())
}

/// As many digits as nobody meets twice by accident.
const ID_LENGTH: usize = 16;

impl TransformFile {
    /// Reads a file, and checks what it calls itself.
    ///
    /// # Errors
    /// It cannot be read, is no transformation, or is of another version.
    pub fn read(path: &Path) -> Result<Self, PreprocessError> {
        let file = || path.display().to_string();
        let text = std::fs::read(path).map_err(|source| DataError::Unreadable { file: file(), source })?;
        let wrong = |why: String| PreprocessError::NotATransform { file: file(), why };
        let head: Head = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if head.format != FORMAT || head.version != VERSION {
            let Head { format, version } = head;
            return Err(wrong(format!(
                "it is {format:?}, version {version}, and this reads {FORMAT:?}, version {VERSION}: prepare the training data again"
            )));
        }
        serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))
    }
}
