//! The model file: JSON, written by `train`, read by `evaluate` and by whoever wants to.
//!
//! ```json
//! {"format": "dagwood.model", "version": 2, "trained_by": "train 0.1.0",
//!  "target": "species", "classes": ["Adelie", "Chinstrap", "Gentoo"],
//!  "features": ["bill_length_mm", {"column": "island", "categories": ["Dream"]}],
//!  "estimator": {"algorithm": "logistic_regression", "l2": 1.0,
//!                "coefficients": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "intercepts": [0.0, 0.1, 0.2]},
//!  "training": {"rows": 258, "iterations": 41, "converged": true, "loss": 0.02, "log_loss": 0.01, "accuracy": 1.0},
//!  "importance": [{"column": "bill_length_mm", "share": 0.7}, {"column": "island", "share": 0.3}]}
//! ```
//!
//! A feature is a column of numbers by its name, or a column of categories, each of which is a feature of its own: `x` is 1 in the
//! rows of that category and 0 elsewhere.
//!
//! `coefficients` has one row for each class and one number for each feature, in the order of `classes` and `features`. With two
//! classes there is one row only, for the second class: its score is the log-odds of that class. Scores are
//! `intercepts[k] + Σ coefficients[k][j] · x[j]`, and probabilities their softmax (the logistic function with two classes).
//!
//! Gradient-boosted trees have no coefficients: `base` is where each score begins, and `rounds` are the trees whose answers are added
//! to it; see [`trees`]. They ask for whole columns, not for single categories.
//!
//! To add an algorithm, add a variant to [`Estimator`] and its scores to [`Model::probabilities`]; a change that older readers
//! would misread raises [`VERSION`].

mod file;
pub mod linear;
pub mod trees;

pub use file::{read_model, write_model};

use serde::{Deserialize, Serialize};

use crate::features::{FeatureSpec, Matrix};
use linear::{LinearScores, blocks, logistic, softmax};
use trees::{Ready, Tree};

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
    /// How much each column counts, the most important first.
    pub importance: Vec<Importance>,
}

/// How much a column counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// Its name.
    pub column: String,
    /// Its share of all, 0 to 1.
    pub share: f64,
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
    /// Gradient-boosted trees: for two classes, or for more.
    GradientBoostedTrees {
        /// One for each score: where it begins.
        base: Vec<f64>,
        /// In each round one tree for each score, whose answers are added up.
        rounds: Vec<Vec<Tree>>,
    },
}

impl Estimator {
    /// How many scores a row has.
    pub fn scores(&self) -> usize {
        match self {
            Self::LogisticRegression { intercepts, .. } => intercepts.len(),
            Self::GradientBoostedTrees { base, .. } => base.len(),
        }
    }
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
            Estimator::GradientBoostedTrees { base, rounds } => boosted(base, rounds, features),
        }
    }
}

fn boosted(base: &[f64], rounds: &[Vec<Tree>], features: &Matrix) -> Vec<f64> {
    let ready = |score| Ready::new(rounds.iter().filter_map(|trees| trees.get(score)), features.columns());
    let ready: Vec<_> = (0..base.len()).map(ready).collect();
    let mut probabilities = Vec::with_capacity(features.rows() * base.len().max(2));
    let mut row_scores = vec![0.0; base.len()];
    for block in blocks(features.rows()) {
        let of_score = |(base, ready): (&f64, &Ready<'_>)| {
            let mut scores = vec![*base; block.len()];
            ready.add_to(&mut scores, block.start);
            scores
        };
        let scores: Vec<Vec<f64>> = base.iter().zip(&ready).map(of_score).collect();
        for place in 0..block.len() {
            row_scores.iter_mut().zip(&scores).for_each(|(score, scores)| *score = scores[place]);
            if let [score] = row_scores[..] {
                probabilities.extend([logistic(-score), logistic(score)]);
            } else {
                softmax(&mut row_scores);
                probabilities.extend_from_slice(&row_scores);
            }
        }
    }
    probabilities
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
