//! Any flat table from a Parquet file, whoever wrote it, column by column.
//!
//! Numbers of every width are numbers, and so are decimals; timestamps and dates are times; texts, and true and false, are texts. A
//! null is a gap, and so is NaN, which is how pandas writes one.

use std::fmt;
use std::path::Path;

use super::file::OpenFile;
use super::meaning::Meaning;
use super::values::wrong_type;
use crate::convert::{read_as, without};
use crate::error::DataError;
use crate::notation::Notation;
use crate::table::{Column, ColumnData, Kind, Table, TextBuilder, TextColumn, Wanted};

/// A Parquet file whose columns are known.
pub struct ParquetFile {
    file: OpenFile,
    header: Vec<String>,
    notation: Notation,
}

impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("header", &self.header).finish_non_exhaustive()
    }
}

impl ParquetFile {
    /// Opens a file and looks at its columns. `notation` is how its cells are written.
    ///
    /// # Errors
    /// It cannot be read, or is no Parquet file.
    pub fn open(path: &Path, notation: Notation) -> Result<Self, DataError> {
        let file = OpenFile::open(path)?;
        let header = file.names().collect();
        Ok(Self { file, header, notation })
    }

    /// The columns' names, in the file's order.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the columns wanted, in the order given.
    ///
    /// # Errors
    /// A column that is not there, that is a list or a struct or of a type that is not read, that is compressed otherwise than with
    /// Snappy, that has an infinity, or that cannot be read as what it is wanted as; or no rows at all.
    pub fn read(&self, wanted: &[Wanted]) -> Result<Table, DataError> {
        if self.file.rows() == 0 {
            return Err(DataError::NoRows);
        }
        let columns = wanted.iter().map(|wanted| self.wanted(wanted));
        Ok(Table::new(columns.collect::<Result<_, DataError>>()?))
    }

    fn wanted(&self, wanted: &Wanted) -> Result<Column, DataError> {
        let name = wanted.name.clone();
        let Some(place) = self.header.iter().position(|column| *column == name) else {
            return Err(DataError::ColumnAbsent { column: name, columns: self.header.clone() });
        };
        let data = without(self.column(place, wanted.read_as)?, &self.notation);
        if let ColumnData::Number(values) = &data
            && let Some(row) = values.iter().position(|value| value.is_infinite())
        {
            return Err(DataError::Infinite { column: name, row: row + 1 });
        }
        let data = match wanted.read_as {
            None => data,
            Some(kind) => read_as(&name, data, kind, &self.notation)?,
        };
        Ok(Column { name, data })
    }

    fn column(&self, place: usize, read_as: Option<Kind>) -> Result<ColumnData, DataError> {
        let column = self.file.column(place);
        match Meaning::of(column) {
            // Not by way of a number, which would round what is beyond 53 bits.
            Meaning::Number(number) if read_as == Some(Kind::Text) && number.is_whole(column.physical_type()) => {
                let mut builder = TextBuilder::default();
                self.file.each_whole(place, |value| builder.push(value.map(|value| value.to_string()).as_deref()))?;
                Ok(ColumnData::Text(builder.finish()))
            }
            Meaning::Text => Ok(ColumnData::Text(self.texts(place)?)),
            Meaning::Ticks { .. } => {
                let mut times = Vec::with_capacity(self.file.room());
                self.file.each_time(place, |time| times.push(time))?;
                Ok(ColumnData::Time(times))
            }
            Meaning::Number(_) => {
                let mut values = Vec::with_capacity(self.file.room());
                self.file.each_number(place, |value| values.push(value.unwrap_or(f64::NAN)))?;
                Ok(ColumnData::Number(values))
            }
            Meaning::Unknown => Err(wrong_type(column, "numbers, times, texts, and true and false are read")),
        }
    }

    fn texts(&self, place: usize) -> Result<TextColumn, DataError> {
        let mut builder = TextBuilder::default();
        self.file.each_text(place, |text| builder.push_bytes(text))?;
        Ok(builder.finish())
    }
}
