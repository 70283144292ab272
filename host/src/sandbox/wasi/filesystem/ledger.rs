//! What a guest has in `/out` and `/tmp`: counted before each write, so that the quota holds while it runs.
//!
//! Sizes are logical: a hole counts as if it were written. A file that was removed while it is open still takes its
//! room, and gives it back when the last handle is gone, which is looked up when room is short.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime_wasi::runtime::spawn_blocking;

use crate::sandbox::limits::{DISK_CHECK_BYTES, NAME_ON_DISK_BYTES};

/// A file, as long as it exists: what `metadata-hash` of the machine says of it.
pub(super) type Key = u64;

/// Why no more may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Refusal {
    /// The bytes of the quota are used up.
    Bytes,
    /// The number of files is used up.
    Files,
    /// The disk would be left with less than the host keeps free.
    Disk,
    /// All guests together hold as many files open as they may.
    Handles,
}

/// The most that may be there.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Quota {
    /// Of all files together.
    pub(in crate::sandbox) bytes: u64,
    /// Files, folders and links.
    pub(in crate::sandbox) files: u64,
    /// What stays free on the disk.
    pub(in crate::sandbox) disk_reserve_bytes: u64,
}

/// What is there.
#[derive(Debug)]
pub(in crate::sandbox) struct Ledger {
    quota: Quota,
    used_bytes: u64,
    used_files: u64,
    nodes: HashMap<Key, Node>,
    /// Removed while open.
    removed: Vec<Key>,
    disk: Option<Disk>,
    refused: Option<Refusal>,
}

#[derive(Debug, Default)]
struct Node {
    bytes: u64,
    handles: Vec<Weak<File>>,
}

impl Node {
    fn is_open(&self) -> bool {
        self.handles.iter().any(|handle| handle.strong_count() > 0)
    }
}

impl Ledger {
    /// Nothing is there yet.
    pub(in crate::sandbox) fn new(quota: Quota) -> Self {
        Self {
            quota,
            used_bytes: 0,
            used_files: 0,
            nodes: HashMap::new(),
            removed: Vec::new(),
            disk: None,
            refused: None,
        }
    }

    /// What was refused last, if anything was.
    pub(in crate::sandbox) fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    /// Says on which disk the folders lie.
    pub(super) fn on_disk(&mut self, folder: Arc<File>) {
        self.disk = Some(Disk::of(folder, self.quota.disk_reserve_bytes));
    }

    /// Whether one more name may be made.
    pub(super) fn admit_name(&mut self) -> Result<(), Refusal> {
        if self.used_files >= self.quota.files {
            self.sweep();
        }
        if self.used_files >= self.quota.files {
            return Err(self.refuse(Refusal::Files));
        }
        self.admit_on_disk(NAME_ON_DISK_BYTES)
    }

    /// A name was made.
    pub(super) fn named(&mut self) {
        self.used_files += 1;
    }

    /// The file under a new name: if the machine gave it the identity of one that was removed, that one is gone.
    pub(super) fn created(&mut self, key: Key) {
        let before = self.removed.len();
        self.removed.retain(|removed| *removed != key);
        self.used_files = self.used_files.saturating_sub((before - self.removed.len()) as u64);
        self.forget(key);
    }

    /// A file was opened; it has `bytes` now.
    pub(super) fn opened(&mut self, key: Key, bytes: u64, handle: &Arc<File>) {
        self.resized(key, bytes);
        let node = self.nodes.entry(key).or_default();
        if node.handles.len() == node.handles.capacity() {
            node.handles.retain(|handle| handle.strong_count() > 0);
        }
        node.handles.push(Arc::downgrade(handle));
    }

    /// Makes room for the file to reach `end`.
    pub(super) fn reserve(&mut self, key: Key, end: u64) -> Result<(), Refusal> {
        let has = self.nodes.get(&key).map_or(0, |node| node.bytes);
        let more = end.saturating_sub(has);
        if more == 0 {
            return Ok(());
        }
        if !self.fits(more) {
            self.sweep();
        }
        if !self.fits(more) {
            return Err(self.refuse(Refusal::Bytes));
        }
        self.admit_on_disk(more)?;
        self.resized(key, end);
        Ok(())
    }

    /// The file has that size now.
    pub(super) fn resized(&mut self, key: Key, bytes: u64) {
        let node = self.nodes.entry(key).or_default();
        self.used_bytes = self.used_bytes.saturating_sub(node.bytes).saturating_add(bytes);
        node.bytes = bytes;
    }

    /// A name was taken away.
    pub(super) fn unnamed(&mut self, key: Key) {
        match self.nodes.get(&key) {
            Some(node) if node.is_open() => self.removed.push(key),
            Some(_) | None => {
                self.forget(key);
                self.used_files = self.used_files.saturating_sub(1);
            }
        }
    }

    fn fits(&self, more: u64) -> bool {
        self.used_bytes.saturating_add(more) <= self.quota.bytes
    }

    fn forget(&mut self, key: Key) {
        if let Some(node) = self.nodes.remove(&key) {
            self.used_bytes = self.used_bytes.saturating_sub(node.bytes);
        }
    }

    /// Gives back what was removed and is closed by now.
    fn sweep(&mut self) {
        let (open, closed): (Vec<Key>, Vec<Key>) = std::mem::take(&mut self.removed)
            .into_iter()
            .partition(|key| self.nodes.get(key).is_some_and(Node::is_open));
        self.removed = open;
        for key in closed {
            self.forget(key);
            self.used_files = self.used_files.saturating_sub(1);
        }
    }

    fn admit_on_disk(&mut self, more: u64) -> Result<(), Refusal> {
        let admitted = self.disk.as_ref().map_or(Ok(()), |disk| disk.admit(more));
        admitted.map_err(|refusal| self.refuse(refusal))
    }

    /// Remembers that something was refused.
    pub(super) fn refuse(&mut self, refusal: Refusal) -> Refusal {
        self.refused = Some(refusal);
        refusal
    }
}

/// A disk of which some is to stay free. Clones share what they know of it.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    /// Lies on it.
    folder: Arc<File>,
    reserve_bytes: u64,
    /// Written since it was looked at; `None`: it never was.
    unchecked_bytes: Arc<Mutex<Option<u64>>>,
}

impl Disk {
    /// The disk on which `folder` lies.
    pub(super) fn of(folder: Arc<File>, reserve_bytes: u64) -> Self {
        Self { folder, reserve_bytes, unchecked_bytes: Arc::default() }
    }

    /// Whether so much more may be written. It is looked at before the first write, and again whenever much was written
    /// since. Blocks then.
    pub(super) fn admit(&self, more: u64) -> Result<(), Refusal> {
        if self.is_admitted(more) {
            return Ok(());
        }
        let Some(free) = free_bytes(&self.folder) else { return Ok(()) };
        if free < self.reserve_bytes.saturating_add(more) {
            return Err(Refusal::Disk);
        }
        *self.unchecked_bytes.lock().unwrap_or_else(PoisonError::into_inner) = Some(0);
        Ok(())
    }
}

impl Disk {
    /// As [`admit`](Self::admit), as far as that can be said without a look.
    fn is_admitted(&self, more: u64) -> bool {
        let mut since = self.unchecked_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let unchecked = since.map(|bytes| bytes.saturating_add(more)).filter(|bytes| *bytes < DISK_CHECK_BYTES);
        if unchecked.is_some() {
            *since = unchecked;
        }
        unchecked.is_some()
    }

    /// As [`admit`](Self::admit), on a thread that may block: the disk may lie on a network.
    pub(super) async fn admit_elsewhere(&self, more: u64) -> Result<(), Refusal> {
        if self.is_admitted(more) {
            return Ok(());
        }
        let disk = self.clone();
        spawn_blocking(move || disk.admit(more)).await
    }
}

/// What an ordinary user may still write on the disk of `folder`, if the machine can say.
fn free_bytes(folder: &File) -> Option<u64> {
    let disk = rustix::fs::fstatvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
