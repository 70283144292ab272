//! CSV in: UTF-8 with or without a byte order mark, a header line, any one-byte delimiter, RFC 4180 quotes.
//!
//! The file is read three times, so that it never has to be held as text: once for its encoding, once to find out which columns
//! are numbers, once for the values. A column is text if any cell that is not a gap is not a number; if all of them are dates, it is
//! times ([`crate::time`]). White space round a cell
//! does not count. Lines in messages count from 1, the header included.
//!
//! It must never know what a column is for: target and features are the caller's business.

mod cells;
mod encoding;
mod header;
mod lines;

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::error::{DataError, Place};
use crate::limits::CELL_MAX_BYTES;
use crate::table::{Column, Table, Wanted};
use cells::{Guess, Misfit};

pub use header::looks_like_number;

/// How a CSV file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// What stands between two cells.
    pub delimiter: u8,
    /// Cells that mean "nothing", compared after trimming.
    pub missing_values: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', missing_values: vec![String::new(), "NA".into()] }
    }
}

/// A CSV file whose encoding and header are sound.
#[derive(Debug, Clone)]
pub struct CsvFile {
    path: PathBuf,
    options: CsvOptions,
    body_offset_bytes: u64,
    header: Vec<String>,
}

impl CsvFile {
    /// Checks the encoding of the whole file and reads its header.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is not UTF-8, or its header is missing, has unnamed columns or names one twice.
    pub fn open(path: &Path, options: CsvOptions) -> Result<Self, DataError> {
        let body_offset_bytes = encoding::check(path)?;
        let mut file = Self { path: path.to_owned(), options, body_offset_bytes, header: Vec::new() };
        let mut record = ByteRecord::new();
        let found = file.reader()?.read_byte_record(&mut record).map_err(|error| file.broken(error))?;
        if !found {
            return Err(DataError::Empty { file: path.display().to_string() });
        }
        file.header = header::names(&record)?;
        Ok(file)
    }

    /// The columns' names, in the file's order.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the columns wanted, in the order given.
    ///
    /// # Errors
    /// A column that is not there, a row with another number of cells than the header, a cell that is too long, a cell that is
    /// no finite number in a column of numbers, or no rows at all.
    pub fn read(&self, wanted: &[Wanted]) -> Result<Table, DataError> {
        let places = wanted.iter().map(|column| self.place(&column.name)).collect::<Result<Vec<_>, _>>()?;
        let mut guesses = wanted.iter().map(|column| Guess::new(column.read_as)).collect::<Vec<_>>();
        let rows = self.for_each_row(|offset_bytes, record| {
            for (guess, place) in guesses.iter_mut().zip(&places) {
                guess.see(cell(record, *place), offset_bytes, &self.options.missing_values);
            }
        })?;
        if rows == 0 {
            return Err(DataError::NoRows);
        }
        let mut builders = Vec::with_capacity(wanted.len());
        for (guess, column) in guesses.into_iter().zip(wanted) {
            builders.push(guess.builder(rows).map_err(|misfit| self.misfit(&column.name, misfit))?);
        }
        self.for_each_row(|_, record| {
            for (builder, place) in builders.iter_mut().zip(&places) {
                builder.push(cell(record, *place), &self.options.missing_values);
            }
        })?;
        let columns = builders.into_iter().zip(wanted);
        Ok(Table::new(
            columns.map(|(data, column)| Column { name: column.name.clone(), data: data.finish() }).collect(),
        ))
    }

    fn misfit(&self, column: &str, misfit: Misfit) -> DataError {
        let column = column.to_owned();
        match misfit {
            Misfit::NotFinite(odd) => {
                DataError::NotFinite { column, line: self.line_at(odd.offset_bytes), cell: odd.cell }
            }
            Misfit::NotOfKind(odd, kind) => DataError::NotOfKind {
                column,
                place: Place::Line(self.line_at(odd.offset_bytes)),
                cell: odd.cell,
                kind,
            },
        }
    }

    fn place(&self, name: &str) -> Result<usize, DataError> {
        self.header
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| DataError::ColumnAbsent { column: name.to_owned(), columns: self.header.clone() })
    }

    /// Calls `each` with the place in the file and the cells of every row below the header; the answer is how many there were.
    fn for_each_row(&self, mut each: impl FnMut(u64, &ByteRecord)) -> Result<usize, DataError> {
        let mut reader = self.reader()?;
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|error| self.broken(error))?;
        let mut rows = 0;
        while reader.read_byte_record(&mut record).map_err(|error| self.broken(error))? {
            let offset_bytes = record.position().map_or(0, csv::Position::byte);
            self.check_row(offset_bytes, &record)?;
            each(offset_bytes, &record);
            rows += 1;
        }
        Ok(rows)
    }

    fn check_row(&self, offset_bytes: u64, record: &ByteRecord) -> Result<(), DataError> {
        if record.len() != self.header.len() {
            let line = self.line_at(offset_bytes);
            return Err(DataError::Ragged { line, cells: record.len(), expected: self.header.len() });
        }
        let huge = record.iter().zip(&self.header).find(|(cell, _)| cell.len() > CELL_MAX_BYTES);
        match huge {
            None => Ok(()),
            Some((cell, column)) => Err(DataError::HugeCell {
                column: column.clone(),
                line: self.line_at(offset_bytes),
                size_bytes: cell.len(),
                limit_bytes: CELL_MAX_BYTES,
            }),
        }
    }

    /// The line, from 1, of the row that the csv crate found at this place of the text. Only for messages: it reads the file.
    fn line_at(&self, offset_bytes: u64) -> u64 {
        lines::line_at(&self.path, self.body_offset_bytes + offset_bytes)
    }

    fn reader(&self) -> Result<Reader<BufReader<File>>, DataError> {
        let unreadable = |source| DataError::Unreadable { file: self.path.display().to_string(), source };
        let mut file = File::open(&self.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(self.body_offset_bytes)).map_err(unreadable)?;
        Ok(ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.options.delimiter)
            .from_reader(BufReader::new(file)))
    }

    fn broken(&self, source: csv::Error) -> DataError {
        DataError::Csv { file: self.path.display().to_string(), source }
    }
}

/// A cell's text without the white space round it. The encoding was checked when the file was opened.
fn cell(record: &ByteRecord, place: usize) -> &str {
    record.get(place).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests;
