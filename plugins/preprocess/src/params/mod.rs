//! What a DAG may set.

mod choices;
mod reading;

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Deserialize;

use crate::error::PreprocessError;
use crate::limits::{CATEGORIES_MAX, TEST_FRACTION};

pub use choices::{Coding, ColumnType, Constant, DatePart, Encode, HeaderParam, Missing, Policy, Scale, TargetKind};

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
    /// Columns that are no features and are kept beside them as they are, such as what names the rows: names or patterns. `evaluate`
    /// writes them beside its predictions.
    #[serde(default)]
    pub keep: Vec<String>,
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
    /// Cells that are gaps, beside those where nothing stands: texts without the space round them, or the numbers and times that they
    /// are. By default `NA`.
    #[serde(default = "missing_values")]
    pub missing_values: Vec<String>,
    /// How times are written, beside ISO 8601 such as `2001-01-31T06:30:00`: formats of strptime such as `%d.%m.%Y %H:%M`.
    #[serde(default)]
    pub time_formats: Vec<String>,
    /// How numbers are scaled.
    #[serde(default)]
    pub scale: Scale,
    /// How texts become features.
    #[serde(default)]
    pub encode: Encode,
    /// The most categories that a column may have that becomes a feature for each, after rare ones were put together.
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

impl Params {
    /// Params that predict `target` and leave all else as it is by default.
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            features: None,
            drop: Vec::new(),
            keep: Vec::new(),
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
            time_formats: Vec::new(),
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

    /// Checks what the schema cannot, or what a caller without a schema may have got wrong.
    ///
    /// # Errors
    /// `bad-params`, with the names of all params that make no sense.
    pub fn check(&self) -> Result<(), PreprocessError> {
        let is_share = self.test_fraction > 0.0 && self.test_fraction < 1.0;
        let stratify = self.stratify == Some(true);
        let rules = [
            ("test_fraction", is_share, "must lie between 0 and 1"),
            ("stratify", !(stratify && self.target_kind == Some(TargetKind::Numeric)), "needs a target of classes"),
            (
                "stratify",
                !(stratify && self.split_by.is_some()),
                "does not go with `split_by`: the latest rows are for testing",
            ),
            ("encode.min_count", self.encode.min_count > 0, "must be 1 or more"),
        ];
        let broken = rules.into_iter().filter(|(_, is_kept, _)| !is_kept);
        let broken = broken.map(|(param, _, why)| PreprocessError::params(param, why));
        PreprocessError::all(self.reading_mistakes().into_iter().chain(broken).collect())
    }
}

fn test_fraction() -> f64 {
    TEST_FRACTION
}

fn missing_values() -> Vec<String> {
    vec!["NA".to_owned()]
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
