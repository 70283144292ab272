//! Why a model cannot be evaluated.

use dagwood_tabular::DataError;
use dagwood_tabular::wording::{listed, quoted};

/// Why a model cannot be evaluated. Another try with the same input ends the same way, unless an output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The model file or the table.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The table lacks the column that the model predicts.
    #[error("the model predicts a column that the table does not have")]
    TargetAbsent {
        /// The column and those that exist.
        source: DataError,
    },
    /// Numbers where the model has classes.
    #[error("the model tells classes apart, and the target {} is a number in this table", quoted(target))]
    TargetIsNumber {
        /// The target's name.
        target: String,
    },
    /// Classes where the model has a number.
    #[error("the model estimates a number, and the target {} is classes in this table", quoted(target))]
    TargetIsClasses {
        /// The target's name.
        target: String,
    },
    /// Two models that cannot be compared.
    #[error("the earlier model cannot be compared with this one: {why}")]
    OtherBaseline {
        /// Why.
        why: String,
    },
    /// The earlier model does not fit the rows.
    #[error("the earlier model, input `baseline`")]
    Baseline(#[source] Box<EvaluateError>),
    /// A param that makes no sense.
    #[error("the param `{param}` {why}")]
    Params {
        /// The param's name.
        param: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A class that the model has never seen.
    #[error(
        "row {row} is of the class {}, which the model does not know (it knows {}): it was trained on other data",
        quoted(class),
        listed(classes)
    )]
    UnknownClass {
        /// The first row of that class, from 1.
        row: usize,
        /// The class.
        class: String,
        /// The model's classes.
        classes: Vec<String>,
    },
    /// A model that is not good enough.
    #[error("the model is not good enough: {}", missed.join("; "))]
    NotGoodEnough {
        /// What it does not reach, one each.
        missed: Vec<String>,
    },
    /// Scores beyond what a number holds.
    #[error(
        "what the model says of row {row} is no number: the features are out of all proportion to those trained on"
    )]
    NotFinite {
        /// The first such row, from 1.
        row: usize,
    },
}

impl EvaluateError {
    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Data(error) => error.code(),
            Self::TargetAbsent { .. }
            | Self::TargetIsNumber { .. }
            | Self::TargetIsClasses { .. }
            | Self::UnknownClass { .. } => "model-data-mismatch",
            Self::OtherBaseline { .. } => "baseline-mismatch",
            Self::Baseline(error) => error.code(),
            Self::Params { .. } => "bad-params",
            Self::NotGoodEnough { .. } => "not-good-enough",
            Self::NotFinite { .. } => "not-finite",
        }
    }

    /// Whether another try may go better.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Data(error) if error.is_retryable())
    }
}
