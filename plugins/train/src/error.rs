//! Why a model cannot be trained.

use dagwood_tabular::DataError;
use dagwood_tabular::wording::{quoted, several};

/// Why a model cannot be trained. Another try with the same input ends the same way, unless the output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The table.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A param that makes no sense.
    #[error("the param `{param}` {why}")]
    Params {
        /// The param's name.
        param: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Several params that make no sense.
    #[error("{}", several(.0))]
    Several(Vec<TrainError>),
    /// Numbers where classes are needed.
    #[error(
        "the target {} is a number, and logistic regression needs classes: train `linear_regression` or \
         `gradient_boosted_trees`, or let `preprocess` make classes with `target_kind = \"categorical\"`",
        quoted(target)
    )]
    TargetIsNumber {
        /// The target's name.
        target: String,
    },
    /// Classes where a number is needed.
    #[error(
        "the target {} is classes, and linear regression estimates a number: train `logistic_regression` or \
         `gradient_boosted_trees`",
        quoted(target)
    )]
    TargetIsClasses {
        /// The target's name.
        target: String,
    },
    /// Nothing to estimate.
    #[error("the target {} is {value} in every row: there is nothing to learn", quoted(target))]
    OneValue {
        /// The target's name.
        target: String,
        /// Its only value.
        value: f64,
    },
    /// Nothing to tell apart.
    #[error("the target {} has one class only, {}: at least 2 are needed", quoted(target), quoted(class))]
    OneClass {
        /// The target's name.
        target: String,
        /// The only class.
        class: String,
    },
    /// A target that names its rows.
    #[error("the target {} has {classes} classes in {rows} rows: it names the rows, or is a number", quoted(target))]
    TooManyClasses {
        /// The target's name.
        target: String,
        /// How many classes it has.
        classes: usize,
        /// In how many rows.
        rows: usize,
    },
    /// A table with nothing but its target.
    #[error("the table has no column beside the target {}", quoted(target))]
    NoFeatures {
        /// The target's name.
        target: String,
    },
    /// More rows than sums of trees can hold.
    #[error(
        "the table has {rows} rows, and trees are trained on {limit} at most: let `preprocess` keep fewer for training"
    )]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// How many may be.
        limit: usize,
    },
    /// More scores than fit into memory.
    #[error(
        "trees keep a score for each row and class, and {rows} rows of {classes} classes are more than {limit}: train \
         `logistic_regression`, or let `preprocess` derive a target with fewer classes"
    )]
    TooManyScores {
        /// How many rows there are.
        rows: usize,
        /// How many classes.
        classes: usize,
        /// How many of both together may be.
        limit: usize,
    },
    /// More weights than the search for them has memory for.
    #[error(
        "{classes} classes of {features} features each are more than {limit} weights: let `preprocess` group rare categories \
         (`encode.min_count`) or code them by their place, or train `gradient_boosted_trees`"
    )]
    TooManyWeights {
        /// How many classes there are.
        classes: usize,
        /// How many features, each category counted.
        features: usize,
        /// How many weights there may be.
        limit: usize,
    },
    /// The objective is not a number at the very start.
    #[error("the features or the target are too large or too small to compute with: scale them first")]
    NotFinite,
}

impl TrainError {
    /// A param that makes no sense.
    pub fn params(param: &'static str, why: impl Into<String>) -> Self {
        Self::Params { param, why: why.into() }
    }

    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Data(error) => error.code(),
            Self::Params { .. } | Self::Several(_) => "bad-params",
            Self::TargetIsNumber { .. } => "target-is-number",
            Self::TargetIsClasses { .. } => "target-is-classes",
            Self::OneValue { .. } => "one-value",
            Self::OneClass { .. } => "one-class",
            Self::TooManyClasses { .. } => "too-many-classes",
            Self::NoFeatures { .. } => "no-features",
            Self::TooManyRows { .. } => "too-many-rows",
            Self::TooManyWeights { .. } => "too-many-weights",
            Self::TooManyScores { .. } => "too-many-scores",
            Self::NotFinite => "not-finite",
        }
    }

    /// Whether another try may go better.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Data(error) if error.is_retryable())
    }
}
