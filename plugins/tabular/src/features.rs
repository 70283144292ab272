//! Features: columns of numbers, and columns of categories, each of which stands for a column of 0 and 1.

use serde::{Deserialize, Serialize};

/// Named columns, all of one length, column by column in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    columns: Vec<Feature>,
    rows: usize,
}

/// One column, which is one feature or several.
#[derive(Debug, Clone, PartialEq)]
pub enum Feature {
    /// Numbers, all of them finite.
    Number {
        /// The feature's name.
        name: String,
        /// One for each row.
        values: Vec<f64>,
    },
    /// Categories, of which each row has one or none: kept as one number a row, however many there are.
    OneHot {
        /// The column's name.
        column: String,
        /// All that differ. Each is a feature, `column=category`, which is 1 in the rows of that category and 0 elsewhere.
        categories: Vec<String>,
        /// One for each row: an index into `categories`, or [`Feature::NO_CATEGORY`].
        codes: Vec<u32>,
    },
}

/// What a model has to know of a column that it learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeatureSpec {
    /// A feature that is a number, by its name.
    Number(String),
    /// A column of categories, each of which is a feature.
    OneHot {
        /// The column's name.
        column: String,
        /// In the order of their features.
        categories: Vec<String>,
    },
}

impl Feature {
    /// The code of a row that has none of the categories.
    pub const NO_CATEGORY: u32 = u32::MAX;

    /// The column's name.
    pub fn column(&self) -> &str {
        match self {
            Self::Number { name, .. } => name,
            Self::OneHot { column, .. } => column,
        }
    }

    /// How many features it is.
    pub fn width(&self) -> usize {
        match self {
            Self::Number { .. } => 1,
            Self::OneHot { categories, .. } => categories.len(),
        }
    }

    /// What a model keeps of it.
    pub fn spec(&self) -> FeatureSpec {
        match self {
            Self::Number { name, .. } => FeatureSpec::Number(name.clone()),
            Self::OneHot { column, categories, .. } => {
                FeatureSpec::OneHot { column: column.clone(), categories: categories.clone() }
            }
        }
    }
}

impl FeatureSpec {
    /// The column's name.
    pub fn column(&self) -> &str {
        match self {
            Self::Number(name) => name,
            Self::OneHot { column, .. } => column,
        }
    }

    /// The names of its features: of a category `column=category`.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Number(name) => vec![name.clone()],
            Self::OneHot { column, categories } => {
                categories.iter().map(|category| format!("{column}={category}")).collect()
            }
        }
    }

    /// How many features it is.
    pub fn width(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::OneHot { categories, .. } => categories.len(),
        }
    }
}

impl Matrix {
    /// No columns yet, for `rows` rows.
    pub fn with_rows(rows: usize) -> Self {
        Self { columns: Vec::new(), rows }
    }

    /// Adds a feature; `values` is cut or filled up with zeros to the number of rows.
    pub fn push(&mut self, name: String, mut values: Vec<f64>) {
        values.resize(self.rows, 0.0);
        self.columns.push(Feature::Number { name, values });
    }

    /// Adds a column of categories; `codes` is cut, or filled up with [`Feature::NO_CATEGORY`], to the number of rows, and a code
    /// beyond the categories is taken for none.
    pub fn push_one_hot(&mut self, column: String, categories: Vec<String>, mut codes: Vec<u32>) {
        codes.resize(self.rows, Feature::NO_CATEGORY);
        for code in codes.iter_mut().filter(|code| **code as usize >= categories.len()) {
            *code = Feature::NO_CATEGORY;
        }
        self.columns.push(Feature::OneHot { column, categories, codes });
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many features there are, each category counted.
    pub fn width(&self) -> usize {
        self.columns.iter().map(Feature::width).sum()
    }

    /// The features' names in their order, each category counted.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().flat_map(|column| column.spec().names()).collect()
    }

    /// The columns in their order.
    pub fn columns(&self) -> &[Feature] {
        &self.columns
    }

    /// What a model keeps of the columns.
    pub fn specs(&self) -> Vec<FeatureSpec> {
        self.columns.iter().map(Feature::spec).collect()
    }
}

#[cfg(test)]
#[path = "features_tests.rs"]
mod tests;
