//! The transformation file: written when rows are split, read when new ones are treated the same.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use dagwood_tabular::DataError;
use dagwood_tabular::wording::quoted;
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
    /// How times are written, beside ISO 8601.
    pub time_formats: Vec<String>,
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
        let transform: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        match transform.contradiction() {
            None => Ok(transform),
            Some(why) => Err(wrong(why)),
        }
    }

    /// What is wrong inside it, if anything: it may come from anywhere.
    fn contradiction(&self) -> Option<String> {
        let names: HashSet<&str> = self.columns.iter().map(Fitted::column).collect();
        if self.columns.is_empty() {
            return Some("it has no column".into());
        }
        if names.len() < self.columns.len() || names.contains(self.target.column.as_str()) {
            return Some("a column stands in it twice".into());
        }
        self.columns.iter().find_map(Fitted::contradiction)
    }
}

impl Fitted {
    fn contradiction(&self) -> Option<String> {
        match self {
            Self::Numeric { column, fill, center, width, .. } => {
                let are_finite = [fill, center, width].into_iter().flatten().all(|number| number.is_finite());
                let divides = width.is_none_or(|width| width.is_normal() && width > 0.0);
                (!are_finite || !divides).then(|| format!("column {} cannot be scaled as it says", quoted(column)))
            }
            Self::Categorical { column, categories, .. } => {
                let are_sorted = categories.windows(2).all(|pair| pair[0] < pair[1]);
                (!are_sorted || categories.is_empty())
                    .then(|| format!("the categories of column {} are not in order, or there are none", quoted(column)))
            }
        }
    }
}
