//! An open Parquet file: its columns, its metadata, its readers.

use std::path::{Path, PathBuf};

use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::source::SharedFile;
use serde::de::DeserializeOwned;

use super::values::wrong_type;
use crate::error::{DataError, check_distinct};
use crate::limits::ROOM_ROWS_MAX;

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
        let file = Self { path: path.to_owned(), reader };
        file.check()?;
        Ok(file)
    }

    /// Whether the columns' names differ, and the rows of all groups add up.
    fn check(&self) -> Result<(), DataError> {
        check_distinct(&self.names().collect::<Vec<_>>())?;
        let file = self.metadata().file_metadata();
        let groups = self.metadata().row_groups().iter();
        let rows = groups.map(RowGroupMetaData::num_rows).try_fold(0, i64::checked_add);
        if rows != Some(file.num_rows()) || file.num_rows() < 0 {
            return Err(self.contradicts("the rows of its groups do not add up to those of the file"));
        }
        Ok(())
    }

    /// The file says of itself what is not so.
    pub(super) fn contradicts(&self, why: &'static str) -> DataError {
        self.unreadable(ParquetError::General(why.to_owned()))
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Room to be set aside for the rows: no more than there may be, whatever the file says.
    pub(super) fn room(&self) -> usize {
        self.rows().min(ROOM_ROWS_MAX)
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

    /// The same, as JSON; nothing if it is not there.
    pub(super) fn recorded_json<V: DeserializeOwned + Default>(&self, key: &'static str) -> Result<V, DataError> {
        let Some(text) = self.recorded(key) else { return Ok(V::default()) };
        serde_json::from_str(&text).map_err(|error| DataError::BadMetadata { key, why: error.to_string() })
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
