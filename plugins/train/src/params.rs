//! What a DAG may set.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Deserialize;

use crate::error::TrainError;
use crate::limits::{HELD_BACK, L2, LEAF_ROWS, LEARNING_RATE, LEAVES, MAX_ITERATIONS, PATIENCE, ROUNDS, TOLERANCE};

/// What to train, and how.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What kind of model.
    pub algorithm: Algorithm,
    /// The column to predict. By default the one that the table names as its target, as those of `preprocess` do.
    pub target: Option<String>,
    /// Strength of the penalty on squared coefficients, or on squared leaves of trees; 0 for none. By default 1 for logistic
    /// regression (scikit-learn's `1 / C`) and linear regression (its `alpha`), and 0 for trees.
    #[schemars(range(min = 0))]
    pub l2: Option<f64>,
    /// Iterations after which training stops, converged or not; rounds of trees. By default 1000, and 100 for trees.
    #[schemars(range(min = 1))]
    pub max_iter: Option<usize>,
    /// Logistic and linear regression have converged when no part of the gradient is larger than this.
    #[schemars(range(min = 0))]
    pub tolerance: f64,
    /// What each tree counts, above 0 and up to 1.
    #[schemars(extend("exclusiveMinimum" = 0), range(max = 1))]
    pub learning_rate: f64,
    /// Leaves of a tree at most.
    #[schemars(range(min = 2))]
    pub max_leaves: usize,
    /// Rows of a tree's leaf at least.
    #[schemars(range(min = 1))]
    pub min_leaf_rows: u32,
    /// How much rows count by their class: `"balanced"`, so that all classes count the same together, or a number for each class
    /// that is not to count 1: `{ yes = 3 }`. By default all rows count the same.
    pub class_weights: Option<ClassWeights>,
    /// Rows are held back, and no more trees are made when they help there no more. By default all rows are trained on.
    pub early_stopping: Option<Stopping>,
    /// Decides which rows are held back. By default the task's own seed.
    pub seed: Option<u64>,
}

/// How much rows count by their class.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassWeights {
    /// By a rule.
    Named(Balanced),
    /// By class; 1 for those that are not named.
    Each(BTreeMap<String, f64>),
}

/// The rule for classes that count the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balanced {
    /// All classes count the same together, however many rows they have.
    Balanced,
}

/// When trees are enough.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stopping {
    /// The share of the rows that is held back, between 0 and 1.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub fraction: f64,
    /// Rounds that may pass without getting better.
    #[schemars(range(min = 1))]
    pub patience: usize,
}

impl Default for Stopping {
    fn default() -> Self {
        Self { fraction: HELD_BACK, patience: PATIENCE }
    }
}

/// What kind of model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Logistic regression, for two classes or (multinomial) for more.
    #[default]
    LogisticRegression,
    /// Linear regression, for a number.
    LinearRegression,
    /// Gradient-boosted trees, for two classes or for more, or for a number. Categories need no coding, and numbers no scaling.
    GradientBoostedTrees,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::LogisticRegression,
            target: None,
            l2: None,
            max_iter: None,
            tolerance: TOLERANCE,
            learning_rate: LEARNING_RATE,
            max_leaves: LEAVES,
            min_leaf_rows: LEAF_ROWS,
            class_weights: None,
            early_stopping: None,
            seed: None,
        }
    }
}

impl Params {
    /// Iterations, or rounds of trees, at most.
    pub fn iterations(&self) -> usize {
        self.max_iter.unwrap_or(match self.algorithm {
            Algorithm::LogisticRegression | Algorithm::LinearRegression => MAX_ITERATIONS,
            Algorithm::GradientBoostedTrees => ROUNDS,
        })
    }

    /// The strength of the penalty.
    pub fn penalty(&self) -> f64 {
        self.l2.unwrap_or(match self.algorithm {
            Algorithm::LogisticRegression | Algorithm::LinearRegression => L2,
            Algorithm::GradientBoostedTrees => 0.0,
        })
    }

    /// Checks what a caller without a schema may have got wrong.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param.
    pub fn check(&self) -> Result<(), TrainError> {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        let wrong = |param, why: &str| Err(TrainError::params(param, why));
        match self {
            Self { l2: Some(l2), .. } if !sound(*l2) => wrong("l2", "must be a number from 0"),
            Self { tolerance, .. } if !sound(*tolerance) => wrong("tolerance", "must be a number from 0"),
            Self { max_iter: Some(0), .. } => wrong("max_iter", "must be 1 or more"),
            Self { learning_rate, .. } if !(*learning_rate > 0.0 && *learning_rate <= 1.0) => {
                wrong("learning_rate", "must be above 0 and at most 1")
            }
            Self { class_weights: Some(ClassWeights::Each(weights)), .. }
                if !weights.values().all(|weight| weight.is_finite() && *weight > 0.0) =>
            {
                wrong("class_weights", "must be numbers above 0")
            }
            Self { max_leaves: 0 | 1, .. } => wrong("max_leaves", "must be 2 or more"),
            Self { min_leaf_rows: 0, .. } => wrong("min_leaf_rows", "must be 1 or more"),
            Self { early_stopping: Some(Stopping { fraction, .. }), .. } if !(*fraction > 0.0 && *fraction < 1.0) => {
                wrong("early_stopping.fraction", "must lie between 0 and 1")
            }
            Self { early_stopping: Some(Stopping { patience: 0, .. }), .. } => {
                wrong("early_stopping.patience", "must be 1 or more")
            }
            Self { .. } => self.check_algorithm(),
        }
    }

    /// Whether a param is set that says nothing to the algorithm.
    fn check_algorithm(&self) -> Result<(), TrainError> {
        let plain = Self::default();
        let of_trees = [
            ("early_stopping", self.early_stopping != plain.early_stopping),
            ("learning_rate", self.learning_rate != plain.learning_rate),
            ("max_leaves", self.max_leaves != plain.max_leaves),
            ("min_leaf_rows", self.min_leaf_rows != plain.min_leaf_rows),
        ];
        let of_lines = [("tolerance", self.tolerance != plain.tolerance)];
        let (others, who) = match self.algorithm {
            Algorithm::LogisticRegression => (&of_trees[..], "logistic_regression"),
            Algorithm::LinearRegression => (&of_trees[..], "linear_regression"),
            Algorithm::GradientBoostedTrees => (&of_lines[..], "gradient_boosted_trees"),
        };
        match others.iter().find(|(_, is_set)| *is_set) {
            Some((param, _)) => Err(TrainError::params(param, format!("says nothing to `{who}`: leave it out"))),
            None => Ok(()),
        }
    }
}
