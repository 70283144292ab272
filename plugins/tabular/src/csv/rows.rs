//! Rows of a CSV text, none of which outgrows memory: a quote that is never closed would make one row of all that follows.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::CsvOptions;
use crate::limits::{CELL_MAX_BYTES, CSV_BUFFER_BYTES, ROW_MAX_BYTES};

/// Why there is no next row.
pub(super) enum RowError {
    /// The text cannot be read.
    Csv(csv::Error),
    /// This cell of the row at this place of the text, counted from 0, is too long.
    HugeCell { offset_bytes: u64, place: usize },
    /// The row at this place of the text is too long, though none of its cells is.
    HugeRow { offset_bytes: u64 },
}

/// A text, row by row.
pub(super) struct Rows {
    reader: Reader<Rationed>,
    ration_bytes: Rc<Cell<usize>>,
}

/// A text of which only so much is given out.
struct Rationed {
    text: Box<dyn Read>,
    left_bytes: Rc<Cell<usize>>,
}

impl Read for Rationed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left_bytes.get();
        if left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let length = buffer.len().min(left);
        let read = self.text.read(&mut buffer[..length])?;
        self.left_bytes.set(left - read);
        Ok(read)
    }
}

impl Rows {
    pub(super) fn new(text: Box<dyn Read>, options: &CsvOptions) -> Self {
        let ration_bytes = Rc::new(Cell::new(0));
        let text = Rationed { text, left_bytes: Rc::clone(&ration_bytes) };
        Self { reader: builder(options).from_reader(text), ration_bytes }
    }

    /// Reads the next row into `record`, whose position is then where it begins. Says whether there is one.
    pub(super) fn next(&mut self, record: &mut ByteRecord) -> Result<bool, RowError> {
        self.ration_bytes.set(ROW_MAX_BYTES);
        let read = self.reader.read_byte_record(record);
        let offset_bytes = record.position().map_or(0, csv::Position::byte);
        match read {
            Ok(found) => match huge_cell(record) {
                Some(place) => Err(RowError::HugeCell { offset_bytes, place }),
                None => Ok(found),
            },
            Err(_) if self.ration_bytes.get() == 0 => Err(RowError::HugeRow { offset_bytes }),
            Err(error) => Err(RowError::Csv(error)),
        }
    }
}

/// The cell that makes the first row of this text too long, if it is one alone.
pub(super) fn cell_to_blame(row: impl Read, options: &CsvOptions) -> Option<usize> {
    let mut record = ByteRecord::new();
    builder(options).from_reader(row.take(ROW_MAX_BYTES as u64)).read_byte_record(&mut record).ok()?;
    huge_cell(&record)
}

fn huge_cell(record: &ByteRecord) -> Option<usize> {
    record.iter().position(|cell| cell.len() > CELL_MAX_BYTES)
}

fn builder(options: &CsvOptions) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(options.delimiter)
        .quoting(options.quote.is_some())
        .quote(options.quote.unwrap_or(b'"'))
        .buffer_capacity(CSV_BUFFER_BYTES);
    builder
}
