//! What training answers.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use dagwood_tabular::model::{Estimator, Fit, Importance, Model};
use dagwood_tabular::wording::count;
use serde::Serialize;

use crate::limits::REPORTED_COLUMNS_MAX;
use crate::params::{Algorithm, Params};

/// The task's result.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// The objective at the end: mean log-loss and penalty, in nats, or half the mean squared error and penalty, in the target's unit
    /// squared; for trees the mean loss on the rows held back, if any.
    pub loss: f64,
    /// The mean log-loss on the training part alone, in nats; of classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<f64>,
    /// The share of the training rows that the model gets right, 0 to 1; of classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The root of the mean squared error on the training part, in the target's unit; of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmse: Option<f64>,
    /// The share of the target's variance in the training part that the model explains; of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Iterations taken.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
    /// Rows trained on.
    pub rows: usize,
    /// Classes told apart; none of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Features learnt from, each category counted.
    pub features: usize,
    /// For each column how much it counts, as a share of 1: by what splits on it gained, or by its coefficients times the deviation
    /// of its features; the twenty that count most.
    pub importance: BTreeMap<String, f64>,
}

/// The result, and what people should hear of.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The task's result.
    pub summary: Summary,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}

impl Summary {
    /// Of a trained model.
    pub fn new(model: &Model) -> Self {
        let training = &model.training;
        let (log_loss, accuracy, rmse, r2) = match training.fit {
            Fit::Classes { log_loss, accuracy } => (Some(log_loss), Some(accuracy), None, None),
            Fit::Number { rmse, r2 } => (None, None, Some(rmse), Some(r2)),
        };
        let importance = model.importance.iter().take(REPORTED_COLUMNS_MAX).cloned();
        Self {
            loss: training.loss,
            log_loss,
            accuracy,
            rmse,
            r2,
            iterations: training.iterations,
            converged: training.converged,
            rows: training.rows,
            classes: (!model.is_regression()).then_some(model.classes.len()),
            features: model.width(),
            importance: importance.map(|Importance { column, share }| (column, share)).collect(),
        }
    }
}

/// What people should hear of.
pub fn warnings(model: &Model, params: &Params) -> Vec<String> {
    if let Estimator::GradientBoostedTrees { rounds, .. } = &model.estimator
        && rounds.is_empty()
    {
        let why = match params.early_stopping {
            Some(_) => "none makes the loss on the rows held back less".to_owned(),
            None => format!("no split leaves {} rows on both sides and makes the loss less", params.min_leaf_rows),
        };
        return vec![format!(
            "nothing was learnt, for the model has no tree: {why}; lower `min_leaf_rows`, or add columns"
        )];
    }
    if model.training.converged {
        return Vec::new();
    }
    let iterations = count(model.training.losses.len().saturating_sub(1), "iteration");
    vec![match params.algorithm {
        Algorithm::LogisticRegression | Algorithm::LinearRegression => format!(
            "not converged after {iterations}: raise `max_iter` or `l2`, or let `preprocess` standardise the columns"
        ),
        Algorithm::GradientBoostedTrees => format!(
            "not stopped early: after {iterations} more trees might still help on the rows held back; raise `max_iter` or \
             `learning_rate`"
        ),
    }]
}
