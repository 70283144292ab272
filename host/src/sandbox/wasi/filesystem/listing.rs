//! Folder listings, sorted by name: the machine's order depends on its file system.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{DirectoryEntry, ErrorCode};

use crate::sandbox::limits::{LISTING_ENTRY_BYTES, LISTINGS_BYTES};

/// What all listings of one guest hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Held(Arc<AtomicUsize>);

/// The rest of a listing. It stands in the table in place of wasmtime-wasi's own, which cannot be made from outside.
pub(super) struct Listing {
    entries: std::vec::IntoIter<DirectoryEntry>,
    bytes: usize,
    held: Held,
}

impl Listing {
    /// Sorts `entries`; refused when the guest's listings together hold too much.
    pub(super) fn new(mut entries: Vec<DirectoryEntry>, held: &Held) -> FsResult<Self> {
        let bytes = entries.iter().map(|entry| entry.name.len() + LISTING_ENTRY_BYTES).sum();
        if held.0.load(Ordering::Relaxed).saturating_add(bytes) > LISTINGS_BYTES {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        held.0.fetch_add(bytes, Ordering::Relaxed);
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { entries: entries.into_iter(), bytes, held: held.clone() })
    }

    /// The next entry.
    pub(super) fn next(&mut self) -> Option<DirectoryEntry> {
        self.entries.next()
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
