//! The model file: JSON, written by `train`, read by `evaluate` and by whoever wants to.
//!
//! ```json
//! {"format": "dagwood.model", "version": 2, "trained_by": "train 0.1.0",
//!  "target": "species", "classes": ["Adelie", "Chinstrap", "Gentoo"],
//!  "features": ["bill_length_mm", {"column": "island", "categories": ["Dream"]}],
//!  "estimator": {"algorithm": "logistic_regression", "l2": 1.0,
//!                "coefficients": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "intercepts": [0.0, 0.1, 0.2]},
//!  "training": {"rows": 258, "iterations": 41, "converged": true, "loss": 0.02, "log_loss": 0.01, "accuracy": 1.0}}
//! ```
//!
//! A feature is a column of numbers by its name, or a column of categories, each of which is a feature of its own: `x` is 1 in the
//! rows of that category and 0 elsewhere.
//!
//! `coefficients` has one row for each class and one number for each feature, in the order of `classes` and `features`. With two
//! classes there is one row only, for the second class: its score is the log-odds of that class. Scores are
//! `intercepts[k] + Σ coefficients[k][j] · x[j]`, and probabilities their softmax (the logistic function with two classes).
//!
//! To add an algorithm, add a variant to [`Estimator`] and its scores to [`Model::probabilities`]; a change that older readers
//! would misread raises [`VERSION`].

mod file;
pub mod linear;

pub use file::{read_model, write_model};

use serde::{Deserialize, Serialize};

use crate::features::{FeatureSpec, Matrix};
use linear::LinearScores;

/// What a model file calls itself.
pub const FORMAT: &str = "dagwood.model";

/// The version of the model file written and read here.
pub const VERSION: u32 = 2;

/// A trained classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always [`VERSION`].
    pub version: u32,
    /// The plugin that trained it, and its version.
    pub trained_by: String,
    /// The column that it predicts.
    pub target: String,
    /// The classes that it tells apart, at least two, in the order of its scores.
    pub classes: Vec<String>,
    /// The columns that it predicts from, in the order of its coefficients.
    pub features: Vec<FeatureSpec>,
    /// What was learnt.
    pub estimator: Estimator,
    /// How the training went.
    pub training: Training,
}

/// What was learnt, by algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "algorithm", rename_all = "snake_case")]
pub enum Estimator {
    /// Logistic regression: for two classes, or multinomial for more.
    LogisticRegression {
        /// Strength of the penalty on the squared coefficients that it was trained with; intercepts bear none.
        l2: f64,
        /// One row for each score, one number for each feature.
        coefficients: Vec<Vec<f64>>,
        /// One for each score.
        intercepts: Vec<f64>,
    },
}

/// How the training went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Rows trained on.
    pub rows: usize,
    /// Iterations taken.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
    /// The objective at the end: mean log-loss and penalty, in nats.
    pub loss: f64,
    /// The mean log-loss alone, in nats.
    pub log_loss: f64,
    /// The share of the training rows that the model gets right, 0 to 1.
    pub accuracy: f64,
}

impl Model {
    /// How many features it has, each category counted.
    pub fn width(&self) -> usize {
        self.features.iter().map(FeatureSpec::width).sum()
    }

    /// The probability of each class for each row: row by row, `classes.len()` numbers each, which add up to 1.
    ///
    /// `features` must hold the model's features in their order: see [`Matrix::select`].
    pub fn probabilities(&self, features: &Matrix) -> Vec<f64> {
        match &self.estimator {
            Estimator::LogisticRegression { coefficients, intercepts, .. } => {
                LinearScores { coefficients, intercepts }.probabilities(features)
            }
        }
    }
}

/// The place of the largest number in each row of `width` numbers; the first of equals.
pub fn most_likely(probabilities: &[f64], width: usize) -> Vec<u32> {
    let best = |row: &[f64]| {
        let mut best = 0;
        for (place, probability) in row.iter().enumerate() {
            if *probability > row[best] {
                best = place;
            }
        }
        best as u32
    };
    probabilities.chunks_exact(width.max(1)).map(best).collect()
}

#[cfg(test)]
mod tests;
