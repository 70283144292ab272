//! Standard output and error: what a guest writes goes to the watcher at once; the end of stderr is kept, because a
//! panic says there what the trap does not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi_io::async_trait;
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamResult};

use crate::executor::port::Watcher;
use crate::sandbox::limits::{LAST_WORDS_BYTES, STREAM_CHUNK_BYTES};

/// The two streams of one guest.
pub(in crate::sandbox) struct Stdio {
    watcher: Arc<dyn Watcher>,
    last_words: Arc<Mutex<VecDeque<u8>>>,
}

impl Stdio {
    /// Streams that end at `watcher`.
    pub(in crate::sandbox) fn new(watcher: Arc<dyn Watcher>) -> Self {
        Self { watcher, last_words: Arc::default() }
    }

    /// A handle to standard output.
    pub(super) fn stdout(&self) -> impl OutputStream + use<> {
        Stdout(Arc::clone(&self.watcher))
    }

    /// A handle to standard error.
    pub(super) fn stderr(&self) -> impl OutputStream + use<> {
        Stderr { watcher: Arc::clone(&self.watcher), last_words: Arc::clone(&self.last_words) }
    }

    /// The last line of standard error that has something in it.
    pub(in crate::sandbox) fn last_words(&self) -> Option<String> {
        let kept = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        // What Rust prints after a panic is advice, not the reason.
        let said = |line: &&str| !line.is_empty() && !line.starts_with("note: ");
        let mut lines = text.lines().map(str::trim).filter(said).rev();
        let last = lines.next()?;
        Some(match lines.next() {
            Some(before) if before.contains("panicked at") => format!("{before} {last}"),
            Some(_) | None => last.to_owned(),
        })
    }
}

struct Stdout(Arc<dyn Watcher>);

#[async_trait]
impl Pollable for Stdout {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Stdout {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.stdout(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(STREAM_CHUNK_BYTES)
    }
}

struct Stderr {
    watcher: Arc<dyn Watcher>,
    last_words: Arc<Mutex<VecDeque<u8>>>,
}

#[async_trait]
impl Pollable for Stderr {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Stderr {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.watcher.stderr(&bytes);
        let mut kept = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = bytes.len().saturating_sub(LAST_WORDS_BYTES);
        kept.extend(bytes.iter().skip(skip));
        let over = kept.len().saturating_sub(LAST_WORDS_BYTES);
        kept.drain(..over);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(STREAM_CHUNK_BYTES)
    }
}
