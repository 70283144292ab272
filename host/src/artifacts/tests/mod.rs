//! Helpers, and one file of tests for each verb.

mod collect;
mod digest;
mod export;
mod garbage;
mod import;
mod staging;

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use tempfile::TempDir;

use crate::artifacts::{ArtifactStore, remove_tree};
use crate::clock::Clock;
use crate::contract::{Cardinality, Port};

/// A clock that runs an hour ahead, so that nothing was changed just now.
pub(super) struct AnHourAhead;

impl Clock for AnHourAhead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(1)
    }
}

pub(super) struct Home {
    pub(super) dir: TempDir,
    pub(super) store: ArtifactStore,
}

impl Home {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = ArtifactStore::open(&dir.path().join("artifacts"), Arc::new(AnHourAhead)).unwrap();
        Self { dir, store }
    }

    /// A new empty folder beside the store.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(super) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn objects(&self) -> Vec<PathBuf> {
        let walk = walkdir::WalkDir::new(self.dir.path().join("artifacts/objects")).min_depth(2).max_depth(2);
        walk.into_iter().map(|entry| entry.unwrap().into_path()).collect()
    }

    /// What lies in the store's own staging folder.
    pub(super) fn staged(&self) -> usize {
        fs::read_dir(self.store.staging.folder()).unwrap().count()
    }
}

/// Writes other content, and another time with it: two writes may fall into one step of the file system's clock.
pub(super) fn rewrite(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    let another = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(content.len() as u64);
    fs::File::options().write(true).open(path).unwrap().set_modified(another).unwrap();
}

impl Drop for Home {
    fn drop(&mut self) {
        // The store's folders are read-only, which only a superuser's removal ignores.
        remove_tree(self.dir.path()).unwrap();
    }
}

pub(super) fn port(name: &str, cardinality: Cardinality) -> Port {
    Port { name: name.into(), description: String::new(), media_type: Some("text/plain".into()), cardinality }
}

pub(super) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// Makes `depth` folders in each other in `folder`, more than a path can name.
pub(super) fn nest(folder: &Path, depth: usize) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut at: OwnedFd = fs::File::open(folder).unwrap().into();
    for _ in 0..depth {
        mkdirat(&at, "nested", Mode::RWXU).unwrap();
        at = openat(&at, "nested", flags, Mode::empty()).unwrap();
    }
}
