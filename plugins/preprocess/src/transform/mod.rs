//! What is learnt from the training part, as a file that says it all, and its use on any rows of the same table.
//!
//! ```json
//! {"format": "dagwood.transform", "version": 4, "fitted_by": "preprocess 0.1.0",
//!  "target": {"column": "species", "classes": ["Adelie", "Gentoo"]},
//!  "split": {"seed": 7, "test_fraction": 0.25, "stratified": true, "by": null},
//!  "missing_values": ["NA"], "time_formats": [],
//!  "read": [{"column": "bill_length_mm", "kind": "number"}, {"column": "island", "kind": "category"}],
//!  "date_parts": {"date": ["hour"]}, "derive": {"late": "delay > 15"}, "types": {},
//!  "columns": [{"column": "bill_length_mm", "kind": "numeric", "missing": "mean", "fill": 43.9, "center": 43.9, "width": 5.4},
//!              {"column": "island", "kind": "categorical", "missing": "mode", "fill": "Biscoe", "coding": "one_hot",
//!               "categories": ["Biscoe", "Dream"]}],
//!  "dropped_columns": [], "features": ["bill_length_mm", "island=Biscoe", "island=Dream"]}
//! ```
//!
//! Columns are read as their kinds, parts of dates are taken, then expressions are evaluated; what was made becomes what `types` says
//! of it. A number is filled, then scaled: `(x - center) / width`. A text is filled, then stands for a feature `column=category` for
//! each of its categories, 1 where it is that one and 0 elsewhere; one that was not seen while fitting is 0 in all of them. In the
//! tables it stays one column of text.
//!
//! To add an encoding, add a variant to [`Fitted`], learn it in `fit.rs`, use it in `apply.rs`.

mod apply;
mod file;
mod fit;
mod statistics;

use std::fmt;

use serde::{Deserialize, Serialize};

use dagwood_tabular::wording::{count, quoted};
use dagwood_tabular::{Column, FeatureSpec, Matrix};

use crate::columns::Reason;
use crate::error::PreprocessError;
use crate::params::{Coding, Params, Policy};

pub use file::{DroppedEntry, FORMAT, ReadEntry, SplitEntry, TargetEntry, TransformFile, VERSION, identify};

/// The category of those that are too rare for one of their own.
pub const RARE: &str = "(rare)";

/// All features' transformations, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    columns: Vec<Fitted>,
}

/// What was learnt about one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fitted {
    /// A column of numbers.
    Numeric {
        /// The column's name.
        column: String,
        /// How gaps are treated.
        missing: Policy,
        /// What fills a gap; nothing where rows with gaps are dropped.
        fill: Option<f64>,
        /// What is subtracted: the mean, or the least; nothing if the column is not scaled.
        center: Option<f64>,
        /// What the rest is divided by: the population standard deviation, or the range; never zero.
        width: Option<f64>,
    },
    /// A column of texts.
    Categorical {
        /// The column's name.
        column: String,
        /// How gaps are treated.
        missing: Policy,
        /// What fills a gap; nothing where rows with gaps are dropped.
        fill: Option<String>,
        /// How it becomes features.
        coding: Coding,
        /// The texts of the training part, in order; rare ones together are [`RARE`].
        categories: Vec<String>,
    },
}

/// A transformation, and the columns that had nothing to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// What was learnt.
    pub transform: Transform,
    /// Columns that say nothing in the training part, and why.
    pub dropped: Vec<(String, Reason)>,
}

/// Transformed rows, and how often a text was not among the categories.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// One column for each feature.
    pub features: Matrix,
    /// Columns in which texts were met that are none of their categories.
    pub unseen: Vec<Unseen>,
}

/// Texts of a column that are none of its categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The column's name.
    pub column: String,
    /// How many rows have one.
    pub rows: usize,
    /// The first of them, from 1, in the table.
    pub first_row: usize,
    /// What stands there; none for a gap that nothing fills.
    pub text: Option<String>,
    /// Whether such texts count as [`RARE`]; they may then be texts that were too rare in training, too.
    pub is_rare: bool,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.as_deref().map_or_else(|| "a gap".to_owned(), quoted);
        let rows = count(self.rows, "row");
        let (column, row) = (quoted(&self.column), self.first_row);
        let what = if self.is_rare { "that counts as (rare)" } else { "not seen in training" };
        write!(f, "column {column}: {rows} with a text {what}, first {text} in row {row}")
    }
}

impl Unseen {
    /// Adds what further rows have to what is known of those before them.
    pub fn add(all: &mut Vec<Self>, more: Vec<Self>) {
        for unseen in more {
            match all.iter_mut().find(|known| known.column == unseen.column) {
                Some(known) => known.rows += unseen.rows,
                None => all.push(unseen),
            }
        }
    }
}

impl Transform {
    /// Learns from `rows` of `columns`, and looks at no other row.
    ///
    /// # Errors
    /// A policy that does not fit its column, too many categories, two features of one name, or no feature left.
    pub fn fit(columns: &[&Column], rows: &[usize], params: &Params) -> Result<Learnt, PreprocessError> {
        fit::fit(columns, rows, params)
    }

    /// Transforms `rows` of `columns`, which are those that it was fitted on, in any order.
    ///
    /// # Errors
    /// A column that it was fitted on is missing or of another kind.
    pub fn apply(&self, columns: &[&Column], rows: &[usize]) -> Result<Applied, PreprocessError> {
        apply::apply(&self.columns, columns, rows)
    }

    /// What a file says that was learnt.
    pub fn recorded(columns: Vec<Fitted>) -> Self {
        Self { columns }
    }

    /// What was learnt about each column.
    pub fn columns(&self) -> &[Fitted] {
        &self.columns
    }

    /// The features that the columns become, in order.
    pub fn specs(&self) -> Vec<FeatureSpec> {
        self.columns.iter().map(Fitted::spec).collect()
    }
}

impl Fitted {
    /// The column's name.
    pub fn column(&self) -> &str {
        match self {
            Self::Numeric { column, .. } | Self::Categorical { column, .. } => column,
        }
    }

    /// Whether rows with a gap in it are dropped.
    pub fn drops_gaps(&self) -> bool {
        match self {
            Self::Numeric { missing, .. } | Self::Categorical { missing, .. } => *missing == Policy::Drop,
        }
    }

    /// The features that the column becomes.
    pub fn spec(&self) -> FeatureSpec {
        match self {
            Self::Categorical { column, categories, coding: Coding::OneHot, .. } => {
                FeatureSpec::OneHot { column: column.clone(), categories: categories.clone() }
            }
            Self::Numeric { column, .. } | Self::Categorical { column, coding: Coding::Ordinal, .. } => {
                FeatureSpec::Number(column.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests;
