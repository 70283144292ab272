//! What a DAG may set.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use dagwood_tabular::csv::{self, CsvOptions, Header};
use dagwood_tabular::wording::quoted;
use dagwood_tabular::{ColumnData, Kind};
use serde::{Deserialize, Serialize};

use crate::error::PreprocessError;
use crate::limits::{CATEGORIES_MAX, TEST_FRACTION};

/// Which column to predict, from which others, and how the table is made ready.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The column to predict.
    pub target: String,
    /// The columns to predict from: names, or patterns such as `bill_*`. By default all others, without those that merely number or
    /// name the rows, times, and what the target is made of.
    #[serde(default)]
    pub features: Option<Vec<String>>,
    /// Columns to leave out: names or patterns.
    #[serde(default)]
    pub drop: Vec<String>,
    /// What columns hold, by name or pattern, where it is not what their cells look like: a postcode is a category.
    #[serde(default)]
    pub types: BTreeMap<String, ColumnType>,
    /// What is taken out of times, by name or pattern of the column: `{ date = ["hour", "weekday"] }` makes the columns
    /// `date_hour` and `date_weekday`.
    #[serde(default)]
    pub date_parts: BTreeMap<String, Vec<DatePart>>,
    /// New columns, each by an expression over the others: `{ late = "delay > 15" }`. Where one of them is a gap, so is it.
    #[serde(default)]
    pub derive: BTreeMap<String, String>,
    /// Whether the target is a class or a number. By default it is a class if it is text, or at most 20 different whole numbers.
    #[serde(default)]
    pub target_kind: Option<TargetKind>,
    /// The share of rows kept for testing, between 0 and 1.
    #[serde(default = "test_fraction")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub test_fraction: f64,
    /// A column of times: the latest rows are for testing. By default rows are chosen at random.
    #[serde(default)]
    pub split_by: Option<String>,
    /// Decides which rows are for testing. By default the task's own seed.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether every class has the same share in both parts. By default yes, if the target is a class.
    #[serde(default)]
    pub stratify: Option<bool>,
    /// What becomes of gaps among the features. Rows without a target are always dropped.
    #[serde(default)]
    pub missing: Missing,
    /// Cells that are gaps.
    #[serde(default = "missing_values")]
    pub missing_values: Vec<String>,
    /// How numbers are scaled.
    #[serde(default)]
    pub scale: Scale,
    /// How texts become features.
    #[serde(default)]
    pub encode: Encode,
    /// The most categories that a column may have, after rare ones were put together: each becomes a feature of its own.
    #[serde(default = "max_categories")]
    #[schemars(range(min = 2))]
    pub max_categories: usize,
    /// Whether a profile of the data is written: what each column holds, as JSON and as a picture.
    #[serde(default = "yes")]
    pub profile: bool,
    /// The one character between two cells of a CSV file.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: String,
    /// The one character round a cell of a CSV file that holds delimiters or lines; empty if there is none.
    #[serde(default = "double_quote")]
    #[schemars(length(max = 1))]
    pub quote: String,
    /// What a CSV file is encoded in, such as `windows-1252`, if it has no byte order mark.
    #[serde(default = "utf_8")]
    pub encoding: String,
    /// Whether a CSV file has a line with the columns' names; or their names, if it has none. Without any they are `column_1` and so
    /// on.
    #[serde(default)]
    pub header: HeaderParam,
}

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

impl Params {
    /// Params that predict `target` and leave all else as it is by default.
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            features: None,
            drop: Vec::new(),
            types: BTreeMap::new(),
            date_parts: BTreeMap::new(),
            derive: BTreeMap::new(),
            target_kind: None,
            test_fraction: test_fraction(),
            split_by: None,
            seed: None,
            stratify: None,
            missing: Missing::default(),
            missing_values: missing_values(),
            scale: Scale::default(),
            encode: Encode::default(),
            max_categories: max_categories(),
            profile: yes(),
            delimiter: comma(),
            quote: double_quote(),
            encoding: utf_8(),
            header: HeaderParam::default(),
        }
    }

    /// The params that are not as they are by default, beside the target and those that say how a file is read, by name.
    pub fn set(&self) -> Vec<&'static str> {
        let plain = Self::new(&self.target);
        [
            ("features", self.features != plain.features),
            ("drop", self.drop != plain.drop),
            ("types", self.types != plain.types),
            ("date_parts", self.date_parts != plain.date_parts),
            ("derive", self.derive != plain.derive),
            ("target_kind", self.target_kind != plain.target_kind),
            ("test_fraction", self.test_fraction != plain.test_fraction),
            ("split_by", self.split_by != plain.split_by),
            ("seed", self.seed != plain.seed),
            ("stratify", self.stratify != plain.stratify),
            ("missing", self.missing != plain.missing),
            ("scale", self.scale != plain.scale),
            ("encode", self.encode != plain.encode),
            ("max_categories", self.max_categories != plain.max_categories),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
    }

    /// How a CSV file is read.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param: a delimiter or quote that is not one ASCII character, or cannot be one; an encoding
    /// that nobody knows.
    pub fn csv_options(&self) -> Result<CsvOptions, PreprocessError> {
        let byte = |text: &str| match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Some(*byte),
            _ => None,
        };
        let wrong = |param: &str, why: &str| PreprocessError::params(param, why);
        let must = "must be one ASCII character, such as \",\", \";\" or \"\\t\"";
        let delimiter = byte(&self.delimiter).ok_or_else(|| wrong("delimiter", must))?;
        let quote = match &*self.quote {
            "" => None,
            quote => Some(byte(quote).ok_or_else(|| wrong("quote", "must be one ASCII character, or empty"))?),
        };
        if quote == Some(delimiter) {
            return Err(wrong("delimiter", "must not be the `quote`"));
        }
        let encoding = csv::encoding(&self.encoding).ok_or_else(|| {
            let name = quoted(&self.encoding);
            PreprocessError::params(
                "encoding",
                format!("{name} is none that is known: it is named as on the web, such as `windows-1252`"),
            )
        })?;
        let header = match &self.header {
            HeaderParam::IsThere(true) => Header::FirstLine,
            HeaderParam::IsThere(false) => Header::Places,
            HeaderParam::Names(names) => Header::Names(names.clone()),
        };
        Ok(CsvOptions { delimiter, quote, encoding, header, missing_values: self.missing_values.clone() })
    }

    /// Checks what the schema cannot, or what a caller without a schema may have got wrong.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param.
    pub fn check(&self) -> Result<(), PreprocessError> {
        self.csv_options()?;
        if !(self.test_fraction > 0.0 && self.test_fraction < 1.0) {
            return Err(PreprocessError::params("test_fraction", "must lie between 0 and 1"));
        }
        if self.stratify == Some(true) && self.target_kind == Some(TargetKind::Numeric) {
            return Err(PreprocessError::params("stratify", "needs a target of classes"));
        }
        if self.stratify == Some(true) && self.split_by.is_some() {
            return Err(PreprocessError::params(
                "stratify",
                "does not go with `split_by`: the latest rows are for testing",
            ));
        }
        if self.encode.min_count == 0 {
            return Err(PreprocessError::params("encode.min_count", "must be 1 or more"));
        }
        Ok(())
    }
}

fn test_fraction() -> f64 {
    TEST_FRACTION
}

fn missing_values() -> Vec<String> {
    vec![String::new(), "NA".to_owned()]
}

fn max_categories() -> usize {
    CATEGORIES_MAX
}

fn yes() -> bool {
    true
}

fn double_quote() -> String {
    "\"".to_owned()
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

fn comma() -> String {
    ",".to_owned()
}
