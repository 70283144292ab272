//! Why a table cannot be prepared.

use dagwood_tabular::DataError;
use dagwood_tabular::error::Place;
use dagwood_tabular::wording::{count, listed, quoted, several};

/// Why a table cannot be prepared. Another try with the same input ends the same way, unless the output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PreprocessError {
    /// The file, or a column that the params name.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file that is no transformation.
    #[error("{file} is not a transformation that can be used: {why}")]
    NotATransform {
        /// The path as it was given.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Columns that the transformation needs and the file lacks.
    #[error("the table lacks {} that the transformation needs: {}", count(missing.len(), "column"), listed(missing))]
    ColumnsAbsent {
        /// Their names.
        missing: Vec<String>,
    },
    /// All rows are dropped.
    #[error("no row is left: all have a gap in a column whose gaps drop them ({gaps})")]
    NoRowsLeft {
        /// Which columns have the most.
        gaps: String,
    },
    /// What is left of the rows cannot be used.
    #[error("{source}; {} dropped before for gaps: {gaps}", count(*rows, "row"))]
    AfterGaps {
        /// How many were dropped.
        rows: usize,
        /// In which columns.
        gaps: String,
        /// What is wrong with the others.
        source: Box<PreprocessError>,
    },
    /// A target that is numbers but for some texts.
    #[error(
        "the target {} is numbers for the most part, but {place} holds {}: if that is a gap, add it to `missing_values`; if they \
         are classes, set `target_kind = \"categorical\"`",
        quoted(target),
        quoted(cell)
    )]
    TargetIsMixed {
        /// The target's name.
        target: String,
        /// Where the first text stands.
        place: Place,
        /// The text.
        cell: String,
    },
    /// A param that makes no sense.
    #[error("the param `{param}` {why}")]
    Params {
        /// The param's name.
        param: String,
        /// What is wrong with it.
        why: String,
    },
    /// Several things that are wrong with the params, or with how they fit the file.
    #[error("{}", several(.0))]
    Several(Vec<PreprocessError>),
    /// The target is not in the header.
    #[error("the target is not there{hint}")]
    TargetAbsent {
        /// What may be the reason, or nothing.
        hint: String,
        /// The column asked for and those that exist.
        source: DataError,
    },
    /// The target has gaps only, or there are too few rows to split.
    #[error(
        "{} with a value of the target {} and without a gap that drops them: at least 2 are needed, one for each part{}",
        count(*rows, "row"),
        quoted(target),
        if gaps.is_empty() { String::new() } else { format!("; gaps: {gaps}") }
    )]
    TooFewRows {
        /// The target's name.
        target: String,
        /// The rows that are left.
        rows: usize,
        /// Which columns that drop rows, or the target, have the most gaps.
        gaps: String,
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
    #[error(
        "the target {} has {classes} classes in {rows} rows; if it is a number, set `target_kind = \"numeric\"`, \
         if it names the rows, it cannot be predicted",
        quoted(target)
    )]
    TooManyClasses {
        /// The target's name.
        target: String,
        /// How many classes it has.
        classes: usize,
        /// In how many rows.
        rows: usize,
    },
    /// A text column taken for a number.
    #[error("the target {} is text and cannot be a number", quoted(target))]
    TargetIsText {
        /// The target's name.
        target: String,
    },
    /// A time taken for a target.
    #[error(
        "the target {} is a time and cannot be predicted: `derive` makes a number or a class of it",
        quoted(target)
    )]
    TargetIsTime {
        /// The target's name.
        target: String,
    },
    /// All rows have the same time.
    #[error("the rows cannot be split by {}: all have the same time", quoted(column))]
    OneTime {
        /// The column's name.
        column: String,
    },
    /// One-hot coding would make too many columns.
    #[error(
        "column {} has {} in the training part, and at most {limit} become columns: leave it out with `drop`, or raise \
         `max_categories`", quoted(column), count(*categories, "different text")
    )]
    TooManyCategories {
        /// The column's name.
        column: String,
        /// How many categories it has.
        categories: usize,
        /// How many it may have.
        limit: usize,
    },
    /// No column is left to learn from.
    #[error("no feature is left: {why}")]
    NoFeatures {
        /// What became of them.
        why: String,
    },
    /// Two features of the same name.
    #[error("two features would be named {}: rename the column", listed(&[name]))]
    NameTwice {
        /// The name.
        name: String,
    },
}

impl PreprocessError {
    /// A param that makes no sense.
    pub fn params(param: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Params { param: param.into(), why: why.into() }
    }

    /// Nothing, the only mistake, or all of them.
    ///
    /// # Errors
    /// There is one.
    pub fn all(mut mistakes: Vec<Self>) -> Result<(), Self> {
        match mistakes.len() {
            0 => Ok(()),
            1 => Err(mistakes.remove(0)),
            _several => Err(Self::Several(mistakes)),
        }
    }

    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Data(error) => error.code(),
            Self::NotATransform { .. } => "not-a-transform",
            Self::ColumnsAbsent { .. } => "transform-data-mismatch",
            Self::NoRowsLeft { .. } => "too-few-rows",
            Self::Params { .. } => "bad-params",
            Self::AfterGaps { source, .. } => source.code(),
            Self::TargetIsMixed { .. } => "target-is-mixed",
            Self::Several(mistakes) => mistakes.first().map_or("bad-params", Self::code),
            Self::TargetAbsent { .. } => "absent-target",
            Self::TooFewRows { .. } => "too-few-rows",
            Self::OneClass { .. } => "one-class",
            Self::TooManyClasses { .. } => "too-many-classes",
            Self::TargetIsText { .. } => "target-is-text",
            Self::TargetIsTime { .. } => "target-is-time",
            Self::OneTime { .. } => "one-time",
            Self::TooManyCategories { .. } => "too-many-categories",
            Self::NoFeatures { .. } => "no-features",
            Self::NameTwice { .. } => "duplicate-feature",
        }
    }

    /// Whether another try may go better.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Data(error) if error.is_retryable())
    }
}
