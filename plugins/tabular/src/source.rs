//! A file that holds a table, in whichever format: CSV, or Parquet, which its first bytes tell.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::csv::{CsvFile, CsvOptions};
use crate::error::DataError;
use crate::notation::Notation;
use crate::parquet::ParquetFile;
use crate::table::{Table, Wanted};

/// How every Parquet file begins.
const PARQUET_MARK: &[u8; 4] = b"PAR1";

/// A table's file, opened and found sound.
#[derive(Debug)]
pub enum TableFile {
    /// Text.
    Csv(CsvFile),
    /// Columns.
    Parquet(ParquetFile),
}

impl TableFile {
    /// Opens a file. `options` are for CSV, but for the notation of its cells.
    ///
    /// # Errors
    /// As [`CsvFile::open`] or [`ParquetFile::open`].
    pub fn open(path: &Path, options: CsvOptions) -> Result<Self, DataError> {
        if is_parquet(path)? {
            ParquetFile::open(path, Notation::new(&options.missing_values, &options.time_formats)).map(Self::Parquet)
        } else {
            CsvFile::open(path, options).map(Self::Csv)
        }
    }

    /// The columns' names, in the file's order.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Csv(file) => file.header(),
            Self::Parquet(file) => file.header(),
        }
    }

    /// Reads the columns wanted, in the order given.
    ///
    /// # Errors
    /// As [`CsvFile::read`] or [`ParquetFile::read`].
    pub fn read(&self, wanted: &[Wanted]) -> Result<Table, DataError> {
        match self {
            Self::Csv(file) => file.read(wanted),
            Self::Parquet(file) => file.read(wanted),
        }
    }
}

fn is_parquet(path: &Path) -> Result<bool, DataError> {
    let unreadable = |source| DataError::Unreadable { file: path.display().to_string(), source };
    let mut start = Vec::with_capacity(PARQUET_MARK.len());
    let file = File::open(path).map_err(unreadable)?;
    file.take(PARQUET_MARK.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    Ok(start == PARQUET_MARK)
}
