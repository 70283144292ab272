//! CSV in: UTF-8 or any encoding of the web, with or without a byte order mark; with a header line or without; any one-byte delimiter
//! and quote, RFC 4180.
//!
//! The file is read three times, so that it never has to be held as text: once for its encoding, once to find out which columns
//! are numbers, once for the values. A column is text if any cell that is not a gap is not a number; if all of them are dates, it is
//! times ([`crate::time`]). White space round a cell does not count. Lines in messages count from 1, the header included.
//!
//! It must never know what a column is for: target and features are the caller's business.

mod cells;
mod encoding;
mod header;
mod lines;
mod rows;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use encoding_rs::{Encoding, UTF_8};

use crate::error::{DataError, Place};
use crate::limits::{CELL_MAX_BYTES, ROW_MAX_BYTES};
use crate::notation::Notation;
use crate::table::{Column, Mixed, Table, Wanted};
use crate::wording::quoted;
use cells::{Guess, Misfit, Odd};
use encoding::TextFile;
use rows::{RowError, Rows, cell_to_blame};

pub use header::looks_like_number;

/// How a CSV file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// What stands between two cells.
    pub delimiter: u8,
    /// What stands round a cell that holds a delimiter or a line's end; none if nothing does.
    pub quote: Option<u8>,
    /// What the text is encoded in, if no byte order mark says otherwise.
    pub encoding: &'static Encoding,
    /// Where the columns' names come from.
    pub header: Header,
    /// Cells that mean "nothing", beside empty ones: see [`Notation`].
    pub missing_values: Vec<String>,
    /// How times stand there, beside ISO 8601.
    pub time_formats: Vec<String>,
}

/// Where the columns' names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// The first line.
    FirstLine,
    /// Their places, from 1: `column_1`. The first line is data.
    Places,
    /// These, one for each column. The first line is data.
    Names(Vec<String>),
}

/// An encoding by its name, such as `windows-1252`, `latin1` or `utf-16le`: any label of the WHATWG's Encoding Standard whose text can be
/// read as a stream.
pub fn encoding(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(name.as_bytes())
}

impl Default for CsvOptions {
    fn default() -> Self {
        let (quote, encoding, header) = (Some(b'"'), UTF_8, Header::FirstLine);
        Self { delimiter: b',', quote, encoding, header, missing_values: vec!["NA".into()], time_formats: Vec::new() }
    }
}

/// A CSV file whose encoding and header are sound.
#[derive(Debug, Clone)]
pub struct CsvFile {
    path: PathBuf,
    options: CsvOptions,
    text: TextFile,
    header: Vec<String>,
    notation: Notation,
}

impl CsvFile {
    /// Checks the encoding of the whole file and reads its header.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is not in its encoding, or its header is missing or names a column twice; or
    /// there are not as many names as columns.
    pub fn open(path: &Path, options: CsvOptions) -> Result<Self, DataError> {
        let text = TextFile::open(path, options.encoding)?;
        let notation = Notation::new(&options.missing_values, &options.time_formats);
        let mut file = Self { path: path.to_owned(), options, text, header: Vec::new(), notation };
        let mut record = ByteRecord::new();
        if !file.rows()?.next(&mut record).map_err(|error| file.refused(error))? {
            return Err(DataError::Empty { file: path.display().to_string() });
        }
        file.header = match &file.options.header {
            Header::FirstLine => header::names(&record)?,
            Header::Places => header::places(record.len())?,
            Header::Names(names) => header::given(names, record.len())?,
        };
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
                guess.see(cell(record, *place), offset_bytes, &self.notation);
            }
        })?;
        if rows == 0 {
            return Err(DataError::NoRows);
        }
        let mixed = guesses.iter().zip(wanted).filter_map(|(guess, column)| {
            let Odd { offset_bytes, cell } = guess.mixed()?;
            Some(Mixed { column: column.name.clone(), place: Place::Line(self.line_at(offset_bytes)), cell })
        });
        let mixed = mixed.collect();
        let mut builders = Vec::with_capacity(wanted.len());
        for (guess, column) in guesses.into_iter().zip(wanted) {
            builders.push(guess.builder(rows).map_err(|misfit| self.misfit(&column.name, misfit))?);
        }
        self.for_each_row(|_, record| {
            for (builder, place) in builders.iter_mut().zip(&places) {
                builder.push(cell(record, *place), &self.notation);
            }
        })?;
        let columns = builders.into_iter().zip(wanted);
        let columns = columns.map(|(data, column)| Column { name: column.name.clone(), data: data.finish() });
        Ok(Table::new(columns.collect()).with_mixed(mixed))
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
        let mut text = self.rows()?;
        let mut record = ByteRecord::new();
        if self.options.header == Header::FirstLine {
            text.next(&mut record).map_err(|error| self.refused(error))?;
        }
        let mut rows = 0;
        while text.next(&mut record).map_err(|error| self.refused(error))? {
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
        Ok(())
    }

    /// The line, from 1, of the row that the csv crate found at this place of the text. Only for messages: it reads the file.
    fn line_at(&self, offset_bytes: u64) -> u64 {
        lines::line_at(&self.text, offset_bytes)
    }

    fn rows(&self) -> Result<Rows, DataError> {
        let text = self.text.reader().map_err(|source| self.unreadable(source))?;
        Ok(Rows::new(text, &self.options))
    }

    fn unreadable(&self, source: io::Error) -> DataError {
        DataError::Unreadable { file: self.path.display().to_string(), source }
    }

    fn refused(&self, error: RowError) -> DataError {
        match error {
            RowError::Csv(source) => DataError::Csv { file: self.path.display().to_string(), source },
            RowError::HugeCell { offset_bytes, place } => self.huge_cell(offset_bytes, place),
            RowError::HugeRow { offset_bytes } => match self.cell_to_blame(offset_bytes) {
                Ok(Some(place)) => self.huge_cell(offset_bytes, place),
                Ok(None) => DataError::HugeRow { line: self.line_at(offset_bytes), limit_bytes: ROW_MAX_BYTES },
                Err(source) => self.unreadable(source),
            },
        }
    }

    fn huge_cell(&self, offset_bytes: u64, place: usize) -> DataError {
        let column = self.header.get(place).map_or_else(|| (place + 1).to_string(), |name| quoted(name));
        let place = Place::Line(self.line_at(offset_bytes));
        DataError::HugeCell { column, place, limit_bytes: CELL_MAX_BYTES }
    }

    fn cell_to_blame(&self, offset_bytes: u64) -> io::Result<Option<usize>> {
        let mut text = self.text.reader()?;
        io::copy(&mut text.by_ref().take(offset_bytes), &mut io::sink())?;
        Ok(cell_to_blame(text, &self.options))
    }
}

/// A cell's text without the white space round it. The encoding was checked when the file was opened.
fn cell(record: &ByteRecord, place: usize) -> &str {
    record.get(place).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests;
