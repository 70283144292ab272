//! Any flat table from a Parquet file, whoever wrote it, a batch of rows at a time.
//!
//! Numbers of every width are numbers, decimals that are whole numbers underneath too (others are not read yet); timestamps and dates are times; texts, and true and false, are texts. A null is
//! a gap, and so is NaN, which is how pandas writes one.

use std::fmt;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as PhysicalType};
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use super::file::{OpenFile, append_or, wrong_type};
use crate::convert::read_as;
use crate::error::DataError;
use crate::table::{Column, ColumnData, Table, TextBuilder, TextColumn, Wanted};

const MICROSECONDS_OF_A_DAY: i64 = 24 * 3_600 * 1_000_000;

/// A Parquet file whose columns are known.
pub struct ParquetFile {
    file: OpenFile,
    header: Vec<String>,
}

impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("header", &self.header).finish_non_exhaustive()
    }
}

/// What the values of a column mean.
#[derive(Clone, Copy)]
enum Meaning {
    /// A number, to be divided by this power of ten.
    Number {
        scale: i32,
    },
    /// An instant, of which so many make a microsecond, or a microsecond so many.
    Ticks {
        per_microsecond: i64,
        microseconds: i64,
    },
    Text,
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        let ticks = |per_microsecond, microseconds| Self::Ticks { per_microsecond, microseconds };
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(timestamp)), _) => match timestamp.unit {
                TimeUnit::MILLIS => ticks(1, 1_000),
                TimeUnit::MICROS => ticks(1, 1),
                TimeUnit::NANOS => ticks(1_000, 1),
            },
            (None, ConvertedType::TIMESTAMP_MILLIS) => ticks(1, 1_000),
            (None, ConvertedType::TIMESTAMP_MICROS) => ticks(1, 1),
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => ticks(1, MICROSECONDS_OF_A_DAY),
            _ => match column.physical_type() {
                PhysicalType::INT96 => ticks(1_000, 1),
                PhysicalType::BYTE_ARRAY | PhysicalType::BOOLEAN => Self::Text,
                PhysicalType::INT32
                | PhysicalType::INT64
                | PhysicalType::FLOAT
                | PhysicalType::DOUBLE
                | PhysicalType::FIXED_LEN_BYTE_ARRAY => Self::Number { scale: scale(column) },
            },
        }
    }

    fn number(self, value: f64) -> f64 {
        match self {
            Self::Number { scale } if scale != 0 => value / 10_f64.powi(scale),
            Self::Number { .. } | Self::Ticks { .. } | Self::Text => value,
        }
    }

    fn time(self, value: i64) -> i64 {
        match self {
            Self::Ticks { per_microsecond, microseconds } => {
                value.div_euclid(per_microsecond).checked_mul(microseconds).unwrap_or(ColumnData::NO_TIME)
            }
            Self::Number { .. } | Self::Text => value,
        }
    }
}

/// Places behind the point of a decimal; 0 for any other number.
fn scale(column: &ColumnDescriptor) -> i32 {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(decimal)), _) => decimal.scale,
        (None, ConvertedType::DECIMAL) => column.type_scale(),
        _ => 0,
    }
}

/// Whether its whole numbers have no sign.
fn is_unsigned(column: &ColumnDescriptor) -> bool {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Integer(integer)), _) => !integer.is_signed,
        (None, converted) => matches!(
            converted,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        ),
        (Some(_), _) => false,
    }
}

impl ParquetFile {
    /// Opens a file and looks at its columns.
    ///
    /// # Errors
    /// It cannot be read, is no Parquet file, or is compressed otherwise than with Snappy.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = OpenFile::open(path)?;
        file.check_codecs()?;
        let header = file.names().collect();
        Ok(Self { file, header })
    }

    /// The columns' names, in the file's order.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the columns wanted, in the order given.
    ///
    /// # Errors
    /// A column that is not there, that is a list or a struct or of a type that is not read, that has an infinity, or that cannot
    /// be read as what it is wanted as; or no rows at all.
    pub fn read(&self, wanted: &[Wanted]) -> Result<Table, DataError> {
        if self.file.rows() == 0 {
            return Err(DataError::NoRows);
        }
        let column =
            |wanted: &Wanted| {
                let place = self.header.iter().position(|name| *name == wanted.name).ok_or_else(|| {
                    DataError::ColumnAbsent { column: wanted.name.clone(), columns: self.header.clone() }
                })?;
                let data = self.column(place)?;
                let data = match wanted.read_as {
                    None => data,
                    Some(kind) => read_as(&wanted.name, data, kind)?,
                };
                Ok(Column { name: wanted.name.clone(), data })
            };
        Ok(Table::new(wanted.iter().map(column).collect::<Result<_, DataError>>()?))
    }

    fn column(&self, place: usize) -> Result<ColumnData, DataError> {
        let column = self.file.column(place);
        let meaning = Meaning::of(column);
        let data = match meaning {
            Meaning::Text => ColumnData::Text(self.texts(place)?),
            Meaning::Ticks { .. } => ColumnData::Time(self.times(place, meaning)?),
            Meaning::Number { .. } => ColumnData::Number(self.numbers(place, meaning)?),
        };
        match &data {
            ColumnData::Number(values) => match values.iter().position(|value| value.is_infinite()) {
                Some(row) => Err(DataError::Infinite { column: column.path().string(), row: row + 1 }),
                None => Ok(data),
            },
            ColumnData::Text(_) | ColumnData::Time(_) => Ok(data),
        }
    }

    /// Reads a column, one row group after the other.
    fn each_group(
        &self,
        place: usize,
        mut read: impl FnMut(ColumnReader) -> Result<Result<(), ParquetError>, DataError>,
    ) -> Result<(), DataError> {
        for group in 0..self.file.metadata().num_row_groups() {
            read(self.file.column_reader(group, place)?)?.map_err(|error| self.file.unreadable(error))?;
        }
        Ok(())
    }

    fn numbers(&self, place: usize, meaning: Meaning) -> Result<Vec<f64>, DataError> {
        let column = self.file.column(place);
        let unsigned = is_unsigned(column);
        let of_32 = |value: &i32| meaning.number(if unsigned { f64::from(*value as u32) } else { f64::from(*value) });
        let of_64 = |value: &i64| meaning.number(if unsigned { *value as u64 as f64 } else { *value as f64 });
        let mut values = Vec::with_capacity(self.file.rows());
        self.each_group(place, |reader| match reader {
            ColumnReader::DoubleColumnReader(reader) => Ok(append_or(reader, &mut values, f64::NAN, |value| *value)),
            ColumnReader::FloatColumnReader(reader) => {
                Ok(append_or(reader, &mut values, f64::NAN, |value| f64::from(*value)))
            }
            ColumnReader::Int32ColumnReader(reader) => Ok(append_or(reader, &mut values, f64::NAN, of_32)),
            ColumnReader::Int64ColumnReader(reader) => Ok(append_or(reader, &mut values, f64::NAN, of_64)),
            ColumnReader::BoolColumnReader(_)
            | ColumnReader::Int96ColumnReader(_)
            | ColumnReader::ByteArrayColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })?;
        Ok(values)
    }

    fn times(&self, place: usize, meaning: Meaning) -> Result<Vec<i64>, DataError> {
        let column = self.file.column(place);
        let gap = ColumnData::NO_TIME;
        let mut times = Vec::with_capacity(self.file.rows());
        self.each_group(place, |reader| match reader {
            ColumnReader::Int32ColumnReader(reader) => {
                Ok(append_or(reader, &mut times, gap, |value| meaning.time(i64::from(*value))))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                Ok(append_or(reader, &mut times, gap, |value| meaning.time(*value)))
            }
            ColumnReader::Int96ColumnReader(reader) => {
                Ok(append_or(reader, &mut times, gap, |value| value.to_micros()))
            }
            ColumnReader::BoolColumnReader(_)
            | ColumnReader::FloatColumnReader(_)
            | ColumnReader::DoubleColumnReader(_)
            | ColumnReader::ByteArrayColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })?;
        Ok(times)
    }

    fn texts(&self, place: usize) -> Result<TextColumn, DataError> {
        let column = self.file.column(place);
        let mut builder = TextBuilder::default();
        self.each_group(place, |reader| match reader {
            ColumnReader::BoolColumnReader(reader) => {
                let mut values = Vec::new();
                let read = append_or(reader, &mut values, None, |value| Some(*value));
                let text = |value: bool| if value { "true" } else { "false" };
                values.into_iter().for_each(|value| builder.push(value.map(text)));
                Ok(read)
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                let mut values: Vec<Option<ByteArray>> = Vec::new();
                let read = append_or(reader, &mut values, None, |value| Some(value.clone()));
                for value in values {
                    builder.push(value.as_ref().map(|value| String::from_utf8_lossy(value.data())).as_deref());
                }
                Ok(read)
            }
            ColumnReader::Int32ColumnReader(_)
            | ColumnReader::Int64ColumnReader(_)
            | ColumnReader::Int96ColumnReader(_)
            | ColumnReader::FloatColumnReader(_)
            | ColumnReader::DoubleColumnReader(_)
            | ColumnReader::FixedLenByteArrayColumnReader(_) => Err(not_read(column)),
        })?;
        Ok(builder.finish())
    }
}

fn not_read(column: &ColumnDescriptor) -> DataError {
    wrong_type(column, "numbers, times, texts, and true and false are read")
}
