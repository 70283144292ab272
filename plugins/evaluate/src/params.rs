//! What a DAG may set.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::{Deserialize, Serialize};

use crate::report::Summary;

/// What a model must reach. One that does not fails the task for good, with its figures.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Figures that must be at least so great: `{ accuracy = 0.9 }`.
    pub minimum: BTreeMap<Figure, f64>,
    /// Figures that must be at most so great: `{ log_loss = 0.5 }`.
    pub maximum: BTreeMap<Figure, f64>,
}

/// A figure of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The share of rows that the model gets right.
    Accuracy,
    /// The mean over the classes.
    Precision,
    /// The mean over the classes.
    Recall,
    /// The mean over the classes.
    F1,
    /// The area under the ROC curve.
    RocAuc,
    /// The area under the precision-recall curve.
    PrAuc,
    /// The mean log-loss.
    LogLoss,
    /// The Brier score.
    Brier,
}

impl Figure {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::RocAuc => "roc_auc",
            Self::PrAuc => "pr_auc",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
        }
    }

    /// What it is; none if these rows do not tell.
    fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Accuracy => Some(summary.accuracy),
            Self::Precision => Some(summary.precision),
            Self::Recall => Some(summary.recall),
            Self::F1 => Some(summary.f1),
            Self::RocAuc => summary.roc_auc,
            Self::PrAuc => summary.pr_auc,
            Self::LogLoss => Some(summary.log_loss),
            Self::Brier => Some(summary.brier),
        }
    }
}

impl Params {
    /// What the result does not reach, a line each.
    pub fn missed(&self, summary: &Summary) -> Vec<String> {
        let judge = |(figure, bound): (&Figure, &f64), is_minimum: bool| {
            let (name, word) = (figure.name(), if is_minimum { "least" } else { "most" });
            match figure.of(summary) {
                Some(found) if is_minimum && found >= *bound => None,
                Some(found) if !is_minimum && found <= *bound => None,
                Some(found) => Some(format!("{name} is {found:.4}, and must be at {word} {bound}")),
                None => Some(format!("{name} must be at {word} {bound}, and rows of one class alone do not tell it")),
            }
        };
        let minimum = self.minimum.iter().filter_map(|one| judge(one, true));
        minimum.chain(self.maximum.iter().filter_map(|one| judge(one, false))).collect()
    }
}
