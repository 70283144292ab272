//! The model file: JSON, written by `train`, read by `evaluate` and by whoever wants to.
//!
//! ```json
//! {"format": "dagwood.model", "version": 2, "trained_by": "train 0.1.0", "transform": "9f86d081884c7d65",
//!  "target": "species", "classes": ["Adelie", "Chinstrap", "Gentoo"],
//!  "features": ["bill_length_mm", {"column": "island", "categories": ["Dream"]}],
//!  "estimator": {"algorithm": "logistic_regression", "l2": 1.0,
//!                "coefficients": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "intercepts": [0.0, 0.1, 0.2]},
//!  "training": {"rows": 258, "iterations": 2, "converged": true, "loss": 0.02, "log_loss": 0.01, "accuracy": 1.0,
//!               "losses": [1.1, 0.3, 0.02]},
//!  "importance": [{"column": "bill_length_mm", "share": 0.7}, {"column": "island", "share": 0.3}]}
//! ```
//!
//! A feature is a column of numbers by its name, or a column of categories, each of which is a feature of its own: `x` is 1 in the
//! rows of that category and 0 elsewhere. A model without classes estimates a number.
//!
//! | `algorithm` | predicts | keys | score of a row |
//! |---|---|---|---|
//! | `logistic_regression` | classes | `l2`, `coefficients`, `intercepts` | `intercepts[k] + Σ coefficients[k][j] · x[j]` |
//! | `linear_regression` | a number | `l2`, `coefficients`, `intercept` | `intercept + Σ coefficients[j] · x[j]` |
//! | `gradient_boosted_trees` | either | `base`, `rounds` | `base[k] + Σ rounds[·][k]`, what each tree says: see [`trees`] |
//!
//! There is one score for each class, in the order of `classes`, and probabilities are their softmax. With two classes there is one
//! score only, the log-odds of the second. Where a number is estimated the one score is the number.
//!
//! To add an algorithm, add a variant to [`Estimator`] and its scores to [`Estimator::score`]; a change that older readers
//! would misread raises [`VERSION`].

mod file;
pub mod linear;
mod scores;
pub mod trees;

pub use file::{read_model, write_model};
pub use scores::{in_blocks, likeliest, probabilities};

use serde::{Deserialize, Serialize};

use crate::features::FeatureSpec;
use trees::Tree;

/// What a model file calls itself.
pub const FORMAT: &str = "dagwood.model";

/// The version of the model file written and read here.
pub const VERSION: u32 = 2;

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always [`VERSION`].
    pub version: u32,
    /// The plugin that trained it, and its version.
    pub trained_by: String,
    /// What identifies the transformation that made the table it was trained on; none if the table did not say. Rows that another
    /// one made are scaled and coded otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    /// The column that it predicts.
    pub target: String,
    /// The classes that it tells apart, at least two, in the order of its scores; none if it estimates a number.
    #[serde(default)]
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
    /// Linear regression, by least squares.
    LinearRegression {
        /// Strength of the penalty on the squared coefficients that it was trained with; the intercept bears none.
        l2: f64,
        /// One for each feature, in the target's unit.
        coefficients: Vec<f64>,
        /// In the target's unit.
        intercept: f64,
    },
    /// Gradient-boosted trees: for classes, or for a number.
    GradientBoostedTrees {
        /// One for each score: where it begins.
        base: Vec<f64>,
        /// In each round one tree for each score, whose answers are added up.
        rounds: Vec<Vec<Tree>>,
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
    /// The objective at the end: mean log-loss and penalty, in nats; or half the mean squared error and penalty, in the target's
    /// unit squared.
    pub loss: f64,
    /// How well the model does on the training rows.
    #[serde(flatten)]
    pub fit: Fit,
    /// The objective before the first iteration and after each.
    #[serde(default)]
    pub losses: Vec<f64>,
    /// The same on the rows held back for early stopping; nothing if there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_back_losses: Vec<f64>,
}

/// How well a model does on the rows that it was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fit {
    /// At telling classes apart.
    Classes {
        /// The mean log-loss alone, in nats.
        log_loss: f64,
        /// The share of rows that it gets right, 0 to 1.
        accuracy: f64,
    },
    /// At estimating a number.
    Number {
        /// The root of the mean squared error, in the target's unit.
        rmse: f64,
        /// The share of the target's variance that it explains; at most 1.
        r2: f64,
    },
}

impl Model {
    /// How many features it has, each category counted.
    pub fn width(&self) -> usize {
        self.features.iter().map(FeatureSpec::width).sum()
    }

    /// Whether it estimates a number instead of telling classes apart.
    pub fn is_regression(&self) -> bool {
        self.classes.is_empty()
    }
}

#[cfg(test)]
mod tests;
