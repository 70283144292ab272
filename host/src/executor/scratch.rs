//! The writable folders of tries: `/out` and `/tmp`.
//!
//! Making and removing folders costs more than everything else that the host does for a small task, and most small
//! tasks have no files. So they are made when a guest first asks for its folders, and a pair that a try left exactly as
//! it got them is kept for a later try; any other pair is removed.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::artifacts::{Staging, remove_tree};
use crate::executor::port::{WorkFolders, WorkPaths};

/// Pairs that are kept: as many as tries run at once in a large server.
const IDLE_MAX: usize = 256;

/// Makes pairs of folders, and keeps those that nobody touched.
pub(super) struct ScratchPool {
    staging: Staging,
    idle: Mutex<Vec<Pair>>,
}

/// `/out` and `/tmp` of one try: made when they are first asked for, empty then, gone when dropped.
pub(super) struct Scratch {
    pool: Arc<ScratchPool>,
    state: Mutex<State>,
}

enum State {
    /// Nobody asked for them.
    Unasked,
    /// The guest has them, or had them and may have changed them.
    Used(Pair),
    /// The guest had them and did not change them.
    Untouched(Pair),
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

    fn paths(&self) -> WorkPaths {
        let [out, tmp] = Self::folders(&self.top);
        WorkPaths { out, tmp }
    }

    /// What cannot be removed now is swept when the home is next opened.
    fn remove(&self) {
        let _ = remove_tree(&self.top);
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

    /// Folders for one try, not made yet.
    pub(super) fn take(self: &Arc<Self>) -> Arc<Scratch> {
        Arc::new(Scratch { pool: Arc::clone(self), state: Mutex::new(State::Unasked) })
    }

    fn pair(&self) -> io::Result<Pair> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(pair) if pair.is_as_seen() => Ok(pair),
            Some(pair) => {
                pair.remove();
                self.make()
            }
            None => self.make(),
        }
    }

    fn make(&self) -> io::Result<Pair> {
        let top = self.staging.unique();
        let [out, tmp] = Pair::folders(&top);
        for folder in [&top, &out, &tmp] {
            DirBuilder::new().mode(0o700).create(folder).map_err(|error| named(&error, folder))?;
        }
        let seen = Pair::see(&top)?;
        Ok(Pair { top, seen })
    }

    /// Takes a pair for a later try; gives it back if there are enough.
    fn keep(&self, pair: Pair) -> Option<Pair> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= IDLE_MAX {
            return Some(pair);
        }
        idle.push(pair);
        None
    }
}

/// The error with the folder that it is about.
fn named(error: &io::Error, folder: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("cannot make the folder `{}`: {error}", folder.display()))
}

impl Scratch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether both folders are still as they were given. For a guest that can write no more: the sandbox must
    /// have said that its last write is done.
    pub(super) fn look(&self) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Unasked) {
            State::Used(mut pair) => {
                if pair.is_untouched() {
                    State::Untouched(pair)
                } else {
                    State::Used(pair)
                }
            }
            other => other,
        };
    }

    /// Whether nobody asked for them, or they were looked at and nothing had been touched: there is nothing in `/out`.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(*self.state(), State::Unasked | State::Untouched(_))
    }

    /// Keeps the folders for a later try if they are [untouched](Scratch::look). `false`: they are to be removed, which
    /// dropping this does, where waiting for the disk does no harm.
    pub(super) fn give_back(&self) -> bool {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Unasked) {
            State::Unasked => true,
            State::Untouched(pair) => match self.pool.keep(pair) {
                None => true,
                Some(pair) => {
                    *state = State::Used(pair);
                    false
                }
            },
            used @ State::Used(_) => {
                *state = used;
                false
            }
        }
    }
}

impl WorkFolders for Scratch {
    fn open(&self) -> io::Result<WorkPaths> {
        let mut state = self.state();
        if matches!(*state, State::Unasked) {
            *state = State::Used(self.pool.pair()?);
        }
        match &*state {
            State::Used(pair) | State::Untouched(pair) => Ok(pair.paths()),
            State::Unasked => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// Whether nothing is in `folder`; a folder that cannot be listed counts as not empty, so that whoever reads it fails.
pub(super) fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let State::Used(pair) | State::Untouched(pair) = &*self.state() {
            pair.remove();
        }
    }
}
