//! What single params may say.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use dagwood_tabular::{ColumnData, Kind};
use serde::{Deserialize, Serialize};

/// Where the columns' names come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HeaderParam {
    /// Whether the first line is names.
    IsThere(bool),
    /// The names.
    Names(Vec<String>),
}

impl Default for HeaderParam {
    fn default() -> Self {
        Self::IsThere(true)
    }
}

/// What a target holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Classes, to be told apart.
    Categorical,
    /// Numbers, to be estimated.
    Numeric,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Numbers.
    Number,
    /// Categories, also where they are numbers.
    Category,
    /// Times: `2001-01-31`, `2001-01-31T06:30:00`, with an offset or without.
    Time,
}

impl ColumnType {
    /// As what a column of it is read.
    pub fn kind(self) -> Kind {
        match self {
            Self::Number => Kind::Number,
            Self::Category => Kind::Text,
            Self::Time => Kind::Time,
        }
    }

    /// What a column that was read holds.
    pub fn of(data: &ColumnData) -> Self {
        match data {
            ColumnData::Number(_) => Self::Number,
            ColumnData::Text(_) => Self::Category,
            ColumnData::Time(_) => Self::Time,
        }
    }
}

/// What is taken out of a time. Those that go round give two columns, sine and cosine, so that the last is next to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatePart {
    /// Such as 2001.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The ISO week, 1 to 53.
    Week,
    /// 1 to 31.
    Day,
    /// 1 to 366.
    DayOfYear,
    /// 0 (Monday) to 6.
    Weekday,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// The month, going round.
    MonthCyclic,
    /// The day of the year, going round.
    DayOfYearCyclic,
    /// The day of the week, going round.
    WeekdayCyclic,
    /// The time of day to the minute, going round.
    HourCyclic,
}

/// How numbers are scaled, by what the training part has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// To mean 0 and standard deviation 1.
    #[default]
    Standard,
    /// To 0 for the smallest and 1 for the largest.
    MinMax,
    /// Not at all.
    None,
}

/// How texts become features.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Encode {
    /// All but those named below.
    pub categories: Coding,
    /// Columns by name or pattern.
    pub columns: BTreeMap<String, Coding>,
    /// A category with fewer rows in the training part is put together with other such ones, as `(rare)`; so is one that was not
    /// seen there.
    #[schemars(range(min = 1))]
    pub min_count: usize,
}

/// How a text becomes features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// A feature for each category, 1 in its rows and 0 elsewhere; a category that was not seen in training is 0 in all.
    #[default]
    OneHot,
    /// One feature: the category's place among the others, by code point, from 0; -1 for one that was not seen in training.
    Ordinal,
}

impl Default for Encode {
    fn default() -> Self {
        Self { categories: Coding::OneHot, columns: BTreeMap::new(), min_count: 1 }
    }
}

/// What becomes of gaps, by kind of column, and for single columns.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Missing {
    /// In columns of numbers.
    pub numeric: Policy,
    /// In columns of text.
    pub categorical: Policy,
    /// In columns named here, by name or pattern, instead.
    pub columns: BTreeMap<String, Policy>,
}

/// What becomes of a gap. Statistics are those of the training part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Filled with the column's mean; for numbers only.
    Mean,
    /// Filled with the column's median; for numbers only.
    Median,
    /// Filled with the most frequent value; of several the first in order.
    Mode,
    /// The row is dropped.
    Drop,
    /// Filled with this value.
    Constant(Constant),
}

/// A value to fill with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Constant {
    /// For a column of numbers.
    Number(f64),
    /// For a column of text.
    Text(String),
}

impl Default for Missing {
    fn default() -> Self {
        Self { numeric: Policy::Mean, categorical: Policy::Mode, columns: BTreeMap::new() }
    }
}
