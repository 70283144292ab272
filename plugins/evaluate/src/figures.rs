//! The figures that sum a model up, by name.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::{Deserialize, Serialize};

/// How good a model is. Shares are from 0 to 1. What does not apply, or what the rows do not tell, is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    /// The share of rows that the model gets right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Mean over the classes: of the rows taken for a class, the share that is of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Mean over the classes: of the rows of a class, the share taken for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// Mean over the classes: the harmonic mean of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f1: Option<f64>,
    /// The chance that a row of a class has the greater probability of it than one of another: with two classes of the second, with
    /// more the mean over the classes. None if all rows are of one class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roc_auc: Option<f64>,
    /// The mean precision over the rows of a class, from the most probable on; with more than two classes their mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_auc: Option<f64>,
    /// Mean log-loss in nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<f64>,
    /// The mean squared distance between the probabilities and the truth, 0 to 1; with more than two classes to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// The root of the mean squared error, in the target's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmse: Option<f64>,
    /// The mean of the errors' sizes, in the target's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mae: Option<f64>,
    /// The share of the target's variance that the model explains; at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
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
    /// The root of the mean squared error.
    Rmse,
    /// The mean absolute error.
    Mae,
    /// The share of the variance that is explained.
    R2,
}

/// A figure of an earlier model, beside this one's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Compared {
    /// The earlier model's.
    pub baseline: f64,
    /// This model's, less the earlier one's.
    pub difference: f64,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Accuracy,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::RocAuc,
        Self::PrAuc,
        Self::LogLoss,
        Self::Brier,
        Self::Rmse,
        Self::Mae,
        Self::R2,
    ];

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
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::R2 => "r2",
        }
    }

    /// Whether less of it is better.
    pub fn is_error(self) -> bool {
        match self {
            Self::LogLoss | Self::Brier | Self::Rmse | Self::Mae => true,
            Self::Accuracy | Self::Precision | Self::Recall | Self::F1 | Self::RocAuc | Self::PrAuc | Self::R2 => false,
        }
    }

    /// What it is; none if it does not apply, or these rows do not tell it.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::Accuracy => figures.accuracy,
            Self::Precision => figures.precision,
            Self::Recall => figures.recall,
            Self::F1 => figures.f1,
            Self::RocAuc => figures.roc_auc,
            Self::PrAuc => figures.pr_auc,
            Self::LogLoss => figures.log_loss,
            Self::Brier => figures.brier,
            Self::Rmse => figures.rmse,
            Self::Mae => figures.mae,
            Self::R2 => figures.r2,
        }
    }
}

/// Every figure that both models have.
pub fn compare(model: &Figures, baseline: &Figures) -> BTreeMap<Figure, Compared> {
    let both = |figure: Figure| {
        let (own, baseline) = (figure.of(model)?, figure.of(baseline)?);
        Some((figure, Compared { baseline, difference: own - baseline }))
    };
    Figure::ALL.into_iter().filter_map(both).collect()
}
