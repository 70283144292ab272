//! What a DAG may set.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::{Deserialize, Serialize};

use crate::error::PreprocessError;
use crate::limits::{CATEGORIES_MAX, TEST_FRACTION};

/// Which column to predict, from which others, and how the table is made ready.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The column to predict.
    pub target: String,
    /// The columns to predict from. By default all others, without those that merely number or name the rows.
    #[serde(default)]
    pub features: Option<Vec<String>>,
    /// Columns to leave out.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Columns whose cells are categories even where they are numbers, such as a postcode.
    #[serde(default)]
    pub categorical: Vec<String>,
    /// Whether the target is a class or a number. By default it is a class if it is text, or at most 20 different whole numbers.
    #[serde(default)]
    pub target_kind: Option<TargetKind>,
    /// The share of rows kept for testing, between 0 and 1.
    #[serde(default = "test_fraction")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub test_fraction: f64,
    /// Decides which rows are for testing. By default the task's own seed.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether every class has the same share in both parts. By default yes, if the target is a class.
    #[serde(default)]
    pub stratify: Option<bool>,
    /// What becomes of gaps among the features. Rows without a target are always dropped.
    #[serde(default)]
    pub missing: Missing,
    /// Cells that are gaps.
    #[serde(default = "missing_values")]
    pub missing_values: Vec<String>,
    /// Whether numbers are brought to mean 0 and standard deviation 1 in the training part.
    #[serde(default = "yes")]
    pub standardise: bool,
    /// The most categories that a column may have: each becomes a column of its own.
    #[serde(default = "max_categories")]
    #[schemars(range(min = 2))]
    pub max_categories: usize,
    /// The one character between two cells.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: String,
}

/// What a target holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Classes, to be told apart.
    Categorical,
    /// Numbers, to be estimated.
    Numeric,
}

/// What becomes of gaps, by kind of column, and for single columns.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Missing {
    /// In columns of numbers.
    pub numeric: Policy,
    /// In columns of text.
    pub categorical: Policy,
    /// In columns named here, instead.
    pub columns: BTreeMap<String, Policy>,
}

/// What becomes of a gap. Statistics are those of the training part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Filled with the column's mean; for numbers only.
    Mean,
    /// Filled with the column's median; for numbers only.
    Median,
    /// Filled with the most frequent value; of several the first in order.
    Mode,
    /// The row is dropped.
    Drop,
    /// Filled with this value.
    Constant(Constant),
}

/// A value to fill with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Constant {
    /// For a column of numbers.
    Number(f64),
    /// For a column of text.
    Text(String),
}

impl Default for Missing {
    fn default() -> Self {
        Self { numeric: Policy::Mean, categorical: Policy::Mode, columns: BTreeMap::new() }
    }
}

impl Params {
    /// Params that predict `target` and leave all else as it is by default.
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            features: None,
            drop: Vec::new(),
            categorical: Vec::new(),
            target_kind: None,
            test_fraction: test_fraction(),
            seed: None,
            stratify: None,
            missing: Missing::default(),
            missing_values: missing_values(),
            standardise: true,
            max_categories: max_categories(),
            delimiter: comma(),
        }
    }

    /// The delimiter as the byte that it must be.
    ///
    /// # Errors
    /// `bad-params` if it is not one ASCII character, or one that cannot separate cells.
    pub fn delimiter_byte(&self) -> Result<u8, PreprocessError> {
        match self.delimiter.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(*byte),
            _ => Err(PreprocessError::params(
                "delimiter",
                "must be one ASCII character, such as \",\", \";\" or \"\\t\"",
            )),
        }
    }

    /// Checks what the schema cannot, or what a caller without a schema may have got wrong.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param.
    pub fn check(&self) -> Result<(), PreprocessError> {
        self.delimiter_byte()?;
        if !(self.test_fraction > 0.0 && self.test_fraction < 1.0) {
            return Err(PreprocessError::params("test_fraction", "must lie between 0 and 1"));
        }
        if self.stratify == Some(true) && self.target_kind == Some(TargetKind::Numeric) {
            return Err(PreprocessError::params("stratify", "needs a target of classes"));
        }
        Ok(())
    }
}

fn test_fraction() -> f64 {
    TEST_FRACTION
}

fn missing_values() -> Vec<String> {
    vec![String::new(), "NA".to_owned()]
}

fn max_categories() -> usize {
    CATEGORIES_MAX
}

fn comma() -> String {
    ",".to_owned()
}

fn yes() -> bool {
    true
}
