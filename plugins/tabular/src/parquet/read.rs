//! A prepared table from a Parquet file, whoever wrote it.

use std::path::Path;

use parquet::basic::{Compression, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::TARGET_KEY;
use super::source::SharedFile;
use crate::dataset::{Dataset, Labels, Matrix, Target};
use crate::error::DataError;
use crate::limits::READ_BATCH_ROWS;

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
    for (place, name) in file.names().enumerate().filter(|(place, _)| *place != target_place) {
        features.push(name, file.numbers(place)?);
    }
    let target = match file.column(target_place).physical_type() {
        PhysicalType::BYTE_ARRAY | PhysicalType::BOOLEAN => Target::Classes(file.labels(target_place)?),
        _ => Target::Numbers(file.numbers(target_place)?),
    };
    Ok(Dataset { target_name, target, features })
}

struct OpenFile<'a> {
    path: &'a Path,
    reader: SerializedFileReader<SharedFile>,
}

impl<'a> OpenFile<'a> {
    fn open(path: &'a Path) -> Result<Self, DataError> {
        let named = || path.display().to_string();
        let source = SharedFile::open(path).map_err(|source| DataError::Unreadable { file: named(), source })?;
        let reader =
            SerializedFileReader::new(source).map_err(|source| DataError::Parquet { file: named(), source })?;
        Ok(Self { path, reader })
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    fn rows(&self) -> usize {
        usize::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    fn columns(&self) -> &[parquet::schema::types::ColumnDescPtr] {
        self.metadata().file_metadata().schema_descr().columns()
    }

    fn column(&self, place: usize) -> &ColumnDescriptor {
        &self.columns()[place]
    }

    fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.columns().iter().map(|column| column.path().string())
    }

    fn target_name(&self, asked: Option<&str>) -> Result<String, DataError> {
        let recorded = || {
            let pairs = self.metadata().file_metadata().key_value_metadata()?;
            pairs.iter().find(|pair| pair.key == TARGET_KEY)?.value.clone()
        };
        asked
            .map(str::to_owned)
            .or_else(recorded)
            .ok_or_else(|| DataError::TargetUnknown { columns: self.names().collect() })
    }

    fn check_codecs(&self) -> Result<(), DataError> {
        let chunks = self.metadata().row_groups().iter().flat_map(|group| group.columns());
        for chunk in chunks {
            if !matches!(chunk.compression(), Compression::UNCOMPRESSED | Compression::SNAPPY) {
                let codec = chunk.compression().to_string();
                return Err(DataError::Codec { column: chunk.column_path().string(), codec });
            }
        }
        Ok(())
    }

    fn unreadable(&self, source: ParquetError) -> DataError {
        DataError::Parquet { file: self.path.display().to_string(), source }
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
        let mut texts: Vec<String> = Vec::with_capacity(self.rows());
        for group in 0..self.metadata().num_row_groups() {
            let read = match self.column_reader(group, place)? {
                ColumnReader::BoolColumnReader(reader) => append(reader, &mut texts, bool::to_string),
                ColumnReader::ByteArrayColumnReader(reader) => append(reader, &mut texts, text_of),
                ColumnReader::Int32ColumnReader(_)
                | ColumnReader::Int64ColumnReader(_)
                | ColumnReader::Int96ColumnReader(_)
                | ColumnReader::FloatColumnReader(_)
                | ColumnReader::DoubleColumnReader(_)
                | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                    return Err(wrong_type(column, "a class must be text"));
                }
            };
            self.settle(read, column, texts.len())?;
        }
        Ok(Labels::new(&texts))
    }

    fn column_reader(&self, group: usize, place: usize) -> Result<ColumnReader, DataError> {
        let column = self.column(place);
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err(wrong_type(column, "only flat columns are read, no lists and no structs"));
        }
        let group = self.reader.get_row_group(group).map_err(|error| self.unreadable(error))?;
        group.get_column_reader(place).map_err(|error| self.unreadable(error))
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
    mut reader: ColumnReaderImpl<D>,
    into: &mut Vec<V>,
    convert: impl Fn(&D::T) -> V,
) -> Result<Chunk, ParquetError> {
    let mut batch: Vec<D::T> = Vec::with_capacity(READ_BATCH_ROWS);
    let mut levels: Vec<i16> = Vec::with_capacity(READ_BATCH_ROWS);
    loop {
        batch.clear();
        levels.clear();
        let (records, _, _) = reader.read_records(READ_BATCH_ROWS, Some(&mut levels), None, &mut batch)?;
        if records == 0 {
            return Ok(Chunk::Whole);
        }
        let present = levels.iter().position(|level| *level == 0).filter(|_| batch.len() < records);
        into.extend(batch.iter().take(present.unwrap_or(records)).map(&convert));
        if present.is_some() {
            return Ok(Chunk::GapAfterRows);
        }
    }
}

fn text_of(value: &ByteArray) -> String {
    String::from_utf8_lossy(value.data()).into_owned()
}

fn wrong_type(column: &ColumnDescriptor, expected: &'static str) -> DataError {
    DataError::ColumnType { column: column.path().string(), kind: column.physical_type().to_string(), expected }
}
