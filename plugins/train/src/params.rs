//! What a DAG may set.

use dagwood_sdk::{JsonSchema, schemars};
use serde::Deserialize;

use crate::error::TrainError;
use crate::limits::{L2, MAX_ITERATIONS, TOLERANCE};

/// What to train, and how.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What kind of model.
    pub algorithm: Algorithm,
    /// The column to predict. By default the one that the table names as its target, as those of `preprocess` do.
    pub target: Option<String>,
    /// Strength of the penalty on squared coefficients, 0 for none; scikit-learn's `1 / C`.
    #[schemars(range(min = 0))]
    pub l2: f64,
    /// Iterations after which training stops, converged or not.
    #[schemars(range(min = 1))]
    pub max_iter: usize,
    /// Training has converged when no part of the gradient is larger than this.
    #[schemars(range(min = 0))]
    pub tolerance: f64,
}

/// What kind of model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Logistic regression, for two classes or (multinomial) for more.
    #[default]
    LogisticRegression,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::LogisticRegression,
            target: None,
            l2: L2,
            max_iter: MAX_ITERATIONS,
            tolerance: TOLERANCE,
        }
    }
}

impl Params {
    /// Checks what a caller without a schema may have got wrong.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param.
    pub fn check(&self) -> Result<(), TrainError> {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        let wrong = |param, why| Err(TrainError::Params { param, why });
        match self {
            Self { l2, .. } if !sound(*l2) => wrong("l2", "must be a number from 0"),
            Self { tolerance, .. } if !sound(*tolerance) => wrong("tolerance", "must be a number from 0"),
            Self { max_iter: 0, .. } => wrong("max_iter", "must be 1 or more"),
            Self { .. } => Ok(()),
        }
    }
}
