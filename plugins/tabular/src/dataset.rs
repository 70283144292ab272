//! A prepared table: a target and features that are all numbers, ready to train on.

use crate::error::DataError;

/// What `preprocess` writes and `train` and `evaluate` read.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The target column's name.
    pub target_name: String,
    /// One value of the target for each row.
    pub target: Target,
    /// The features.
    pub features: Matrix,
}

/// The target's values.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// For classification.
    Classes(Labels),
    /// For regression.
    Numbers(Vec<f64>),
}

/// Class labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The classes' names in their order: see [`sort_labels`].
    pub classes: Vec<String>,
    /// One for each row: an index into `classes`.
    pub codes: Vec<u32>,
}

/// Named columns of numbers, all of one length, column by column in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    rows: usize,
}

impl Matrix {
    /// No columns yet, for `rows` rows.
    pub fn with_rows(rows: usize) -> Self {
        Self { names: Vec::new(), columns: Vec::new(), rows }
    }

    /// Adds a column; `values` is cut or filled up with zeros to the number of rows.
    pub fn push(&mut self, name: String, mut values: Vec<f64>) {
        values.resize(self.rows, 0.0);
        self.names.push(name);
        self.columns.push(values);
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns' names in their order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns' values in their order.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The columns of these names in this order.
    ///
    /// # Errors
    /// [`DataError::FeaturesAbsent`] with all names that are not there.
    pub fn select(self, names: &[String]) -> Result<Self, DataError> {
        let rows = self.rows;
        let mut columns = self.names.into_iter().zip(self.columns).collect::<std::collections::HashMap<_, _>>();
        let mut selected = Self::with_rows(rows);
        let mut missing = Vec::new();
        for name in names {
            match columns.remove(name) {
                Some(values) => selected.push(name.clone(), values),
                None => missing.push(name.clone()),
            }
        }
        if missing.is_empty() { Ok(selected) } else { Err(DataError::FeaturesAbsent { missing }) }
    }
}

impl Labels {
    /// Labels from one text for each row; the classes are those that appear, in the order of [`sort_labels`].
    pub fn new<S: AsRef<str>>(values: &[S]) -> Self {
        let mut classes = values.iter().map(|value| value.as_ref().to_owned()).collect::<Vec<_>>();
        sort_labels(&mut classes);
        let places = classes.iter().enumerate().map(|(code, class)| (class.as_str(), code as u32));
        let places = places.collect::<std::collections::HashMap<_, _>>();
        let codes = values.iter().filter_map(|value| places.get(value.as_ref()).copied()).collect();
        Self { codes, classes }
    }

    /// How many rows each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for code in &self.codes {
            if let Some(count) = counts.get_mut(*code as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// The label of each row.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().filter_map(|code| self.classes.get(*code as usize).map(String::as_str))
    }
}

/// Sorts labels and drops repetitions: by value if all of them are numbers, by code point otherwise.
pub fn sort_labels(labels: &mut Vec<String>) {
    labels.sort();
    labels.dedup();
    let numbers = labels.iter().map(|label| label.parse::<f64>()).collect::<Result<Vec<_>, _>>();
    if let Ok(numbers) = numbers {
        let mut pairs = numbers.into_iter().zip(labels.drain(..)).collect::<Vec<_>>();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        labels.extend(pairs.into_iter().map(|(_, label)| label));
    }
}

#[cfg(test)]
#[path = "dataset_tests.rs"]
mod tests;
