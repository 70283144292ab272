//! What is known of outside files, so that they are not read twice.
//!
//! One small JSON file for each outside file or folder, under a hash of its device and inode. It is a cache: a record
//! that is torn, missing or cannot be written costs a second reading, nothing else.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifacts::garbage::touch;
use crate::artifacts::store::ArtifactStore;
use crate::artifacts::survey::{Node, Stamp};
use crate::contract::ArtifactRef;
use crate::ids::Digest;

/// A file changed less than this before it was read may change again without its times telling: the coarsest file
/// system in use (FAT) counts in steps of two seconds.
const RACY_SECONDS: i64 = 2;

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Over everything that would change if the content did.
    state: Digest,
    artifact: ArtifactRef,
}

/// An outside file or folder as it was at one moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Names the record: of the file or folder itself.
    key: Digest,
    /// Device, inode, size, mtime and ctime of all of it.
    state: Digest,
    /// The latest of all times, in seconds since the epoch.
    newest: i64,
}

impl Seen {
    /// `top` is the file or folder itself, `nodes` the survey of a folder.
    pub(super) fn of(top: Stamp, nodes: &[Node]) -> Self {
        let mut key = blake3::Hasher::new();
        key.update(&top.device.to_le_bytes()).update(&top.inode.to_le_bytes());
        let mut state = blake3::Hasher::new();
        state.update(&top.to_bytes());
        for node in nodes {
            state.update(&(node.rel.len() as u64).to_le_bytes());
            state.update(node.rel.as_bytes());
            state.update(&[u8::from(node.is_folder)]);
            state.update(&node.stamp.to_bytes());
        }
        let stamps = nodes.iter().map(|node| node.stamp).chain([top]);
        let newest = stamps.map(|stamp| stamp.modified.0.max(stamp.changed.0)).max();
        Self { key: key.finalize().into(), state: state.finalize().into(), newest: newest.unwrap_or(i64::MAX) }
    }
}

impl ArtifactStore {
    /// The artifact that `seen` was imported as, if nothing about it changed since and the store still has it.
    pub(super) fn recall(&self, seen: &Seen) -> Option<ArtifactRef> {
        let text = fs::read(self.record_path(seen)).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        // Without the lock it is read again, which costs time only.
        let _shared = self.share().ok()?;
        let path = self.locate(&record.artifact).ok().filter(|_| record.state == seen.state)?;
        touch(&path).ok()?;
        Some(record.artifact)
    }

    /// Remembers what `seen` was imported as; `started` is the time before it was read, in seconds since the epoch.
    pub(super) fn remember(&self, seen: &Seen, artifact: ArtifactRef, started: i64) {
        if seen.newest.saturating_add(RACY_SECONDS) >= started {
            return;
        }
        let Ok(text) = serde_json::to_vec(&Record { state: seen.state, artifact }) else { return };
        let (path, staged) = (self.record_path(seen), self.staging.unique());
        let shard = path.parent().unwrap_or(&path);
        // A cache: what cannot be written is not there.
        let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(shard);
        if write_private(&staged, &text).is_err() || fs::rename(&staged, &path).is_err() {
            let _ = fs::remove_file(&staged);
        }
    }

    fn record_path(&self, seen: &Seen) -> PathBuf {
        let hex = seen.key.hex();
        let (shard, rest) = hex.split_at(2);
        self.imports.join(shard).join(rest)
    }
}

/// A new file that only this user reads.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}
