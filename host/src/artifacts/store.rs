//! The store itself: where things lie.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::artifacts::error::StoreError;
use crate::artifacts::staging::{Staging, make_private};
use crate::clock::Clock;
use crate::contract::{ArtifactKind, ArtifactRef};
use crate::ids::Digest;

/// Content that the store was asked for and has not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {} {digest} is not in the artifact store any more; run the task that made it again", word(*kind))]
pub struct NotInStore {
    digest: Digest,
    kind: ArtifactKind,
}

fn word(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::File => "file",
        ArtifactKind::Folder => "folder",
    }
}

/// The artifacts of one home folder. Many may be open on it at once, in this process and in others.
pub struct ArtifactStore {
    pub(super) objects: PathBuf,
    /// Locked, shared, by who publishes or finds an object.
    pub(super) gate: PathBuf,
    pub(super) imports: PathBuf,
    pub(super) staging: Staging,
    /// The folders below `objects` whose names this process has made durable.
    pub(super) shards: Mutex<HashSet<PathBuf>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ArtifactStore {
    /// Opens the store in `root`, made with mode 0700 if it is not there, and sweeps what dead processes left unfinished.
    ///
    /// `clock` tells which outside files changed so lately that their times say nothing.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (objects, imports) = (root.join("objects"), root.join("imports"));
        make_private(root)?;
        make_private(&objects)?;
        make_private(&imports)?;
        let staging = Staging::open(&root.join("staging"))?;
        let gate = root.join("gate.lock");
        Ok(Self { objects, gate, imports, staging, shards: Mutex::default(), clock })
    }

    /// Where the content lies, whether it is there or not. Read-only: nothing may be written through this path.
    pub fn path(&self, artifact: &ArtifactRef) -> PathBuf {
        let hex = artifact.digest.hex();
        let (shard, rest) = hex.split_at(2);
        self.objects.join(shard).join(rest)
    }

    /// Where the content lies, if it is there.
    pub fn locate(&self, artifact: &ArtifactRef) -> Result<PathBuf, NotInStore> {
        let path = self.path(artifact);
        if self.holds(&path, artifact) {
            Ok(path)
        } else {
            Err(NotInStore { digest: artifact.digest, kind: artifact.kind })
        }
    }

    /// Whether `path` is of the right kind and, where that is cheap to tell, size.
    pub(super) fn holds(&self, path: &Path, artifact: &ArtifactRef) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| match artifact.kind {
            ArtifactKind::File => found.is_file() && found.len() == artifact.size_bytes,
            ArtifactKind::Folder => found.is_dir(),
        })
    }
}
