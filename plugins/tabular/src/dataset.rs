//! A prepared table: a target and features, ready to train on.

use std::ops::Range;

use crate::features::Matrix;

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

impl Target {
    /// Of some rows, which must be there.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        match self {
            Self::Classes(labels) => {
                Self::Classes(Labels { classes: labels.classes.clone(), codes: labels.codes[rows].to_vec() })
            }
            Self::Numbers(values) => Self::Numbers(values[rows].to_vec()),
        }
    }
}

/// Class labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The classes' names in their order: see [`sort_labels`].
    pub classes: Vec<String>,
    /// One for each row: an index into `classes`.
    pub codes: Vec<u32>,
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
        crate::sums::counts(self.classes.len(), &self.codes)
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
