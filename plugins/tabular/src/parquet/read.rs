//! A prepared table from a Parquet file, whoever wrote it.

use std::collections::HashMap;
use std::path::Path;

use parquet::basic::Type as PhysicalType;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;
use rustc_hash::FxHashMap;

use super::file::{OpenFile, append_or, for_each_batch, wrong_type};
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
    let target_place = file
        .names()
        .position(|name| name == target_name)
        .ok_or_else(|| DataError::ColumnAbsent { column: target_name.clone(), columns: file.names().collect() })?;
    if file.rows() == 0 {
        return Err(DataError::NoRows);
    }
    file.check_codecs()?;
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
    let target = match file.column(target_place).physical_type() {
        PhysicalType::BYTE_ARRAY | PhysicalType::BOOLEAN => Target::Classes(file.labels(target_place)?),
        _ => Target::Numbers(file.numbers(target_place)?),
    };
    Ok(Dataset { target_name, target, features })
}

/// Reads the columns that a model wants, whatever else is in the file: with its categories, in its order.
///
/// # Errors
/// No Parquet file, a compression other than Snappy, columns that are not there, a feature that is no number, a gap, NaN or
/// infinity, or no rows.
pub fn read_features(path: &Path, wanted: &[FeatureSpec]) -> Result<Matrix, DataError> {
    let file = OpenFile::open(path)?;
    file.check_codecs()?;
    let place = |spec: &FeatureSpec| file.names().position(|name| name == spec.column());
    let missing: Vec<_> =
        wanted.iter().filter(|spec| place(spec).is_none()).map(|spec| spec.column().to_owned()).collect();
    if !missing.is_empty() {
        return Err(DataError::FeaturesAbsent { missing });
    }
    if file.rows() == 0 {
        return Err(DataError::NoRows);
    }
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

    /// The columns of categories, as `preprocess` records them.
    fn one_hot(&self) -> HashMap<String, Vec<String>> {
        self.recorded(ONE_HOT_KEY).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// A column of numbers, every one of them finite.
    fn numbers(&self, place: usize) -> Result<Vec<f64>, DataError> {
        let column = self.column(place);
        let expected = "a feature must be a number: prepare the table with the plugin `preprocess` first";
        let mut values = Vec::with_capacity(self.rows());
        for group in 0..self.metadata().num_row_groups() {
            let read = match self.column_reader(group, place)? {
                ColumnReader::DoubleColumnReader(reader) => append(reader, &mut values, |value| *value),
                ColumnReader::FloatColumnReader(reader) => append(reader, &mut values, |value| f64::from(*value)),
                ColumnReader::Int32ColumnReader(reader) => append(reader, &mut values, |value| f64::from(*value)),
                ColumnReader::Int64ColumnReader(reader) => append(reader, &mut values, |value| *value as f64),
                ColumnReader::BoolColumnReader(reader) => append(reader, &mut values, |value| f64::from(*value)),
                ColumnReader::Int96ColumnReader(_)
                | ColumnReader::ByteArrayColumnReader(_)
                | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                    return Err(wrong_type(column, expected));
                }
            };
            self.settle(read, column, values.len())?;
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(row) => {
                Err(DataError::BadValue { column: column.path().string(), row: row + 1, what: "not a finite number" })
            }
        }
    }

    /// A column of text or of true and false.
    fn labels(&self, place: usize) -> Result<Labels, DataError> {
        let column = self.column(place);
        let mut codes: Vec<u32> = Vec::with_capacity(self.rows());
        // In order of first appearance; a label is kept once, however many rows have it.
        let mut known: FxHashMap<Vec<u8>, u32> = FxHashMap::default();
        let mut label = |value: &[u8]| match known.get(value) {
            Some(code) => *code,
            None => {
                let code = known.len() as u32;
                known.insert(value.to_vec(), code);
                code
            }
        };
        for group in 0..self.metadata().num_row_groups() {
            let read = match self.column_reader(group, place)? {
                ColumnReader::BoolColumnReader(reader) => {
                    append(reader, &mut codes, |value| label(value.to_string().as_bytes()))
                }
                ColumnReader::ByteArrayColumnReader(reader) => append(reader, &mut codes, |value| label(value.data())),
                ColumnReader::Int32ColumnReader(_)
                | ColumnReader::Int64ColumnReader(_)
                | ColumnReader::Int96ColumnReader(_)
                | ColumnReader::FloatColumnReader(_)
                | ColumnReader::DoubleColumnReader(_)
                | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                    return Err(wrong_type(column, "a class must be text"));
                }
            };
            self.settle(read, column, codes.len())?;
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
        let places: FxHashMap<&[u8], u32> = categories.iter().map(String::as_bytes).zip(0..).collect();
        let mut codes = Vec::with_capacity(self.rows());
        for group in 0..self.metadata().num_row_groups() {
            let ColumnReader::ByteArrayColumnReader(reader) = self.column_reader(group, place)? else {
                return Err(wrong_type(column, "a category must be text"));
            };
            let code = |value: &ByteArray| places.get(value.data()).copied().unwrap_or(Feature::NO_CATEGORY);
            append_or(reader, &mut codes, Feature::NO_CATEGORY, code).map_err(|error| self.unreadable(error))?;
        }
        Ok(codes)
    }

    fn settle(
        &self,
        read: Result<Chunk, ParquetError>,
        column: &ColumnDescriptor,
        rows: usize,
    ) -> Result<(), DataError> {
        match read.map_err(|error| self.unreadable(error))? {
            Chunk::Whole => Ok(()),
            Chunk::GapAfterRows => {
                Err(DataError::BadValue { column: column.path().string(), row: rows + 1, what: "a gap" })
            }
        }
    }
}

/// How a column's part in one row group ended.
enum Chunk {
    Whole,
    /// The row after those read holds nothing.
    GapAfterRows,
}

/// Appends the values of one column in one row group, up to its first gap.
fn append<D: DataType, V>(
    reader: ColumnReaderImpl<D>,
    into: &mut Vec<V>,
    mut convert: impl FnMut(&D::T) -> V,
) -> Result<Chunk, ParquetError> {
    let mut ended = Chunk::Whole;
    for_each_batch(reader, |batch: &[D::T], levels| {
        let records = if levels.is_empty() { batch.len() } else { levels.len() };
        let gap = levels.iter().position(|level| *level == 0).filter(|_| batch.len() < records);
        into.extend(batch.iter().take(gap.unwrap_or(records)).map(&mut convert));
        if gap.is_some() {
            ended = Chunk::GapAfterRows;
        }
        gap.is_none()
    })?;
    Ok(ended)
}
