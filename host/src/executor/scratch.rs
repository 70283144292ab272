//! The writable folders of tries: `/out` and `/tmp`.
//!
//! Making and removing folders costs more than everything else that the host does for a small task, and most small
//! tasks write nothing. So a pair of folders that a try left exactly as it got them is kept for a later try; any
//! other pair is removed.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::artifacts::{Staging, StoreError, remove_tree};

/// Pairs that are kept: as many as tries run at once in a large server.
const IDLE_MAX: usize = 256;

/// Makes pairs of folders, and keeps those that nobody touched.
pub(super) struct ScratchPool {
    staging: Staging,
    idle: Mutex<Vec<Pair>>,
}

/// `/out` and `/tmp` of one try: empty at first, gone when dropped.
pub(super) struct Scratch {
    /// None when it was given back.
    pair: Option<Pair>,
    untouched: bool,
    /// What the guest sees as `/out`.
    pub(super) out: PathBuf,
    /// What the guest sees as `/tmp`.
    pub(super) tmp: PathBuf,
}

struct Pair {
    top: PathBuf,
    /// As `out` and `tmp` were when they were last known to be empty.
    seen: [Seen; 2],
}

/// All that a guest could change of a folder, or learn from it.
#[derive(PartialEq, Eq)]
struct Seen {
    inode: u64,
    mode: u32,
    links: u64,
    accessed: (i64, i64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Seen {
    fn of(folder: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(folder)?;
        Ok(Self {
            inode: found.ino(),
            mode: found.mode(),
            links: found.nlink(),
            accessed: (found.atime(), found.atime_nsec()),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

impl Pair {
    fn folders(top: &Path) -> [PathBuf; 2] {
        [top.join("out"), top.join("tmp")]
    }

    fn see(top: &Path) -> io::Result<[Seen; 2]> {
        let [out, tmp] = Self::folders(top);
        Ok([Seen::of(&out)?, Seen::of(&tmp)?])
    }

    fn is_as_seen(&self) -> bool {
        Self::see(&self.top).is_ok_and(|now| now == self.seen)
    }

    /// Whether both folders are empty and were never touched. Times alone do not tell: a folder may be written to
    /// within the same step of the file system's clock in which it was made.
    fn is_untouched(&mut self) -> bool {
        if !self.is_as_seen() || !Self::folders(&self.top).iter().all(|folder| is_empty(folder)) {
            return false;
        }
        // Looking into them was an access.
        Self::see(&self.top).is_ok_and(|now| {
            self.seen = now;
            true
        })
    }
}

impl ScratchPool {
    pub(super) fn new(staging: Staging) -> Self {
        Self { staging, idle: Mutex::default() }
    }

    /// Two empty folders.
    pub(super) fn take(&self) -> Result<Scratch, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(pair) = idle {
            let is_as_seen = pair.is_as_seen();
            let scratch = Scratch::of(pair);
            if is_as_seen {
                return Ok(scratch);
            }
        }
        Ok(Scratch::of(self.make()?))
    }

    /// Keeps the folders if they are [untouched](Scratch::look); else they come back, for the caller to drop where
    /// waiting for the disk does no harm.
    pub(super) fn give_back(&self, mut scratch: Scratch) -> Option<Scratch> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !scratch.untouched || idle.len() >= IDLE_MAX {
            return Some(scratch);
        }
        idle.extend(scratch.pair.take());
        None
    }

    fn make(&self) -> Result<Pair, StoreError> {
        let top = self.staging.unique();
        let [out, tmp] = Pair::folders(&top);
        for folder in [&top, &out, &tmp] {
            let made = DirBuilder::new().mode(0o700).create(folder);
            made.map_err(|error| StoreError::new("make the folder", folder, error))?;
        }
        let seen = Pair::see(&top).map_err(|error| StoreError::new("look at the folder", &top, error))?;
        Ok(Pair { top, seen })
    }
}

impl Scratch {
    fn of(pair: Pair) -> Self {
        let [out, tmp] = Pair::folders(&pair.top);
        Self { pair: Some(pair), untouched: false, out, tmp }
    }

    /// Looks whether both folders are still as they were given. For a guest that can write no more: the sandbox must
    /// have said that its last write is done.
    pub(super) fn look(&mut self) {
        self.untouched = self.pair.as_mut().is_some_and(Pair::is_untouched);
    }

    /// Whether it was looked at and nothing had been touched: `/out` is empty then.
    pub(super) fn is_untouched(&self) -> bool {
        self.untouched
    }
}

/// Whether nothing is in `folder`; a folder that cannot be listed counts as not empty, so that whoever reads it fails.
pub(super) fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(pair) = &self.pair {
            // What cannot be removed now is swept when the home is next opened.
            let _ = remove_tree(&pair.top);
        }
    }
}
