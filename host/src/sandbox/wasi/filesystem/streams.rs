//! Reading and writing files: at once, on the guest's own thread, which is meant for it.
//!
//! wasmtime-wasi's own streams hand each call to another thread unless the guest waits for it. Then a write could be
//! outstanding when the task has ended, and what is ready first in a poll would depend on the machine's mood.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi_io::async_trait;
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, StreamError, StreamResult,
};

use super::handles::Slot;
use super::ledger::{Disk, Key, Ledger, Refusal};
use super::refusal_code;
use crate::sandbox::limits::STREAM_CHUNK_BYTES;

/// A file being read from some place on.
pub(super) struct Reader {
    file: Arc<File>,
    _slot: Option<Arc<Slot>>,
    position: u64,
}

impl Reader {
    /// From `position` on.
    pub(super) fn new(file: Arc<File>, slot: Option<Arc<Slot>>, position: u64) -> Self {
        Self { file, _slot: slot, position }
    }
}

#[async_trait]
impl Pollable for Reader {
    async fn ready(&mut self) {}
}

#[async_trait]
impl InputStream for Reader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let mut buffer = vec![0; size.min(STREAM_CHUNK_BYTES)];
        let read = loop {
            match self.file.read_at(&mut buffer, self.position) {
                Ok(read) => break read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StreamError::LastOperationFailed(error.into())),
            }
        };
        if read == 0 {
            return Err(StreamError::Closed);
        }
        buffer.truncate(read);
        self.position += read as u64;
        Ok(buffer.into())
    }
}

/// A file of a granted folder being read, by wasmtime-wasi: on a thread that may block.
pub(super) struct MountReader {
    inner: DynInputStream,
    _slot: Option<Arc<Slot>>,
}

impl MountReader {
    /// Reads by `inner`.
    pub(super) fn new(inner: DynInputStream, slot: Option<Arc<Slot>>) -> Self {
        Self { inner, _slot: slot }
    }
}

#[async_trait]
impl Pollable for MountReader {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[async_trait]
impl InputStream for MountReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.inner.read(size.min(STREAM_CHUNK_BYTES))
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.inner.blocking_read(size.min(STREAM_CHUNK_BYTES)).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

/// A file of a granted folder being written, by wasmtime-wasi: on a thread that may block. Within the disk's reserve.
pub(super) struct MountWriter {
    inner: DynOutputStream,
    _slot: Option<Arc<Slot>>,
    disk: Option<Disk>,
    /// What the last look at the disk said.
    refused: Option<Refusal>,
    ledger: Arc<Mutex<Ledger>>,
}

impl MountWriter {
    /// Writes by `inner`.
    pub(super) fn new(
        inner: DynOutputStream,
        slot: Option<Arc<Slot>>,
        disk: Option<Disk>,
        ledger: Arc<Mutex<Ledger>>,
    ) -> Self {
        Self { inner, _slot: slot, disk, refused: None, ledger }
    }

    /// Looks whether so many more bytes may be written.
    async fn look(&mut self, bytes: u64) {
        if let Some(disk) = &self.disk {
            self.refused = disk.admit_elsewhere(bytes).await.err();
        }
    }

    fn admitted(&self) -> StreamResult<()> {
        let Some(refusal) = self.refused else { return Ok(()) };
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).refuse(refusal);
        Err(StreamError::LastOperationFailed(refusal_code(refusal).into()))
    }
}

#[async_trait]
impl Pollable for MountWriter {
    // A guest that writes without waiting for each write waits here before the next.
    async fn ready(&mut self) {
        self.inner.ready().await;
        self.look(STREAM_CHUNK_BYTES as u64).await;
    }
}

#[async_trait]
impl OutputStream for MountWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.admitted()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.look(bytes.len() as u64).await;
        self.admitted()?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

/// Where a stream writes next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// There.
    At(u64),
    /// At the file's end.
    End,
}

/// A file being written, within the quota.
pub(super) struct Writer {
    file: Arc<File>,
    _slot: Option<Arc<Slot>>,
    key: Key,
    place: Place,
    ledger: Arc<Mutex<Ledger>>,
}

impl Writer {
    /// From `place` on.
    pub(super) fn new(
        file: Arc<File>,
        slot: Option<Arc<Slot>>,
        key: Key,
        place: Place,
        ledger: Arc<Mutex<Ledger>>,
    ) -> Self {
        Self { file, _slot: slot, key, place, ledger }
    }

    fn write_now(&mut self, bytes: &[u8]) -> Result<(), wasmtime::Error> {
        let start = match self.place {
            Place::At(position) => position,
            Place::End => self.file.metadata()?.len(),
        };
        let end = start.checked_add(bytes.len() as u64).ok_or(ErrorCode::FileTooLarge)?;
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.reserve(self.key, end).map_err(refusal_code)?;
        drop(ledger);
        self.file.write_all_at(bytes, start)?;
        match &mut self.place {
            Place::At(position) => *position = end,
            Place::End => {}
        }
        Ok(())
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write_now(&bytes).map_err(StreamError::LastOperationFailed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(STREAM_CHUNK_BYTES)
    }
}
