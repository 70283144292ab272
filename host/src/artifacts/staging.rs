//! Folders for what is being made, owned by a living process; what a dead one left is swept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};

use crate::artifacts::error::{Doing, StoreError};
use crate::artifacts::remove::remove_tree;

/// Guards the making and sweeping of owners' folders.
const GATE: &str = "lock";

/// One process's own folder beneath a shared one.
///
/// The owner holds a lock on `<n>.lock` as long as it lives; the kernel lets go of it however the process ends.
/// Whoever opens the shared folder next removes what has no living owner.
#[derive(Debug)]
pub struct Staging {
    shared: PathBuf,
    own: PathBuf,
    own_lock: PathBuf,
    next: AtomicU64,
    /// Held, not read.
    _held: File,
}

impl Staging {
    /// Makes a folder of its own beneath `shared` (made if it is not there) and sweeps those of dead owners.
    pub fn open(shared: &Path) -> Result<Self, StoreError> {
        make_private(shared)?;
        let _gate = pass_gate(shared)?;
        sweep(shared)?;
        for number in 0_u64.. {
            let own_lock = shared.join(format!("{number}.lock"));
            if own_lock.exists() {
                continue;
            }
            let held = lock_file(&own_lock)?;
            flock(&held, FlockOperation::LockExclusive).doing("lock", &own_lock)?;
            let own = shared.join(number.to_string());
            make_private(&own)?;
            return Ok(Self { shared: shared.to_owned(), own, own_lock, next: AtomicU64::new(0), _held: held });
        }
        Err(StoreError::new("make a folder in", shared, io::ErrorKind::QuotaExceeded.into()))
    }

    /// A path in the own folder that was never given before; nothing is there yet.
    pub fn unique(&self) -> PathBuf {
        self.own.join(format!("{:x}", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// The own folder.
    pub fn folder(&self) -> &Path {
        &self.own
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Under the gate, or a sweeper might take the next owner's lock file for ours. What fails here is rubbish
        // that the next owner sweeps.
        if let Ok(_gate) = pass_gate(&self.shared) {
            let _ = remove_tree(&self.own);
            let _ = fs::remove_file(&self.own_lock);
        }
    }
}

/// Makes a folder for this user only, with its parents; one that is there stays as it is.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).doing("make the folder", path)
}

fn lock_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600).open(path).doing("open the lock", path)
}

fn pass_gate(shared: &Path) -> Result<File, StoreError> {
    let path = shared.join(GATE);
    let gate = lock_file(&path)?;
    flock(&gate, FlockOperation::LockExclusive).doing("lock", &path)?;
    Ok(gate)
}

/// Removes what has no living owner. Rubbish that cannot be removed harms nobody: it stays for the next time.
fn sweep(shared: &Path) -> Result<(), StoreError> {
    let mut living = Vec::new();
    let mut rest = Vec::new();
    for entry in fs::read_dir(shared).doing("list", shared)? {
        let name = entry.doing("list", shared)?.file_name();
        let path = shared.join(&name);
        if name == GATE {
            continue;
        }
        match path.extension() {
            Some(word) if word == "lock" && is_held(&path) => living.extend([path.with_extension(""), path]),
            Some(_) | None => rest.push(path),
        }
    }
    // Folders before locks: a crash in between leaves a lock that nobody holds.
    rest.sort_by_key(|path| path.extension().is_some());
    for path in rest.iter().filter(|path| !living.contains(path)) {
        let _ = remove_tree(path);
    }
    Ok(())
}

fn is_held(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockExclusive).is_err(),
        Err(_) => true,
    }
}
