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
    /// Logistic and linear regression have converged when no part of the gradient is larger than this; that of linear regression is
    /// counted in deviations of the target and sizes of the features.
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

    /// Checks what a caller without a schema may have got wrong, and what no schema can say.
    ///
    /// # Errors
    /// `bad-params`, with all params that make no sense.
    pub fn check(&self) -> Result<(), TrainError> {
        let mut mistakes = self.mistakes();
        match mistakes.len() {
            0 => Ok(()),
            1 => Err(mistakes.remove(0)),
            _several => Err(TrainError::Several(mistakes)),
        }
    }

    fn mistakes(&self) -> Vec<TrainError> {
        let is_sound = |value: f64| value.is_finite() && value >= 0.0;
        let is_share = |value: f64| value > 0.0 && value < 1.0;
        let is_weight = |weight: &f64| weight.is_finite() && *weight > 0.0;
        let weights_are_sound = match &self.class_weights {
            Some(ClassWeights::Each(weights)) => weights.values().all(is_weight),
            Some(ClassWeights::Named(Balanced::Balanced)) | None => true,
        };
        let stopping = self.early_stopping.unwrap_or_default();
        let rules = [
            ("l2", self.l2.is_none_or(is_sound), "must be a number from 0"),
            ("tolerance", is_sound(self.tolerance), "must be a number from 0"),
            ("max_iter", self.max_iter != Some(0), "must be 1 or more"),
            ("learning_rate", self.learning_rate > 0.0 && self.learning_rate <= 1.0, "must be above 0 and at most 1"),
            ("class_weights", weights_are_sound, "must be numbers above 0"),
            ("max_leaves", self.max_leaves > 1, "must be 2 or more"),
            ("min_leaf_rows", self.min_leaf_rows > 0, "must be 1 or more"),
            ("early_stopping.fraction", is_share(stopping.fraction), "must lie between 0 and 1"),
            ("early_stopping.patience", stopping.patience > 0, "must be 1 or more"),
        ];
        let broken = rules.into_iter().filter(|(_, is_kept, _)| !is_kept);
        broken.map(|(param, _, why)| TrainError::params(param, why)).chain(self.idle()).collect()
    }

    /// Params that say nothing to the algorithm.
    fn idle(&self) -> impl Iterator<Item = TrainError> {
        let plain = Self::default();
        let of_trees = [
            ("early_stopping", self.early_stopping != plain.early_stopping),
            ("learning_rate", self.learning_rate != plain.learning_rate),
            ("max_leaves", self.max_leaves != plain.max_leaves),
            ("min_leaf_rows", self.min_leaf_rows != plain.min_leaf_rows),
        ];
        let of_lines = [("tolerance", self.tolerance != plain.tolerance)];
        let (others, who) = match self.algorithm {
            Algorithm::LogisticRegression => (of_trees.to_vec(), "logistic_regression"),
            Algorithm::LinearRegression => (of_trees.to_vec(), "linear_regression"),
            Algorithm::GradientBoostedTrees => (of_lines.to_vec(), "gradient_boosted_trees"),
        };
        let set = others.into_iter().filter(|(_, is_set)| *is_set);
        set.map(move |(param, _)| TrainError::params(param, format!("says nothing to `{who}`: leave it out")))
    }
}
