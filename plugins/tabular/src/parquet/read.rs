//! A prepared table from a Parquet file, whoever wrote it.

use std::collections::HashMap;
use std::path::Path;

use parquet::basic::Type as PhysicalType;
use rustc_hash::FxHashMap;

use super::file::OpenFile;
use super::meaning::Meaning;
use super::values::wrong_type;
use super::{ONE_HOT_KEY, TARGET_KEY};
use crate::dataset::{Dataset, Labels, Target};
use crate::error::DataError;
use crate::features::{Feature, FeatureSpec, Matrix};

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
    let mut one_hot = file.one_hot();
    for (place, name) in file.names().enumerate().filter(|(place, _)| *place != target_place) {
        match one_hot.remove(&name) {
            Some(categories) => {
                let codes = file.codes(place, &categories)?;
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

/// Reads the columns that a model wants, whatever else is in the file: with its categories, in its order.
///
/// # Errors
/// No Parquet file, a compression other than Snappy, columns that are not there, a feature that is no number, a gap, NaN or
/// infinity, or no rows.
pub fn read_features(path: &Path, wanted: &[FeatureSpec]) -> Result<Matrix, DataError> {
    let file = OpenFile::open(path)?;
    let place = |spec: &FeatureSpec| file.names().position(|name| name == spec.column());
    let missing: Vec<_> =
        wanted.iter().filter(|spec| place(spec).is_none()).map(|spec| spec.column().to_owned()).collect();
    if !missing.is_empty() {
        return Err(DataError::FeaturesAbsent { missing });
    }
    file.check_rows()?;
    let mut features = Matrix::with_rows(file.rows());
    for (spec, place) in wanted.iter().filter_map(|spec| Some((spec, place(spec)?))) {
        match spec {
            FeatureSpec::Number(name) => features.push(name.clone(), file.numbers(place)?),
            FeatureSpec::OneHot { column, categories } => {
                let codes = file.codes(place, categories)?;
                features.push_one_hot(column.clone(), categories.clone(), codes);
            }
        }
    }
    Ok(features)
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

    /// Whether there are any, and they can be read.
    fn check_rows(&self) -> Result<(), DataError> {
        if self.rows() == 0 { Err(DataError::NoRows) } else { self.check_codecs() }
    }

    /// The columns of categories, as `preprocess` records them.
    fn one_hot(&self) -> HashMap<String, Vec<String>> {
        self.recorded(ONE_HOT_KEY).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
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
        let mut values = Vec::with_capacity(self.rows());
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
        let mut codes: Vec<u32> = Vec::with_capacity(self.rows());
        // In order of first appearance; a label is kept once, however many rows have it.
        let mut known: FxHashMap<Vec<u8>, u32> = FxHashMap::default();
        let mut gap = None;
        self.each_text(place, |text| {
            let Some(text) = text else {
                gap.get_or_insert(codes.len());
                return codes.push(0);
            };
            let code = match known.get(text) {
                Some(code) => *code,
                None => {
                    let code = known.len() as u32;
                    known.insert(text.to_vec(), code);
                    code
                }
            };
            codes.push(code);
        })?;
        if let Some(row) = gap {
            let column = self.column(place).path().string();
            return Err(DataError::BadValue { column, row: row + 1, what: "a gap" });
        }
        let mut texts = vec![String::new(); known.len()];
        known.into_iter().for_each(|(text, code)| texts[code as usize] = String::from_utf8_lossy(&text).into_owned());
        let met = Labels::new(&texts);
        codes.iter_mut().for_each(|code| *code = met.codes[*code as usize]);
        Ok(Labels { classes: met.classes, codes })
    }

    /// A column of text as codes of its categories.
    fn codes(&self, place: usize, categories: &[String]) -> Result<Vec<u32>, DataError> {
        let column = self.column(place);
        if Meaning::of(column) != Meaning::Text {
            return Err(wrong_type(column, "a category must be text"));
        }
        let places: FxHashMap<&[u8], u32> = categories.iter().map(String::as_bytes).zip(0..).collect();
        let mut codes = Vec::with_capacity(self.rows());
        let code = |text: &[u8]| places.get(text).copied().unwrap_or(Feature::NO_CATEGORY);
        self.each_text(place, |text| codes.push(text.map_or(Feature::NO_CATEGORY, code)))?;
        Ok(codes)
    }
}
