//! An open Parquet file: its columns, its metadata, its readers.

use std::path::{Path, PathBuf};

use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::source::SharedFile;
use super::values::wrong_type;
use crate::error::DataError;

pub(super) struct OpenFile {
    path: PathBuf,
    reader: SerializedFileReader<SharedFile>,
}

impl OpenFile {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let named = || path.display().to_string();
        let source = SharedFile::open(path).map_err(|source| DataError::Unreadable { file: named(), source })?;
        let reader =
            SerializedFileReader::new(source).map_err(|source| DataError::Parquet { file: named(), source })?;
        Ok(Self { path: path.to_owned(), reader })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    fn columns(&self) -> &[parquet::schema::types::ColumnDescPtr] {
        self.metadata().file_metadata().schema_descr().columns()
    }

    pub(super) fn column(&self, place: usize) -> &ColumnDescriptor {
        &self.columns()[place]
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.columns().iter().map(|column| column.path().string())
    }

    /// What the file's metadata has under a key.
    pub(super) fn recorded(&self, key: &str) -> Option<String> {
        let pairs = self.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.clone()
    }

    pub(super) fn unreadable(&self, source: ParquetError) -> DataError {
        DataError::Parquet { file: self.path.display().to_string(), source }
    }

    pub(super) fn column_reader(&self, group: usize, place: usize) -> Result<ColumnReader, DataError> {
        let column = self.column(place);
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err(wrong_type(column, "only flat columns are read, no lists and no structs"));
        }
        let codec = self.metadata().row_group(group).column(place).compression();
        if !matches!(codec, Compression::UNCOMPRESSED | Compression::SNAPPY) {
            // Without its level: `ZSTD(ZstdLevel(1))`.
            let codec = codec.to_string();
            let codec = codec.split('(').next().unwrap_or(&codec).to_owned();
            return Err(DataError::Codec { column: column.path().string(), codec });
        }
        let group = self.reader.get_row_group(group).map_err(|error| self.unreadable(error))?;
        group.get_column_reader(place).map_err(|error| self.unreadable(error))
    }
}
