//! A prepared table from a Parquet file, whoever wrote it.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use parquet::basic::Type as PhysicalType;
use rustc_hash::FxHashMap;

use super::file::OpenFile;
use super::meaning::Meaning;
use super::values::wrong_type;
use super::{KEPT_KEY, ONE_HOT_KEY, ParquetFile, TARGET_KEY, TRANSFORM_KEY};
use crate::dataset::{Dataset, Labels, Target};
use crate::error::{DataError, check_distinct};
use crate::features::{Feature, FeatureSpec, Matrix};
use crate::notation::Notation;
use crate::table::{Column, TextBuilder, TextColumn, Wanted};
use crate::wording::{count, quoted};

/// Reads a prepared table. The target is `target`, or else what the file's metadata names; all other columns are features.
///
/// # Errors
/// No Parquet file, a compression other than Snappy, no target known or none of that name, a feature that is no number,
/// a gap, NaN or infinity, or no rows.
pub fn read_dataset(path: &Path, target: Option<&str>) -> Result<Dataset, DataError> {
    let file = OpenFile::open(path)?;
    let target_name = file.target_name(target)?;
    let target_place = file.place(&target_name)?;
    file.check_rows()?;
    let mut features = Matrix::with_rows(file.rows());
    let mut one_hot = file.one_hot()?;
    let kept = file.kept()?;
    let is_feature = |(place, name): &(usize, String)| *place != target_place && !kept.contains(name);
    for (place, name) in file.names().enumerate().filter(is_feature) {
        match one_hot.remove(&name) {
            Some(categories) => {
                let (codes, _) = file.codes(place, &categories)?;
                features.push_one_hot(name, categories, codes);
            }
            None => features.push(name, file.numbers(place)?),
        }
    }
    let target = file.target(target_place)?;
    Ok(Dataset { target_name, target, features })
}

/// Reads one column as a target, whatever the others are.
///
/// # Errors
/// As [`read_dataset`], but of that column only.
pub fn read_target(path: &Path, name: &str) -> Result<Target, DataError> {
    let file = OpenFile::open(path)?;
    let place = file.place(name)?;
    file.check_rows()?;
    file.target(place)
}

/// The names of a table's columns, in its order.
///
/// # Errors
/// It cannot be read, or is no Parquet file.
pub fn column_names(path: &Path) -> Result<Vec<String>, DataError> {
    Ok(OpenFile::open(path)?.names().collect())
}

/// What identifies the transformation that made a table; none if it is not said.
///
/// # Errors
/// It cannot be read, or is no Parquet file.
pub fn transform_of(path: &Path) -> Result<Option<String>, DataError> {
    Ok(OpenFile::open(path)?.recorded(TRANSFORM_KEY))
}

/// Reads the columns of a prepared table that are neither target nor feature.
///
/// # Errors
/// As [`ParquetFile::read`].
pub fn read_kept(path: &Path) -> Result<Vec<Column>, DataError> {
    let kept = OpenFile::open(path)?.kept()?;
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<_> = kept.into_iter().map(|name| Wanted { name, read_as: None }).collect();
    Ok(ParquetFile::open(path, Notation::default())?.read(&wanted)?.into_columns())
}

/// What a model gets of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// Its features, in its order.
    pub features: Matrix,
    /// Columns of categories in which there are texts that it does not know.
    pub unknown: Vec<Unknown>,
    /// Columns of categories in which no row has one.
    pub empty: Vec<String>,
}

/// Texts that are none of the categories that a model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The column's name.
    pub column: String,
    /// How many rows have one.
    pub rows: usize,
    /// The first of them, from 1.
    pub first_row: usize,
    /// What stands there.
    pub text: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, rows, first_row, text } = self;
        let (column, rows, text) = (quoted(column), count(*rows, "row"), quoted(text));
        write!(
            f,
            "column {column}: {rows} with a category that the model does not know, first {text} in row {first_row}"
        )
    }
}

/// Reads the columns that a model wants, whatever else is in the file: with its categories, in its order.
///
/// # Errors
/// No Parquet file, a compression other than Snappy, columns that are not there, a feature that is no number, a gap, NaN or
/// infinity, a column none of whose texts the model knows, or no rows.
pub fn read_features(path: &Path, wanted: &[FeatureSpec]) -> Result<Selected, DataError> {
    let file = OpenFile::open(path)?;
    let place = |spec: &FeatureSpec| file.names().position(|name| name == spec.column());
    let missing: Vec<_> =
        wanted.iter().filter(|spec| place(spec).is_none()).map(|spec| spec.column().to_owned()).collect();
    if !missing.is_empty() {
        return Err(DataError::FeaturesAbsent { missing });
    }
    file.check_rows()?;
    let mut selected = Selected { features: Matrix::with_rows(file.rows()), unknown: Vec::new(), empty: Vec::new() };
    for (spec, place) in wanted.iter().filter_map(|spec| Some((spec, place(spec)?))) {
        match spec {
            FeatureSpec::Number(name) => selected.features.push(name.clone(), file.numbers(place)?),
            FeatureSpec::OneHot { column, categories } => {
                let (codes, unknown) = file.codes(place, categories)?;
                let is_none_known = codes.iter().all(|code| *code == Feature::NO_CATEGORY);
                if let Some(Unknown { column, first_row: row, text, .. }) = unknown.clone().filter(|_| is_none_known) {
                    return Err(DataError::NoneKnown { column, row, text, categories: categories.clone() });
                }
                selected.empty.extend(is_none_known.then(|| column.clone()));
                selected.unknown.extend(unknown);
                selected.features.push_one_hot(column.clone(), categories.clone(), codes);
            }
        }
    }
    Ok(selected)
}

impl OpenFile {
    fn target_name(&self, asked: Option<&str>) -> Result<String, DataError> {
        asked
            .map(str::to_owned)
            .or_else(|| self.recorded(TARGET_KEY))
            .ok_or_else(|| DataError::TargetUnknown { columns: self.names().collect() })
    }

    fn place(&self, name: &str) -> Result<usize, DataError> {
        let absent = || DataError::ColumnAbsent { column: name.to_owned(), columns: self.names().collect() };
        self.names().position(|column| column == name).ok_or_else(absent)
    }

    fn check_rows(&self) -> Result<(), DataError> {
        if self.rows() == 0 { Err(DataError::NoRows) } else { Ok(()) }
    }

    /// The columns of categories, as `preprocess` records them.
    fn one_hot(&self) -> Result<HashMap<String, Vec<String>>, DataError> {
        let one_hot: HashMap<String, Vec<String>> = self.recorded_json(ONE_HOT_KEY)?;
        let is_twice = |categories: &Vec<String>| check_distinct(categories).is_err();
        match one_hot.iter().find(|(_, categories)| is_twice(categories)) {
            None => Ok(one_hot),
            Some((column, _)) => {
                let why = format!("a category of {} stands in it twice", quoted(column));
                Err(DataError::BadMetadata { key: ONE_HOT_KEY, why })
            }
        }
    }

    /// The columns that are neither target nor feature.
    fn kept(&self) -> Result<Vec<String>, DataError> {
        let kept: Vec<String> = self.recorded_json(KEPT_KEY)?;
        check_distinct(&kept).map_err(|error| DataError::BadMetadata { key: KEPT_KEY, why: error.to_string() })?;
        Ok(kept)
    }

    fn target(&self, place: usize) -> Result<Target, DataError> {
        let column = self.column(place);
        match Meaning::of(column) {
            Meaning::Text => self.labels(place).map(Target::Classes),
            Meaning::Number(_) => self.numbers(place).map(Target::Numbers),
            Meaning::Ticks { .. } | Meaning::Unknown => {
                Err(wrong_type(column, "a target must be text, true and false, or a number"))
            }
        }
    }

    /// A column of numbers, every one of them finite.
    fn numbers(&self, place: usize) -> Result<Vec<f64>, DataError> {
        let column = self.column(place);
        let is_number = match Meaning::of(column) {
            Meaning::Number(_) => true,
            Meaning::Text => column.physical_type() == PhysicalType::BOOLEAN,
            Meaning::Ticks { .. } | Meaning::Unknown => false,
        };
        if !is_number {
            let expected = "a feature must be a number: prepare the table with the plugin `preprocess` first";
            return Err(wrong_type(column, expected));
        }
        let mut values = Vec::with_capacity(self.room());
        let mut gap = None;
        self.each_number(place, |value| {
            if value.is_none() {
                gap.get_or_insert(values.len());
            }
            values.push(value.unwrap_or(f64::NAN));
        })?;
        let bad = |row, what| Err(DataError::BadValue { column: column.path().string(), row: row + 1, what });
        match (values.iter().position(|value| !value.is_finite()), gap) {
            (Some(row), Some(gap)) if row == gap => bad(row, "a gap"),
            (Some(row), _) => bad(row, "not a finite number"),
            (None, _) => Ok(values),
        }
    }

    /// A column of text or of true and false.
    fn labels(&self, place: usize) -> Result<Labels, DataError> {
        let mut builder = TextBuilder::default();
        self.each_text(place, |text| builder.push_bytes(text))?;
        let TextColumn { levels, mut codes } = builder.finish();
        if let Some(row) = codes.iter().position(|code| *code == TextColumn::GAP) {
            let column = self.column(place).path().string();
            return Err(DataError::BadValue { column, row: row + 1, what: "a gap" });
        }
        let met = Labels::new(&levels);
        codes.iter_mut().for_each(|code| *code = met.codes[*code as usize]);
        Ok(Labels { classes: met.classes, codes })
    }

    /// A column of text as codes of its categories, and its texts that are none of them.
    fn codes(&self, place: usize, categories: &[String]) -> Result<(Vec<u32>, Option<Unknown>), DataError> {
        let column = self.column(place);
        if Meaning::of(column) != Meaning::Text {
            return Err(wrong_type(column, "a category must be text"));
        }
        let places: FxHashMap<&[u8], u32> = categories.iter().map(String::as_bytes).zip(0..).collect();
        let mut codes = Vec::with_capacity(self.room());
        let mut unknown: Option<Unknown> = None;
        self.each_text(place, |text| {
            let code = text.and_then(|text| places.get(text).copied());
            codes.push(code.unwrap_or(Feature::NO_CATEGORY));
            let (Some(bytes), None) = (text, code) else { return true };
            let Ok(text) = std::str::from_utf8(bytes) else { return false };
            let first =
                || Unknown { column: column.path().string(), rows: 0, first_row: codes.len(), text: text.to_owned() };
            unknown.get_or_insert_with(first).rows += 1;
            true
        })?;
        Ok((codes, unknown))
    }
}
