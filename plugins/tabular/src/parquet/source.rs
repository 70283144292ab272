//! A file that the parquet crate can read in pieces.
//!
//! The crate's own reading of a `File` duplicates the descriptor, which WASI cannot do; this one seeks instead.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// One open file, shared by all readers of its pieces.
#[derive(Clone)]
pub(super) struct SharedFile {
    file: Arc<Mutex<File>>,
    length_bytes: u64,
}

/// Reads on from a place of its own.
pub(super) struct Cursor {
    file: SharedFile,
    offset_bytes: u64,
}

impl SharedFile {
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let length_bytes = file.metadata()?.len();
        Ok(Self { file: Arc::new(Mutex::new(file)), length_bytes })
    }

    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset_bytes))?;
        file.read(buffer)
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(self.offset_bytes, buffer)?;
        self.offset_bytes += read as u64;
        Ok(read)
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.length_bytes
    }
}

impl ChunkReader for SharedFile {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(Cursor { file: self.clone(), offset_bytes: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.saturating_add(length as u64) > self.length_bytes {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of {}", self.length_bytes)));
        }
        let mut buffer = vec![0; length];
        Cursor { file: self.clone(), offset_bytes: start }.read_exact(&mut buffer)?;
        Ok(buffer.into())
    }
}
