//! The values of a column, row by row, whatever type they are stored as.

use parquet::basic::Type as PhysicalType;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use super::file::OpenFile;
use super::meaning::{Meaning, Number};
use crate::error::{DataError, Place};
use crate::limits::{CELL_MAX_BYTES, READ_BATCH_ROWS};
use crate::table::ColumnData;
use crate::wording::quoted;

impl OpenFile {
    /// Calls `each` with every row's number, or with nothing where there is none.
    ///
    /// # Errors
    /// The column is none of numbers, or cannot be read.
    pub(super) fn each_number(&self, place: usize, mut each: impl FnMut(Option<f64>)) -> Result<(), DataError> {
        let column = self.column(place);
        let of = match (Meaning::of(column), column.physical_type()) {
            (Meaning::Number(number), _) => number,
            // True and false, as 1 and 0.
            (Meaning::Text, PhysicalType::BOOLEAN) => Number::Plain,
            (Meaning::Text | Meaning::Ticks { .. } | Meaning::Unknown, _) => return Err(not_read(column)),
        };
        self.each_group(place, |reader| match reader {
            ColumnReader::DoubleColumnReader(reader) => Ok(each_row(reader, |value| each(value.copied()))),
            ColumnReader::FloatColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(|v| f64::from(*v))))),
            ColumnReader::Int32ColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(|v| of.of_i32(*v))))),
            ColumnReader::Int64ColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(|v| of.of_i64(*v))))),
            ColumnReader::BoolColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(|v| f64::from(*v))))),
            ColumnReader::ByteArrayColumnReader(reader) => {
                Ok(each_row(reader, |value| each(value.map(|v| of.of_bytes(v.data())))))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                Ok(each_row(reader, |value| each(value.map(|v| of.of_bytes(v.data())))))
            }
            ColumnReader::Int96ColumnReader(_) => Err(not_read(column)),
        })
    }

    /// Calls `each` with every row's whole number, exactly, or with nothing where there is none.
    ///
    /// # Errors
    /// The column is none of whole numbers, or cannot be read.
    pub(super) fn each_whole(&self, place: usize, mut each: impl FnMut(Option<i128>)) -> Result<(), DataError> {
        let column = self.column(place);
        let is_unsigned = Meaning::of(column) == Meaning::Number(Number::Unsigned);
        let of_32 = |value: &i32| if is_unsigned { value.cast_unsigned().into() } else { (*value).into() };
        let of_64 = |value: &i64| if is_unsigned { value.cast_unsigned().into() } else { (*value).into() };
        self.each_group(place, |reader| match reader {
            ColumnReader::Int32ColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(of_32)))),
            ColumnReader::Int64ColumnReader(reader) => Ok(each_row(reader, |value| each(value.map(of_64)))),
            ColumnReader::BoolColumnReader(_)
            | ColumnReader::Int96ColumnReader(_)
            | ColumnReader::FloatColumnReader(_)
            | ColumnReader::DoubleColumnReader(_)
            | ColumnReader::ByteArrayColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })
    }

    /// Calls `each` with every row's instant, in microseconds since 1970, or [`ColumnData::NO_TIME`].
    ///
    /// # Errors
    /// The column is none of instants, or cannot be read.
    pub(super) fn each_time(&self, place: usize, mut each: impl FnMut(i64)) -> Result<(), DataError> {
        let column = self.column(place);
        let meaning = Meaning::of(column);
        let time = |value: Option<i64>| value.map_or(ColumnData::NO_TIME, |value| meaning.time(value));
        self.each_group(place, |reader| match reader {
            ColumnReader::Int32ColumnReader(reader) => {
                Ok(each_row(reader, |value| each(time(value.map(|value| i64::from(*value))))))
            }
            ColumnReader::Int64ColumnReader(reader) => Ok(each_row(reader, |value| each(time(value.copied())))),
            ColumnReader::Int96ColumnReader(reader) => {
                Ok(each_row(reader, |value| each(value.map_or(ColumnData::NO_TIME, |value| value.to_micros()))))
            }
            ColumnReader::BoolColumnReader(_)
            | ColumnReader::FloatColumnReader(_)
            | ColumnReader::DoubleColumnReader(_)
            | ColumnReader::ByteArrayColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })
    }

    /// Calls `each` with every row's text, `true` or `false`; or with nothing where there is none. It says whether the bytes are UTF-8,
    /// which it need not look at where it knows them.
    ///
    /// # Errors
    /// The column is none of texts, has one that is too long or not UTF-8, or cannot be read.
    pub(super) fn each_text(&self, place: usize, mut each: impl FnMut(Option<&[u8]>) -> bool) -> Result<(), DataError> {
        let column = self.column(place);
        if Meaning::of(column) != Meaning::Text {
            return Err(not_read(column));
        }
        let (mut row, mut bad) = (0, None);
        self.each_group(place, |reader| match reader {
            ColumnReader::BoolColumnReader(reader) => {
                let text = |value: &bool| if *value { &b"true"[..] } else { b"false" };
                Ok(each_row(reader, |value| {
                    each(value.map(text));
                }))
            }
            ColumnReader::ByteArrayColumnReader(reader) => Ok(each_row(reader, |value| {
                row += 1;
                if value.is_some_and(|value| value.len() > CELL_MAX_BYTES) {
                    bad.get_or_insert((row, NoText::Huge));
                } else if !each(value.map(|value| value.data())) {
                    bad.get_or_insert((row, NoText::NotUtf8));
                }
            })),
            ColumnReader::Int32ColumnReader(_)
            | ColumnReader::Int64ColumnReader(_)
            | ColumnReader::Int96ColumnReader(_)
            | ColumnReader::FloatColumnReader(_)
            | ColumnReader::DoubleColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })?;
        let name = || column.path().string();
        match bad {
            None => Ok(()),
            Some((row, NoText::NotUtf8)) => Err(DataError::NotText { column: name(), row }),
            Some((row, NoText::Huge)) => Err(DataError::HugeCell {
                column: quoted(&name()),
                place: Place::Row(row),
                limit_bytes: CELL_MAX_BYTES,
            }),
        }
    }

    /// Reads a column, one row group after the other.
    fn each_group(
        &self,
        place: usize,
        mut read: impl FnMut(ColumnReader) -> Result<Result<usize, ParquetError>, DataError>,
    ) -> Result<(), DataError> {
        let mut rows = 0;
        for group in 0..self.metadata().num_row_groups() {
            rows += read(self.column_reader(group, place)?)?.map_err(|error| self.unreadable(error))?;
        }
        if rows == self.rows() { Ok(()) } else { Err(self.contradicts("a column has not as many rows as the file")) }
    }
}

/// Why bytes are no text.
#[derive(Clone, Copy)]
enum NoText {
    Huge,
    NotUtf8,
}

/// Calls `each` with the value of every row of one column in one row group. Gives how many they are.
fn each_row<D: DataType>(
    mut reader: ColumnReaderImpl<D>,
    mut each: impl FnMut(Option<&D::T>),
) -> Result<usize, ParquetError> {
    let mut rows = 0;
    let mut batch: Vec<D::T> = Vec::with_capacity(READ_BATCH_ROWS);
    let mut levels: Vec<i16> = Vec::with_capacity(READ_BATCH_ROWS);
    loop {
        batch.clear();
        levels.clear();
        let (records, _, _) = reader.read_records(READ_BATCH_ROWS, Some(&mut levels), None, &mut batch)?;
        if records == 0 {
            return Ok(rows);
        }
        rows += records;
        if batch.len() == records {
            batch.iter().for_each(|value| each(Some(value)));
            continue;
        }
        let mut values = batch.iter();
        // Level 0: nothing.
        levels.iter().for_each(|level| each(if *level == 0 { None } else { values.next() }));
    }
}

pub(super) fn wrong_type(column: &ColumnDescriptor, expected: &'static str) -> DataError {
    DataError::ColumnType { column: column.path().string(), kind: column.physical_type().to_string(), expected }
}

fn not_read(column: &ColumnDescriptor) -> DataError {
    wrong_type(column, "numbers, times, texts, and true and false are read")
}
