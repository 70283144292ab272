//! From a finished piece of content to an object of the store: never half, and there after a power cut.
//!
//! Content is made read-only and synced, then renamed into its place, then the place is synced. Two who publish the
//! same content at once both succeed: the place's name says what lies there, so it does not matter whose it is.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::PoisonError;

use crate::artifacts::beneath::Beneath;
use crate::artifacts::copy::{CopyError, copy_file, copy_folder};
use crate::artifacts::error::{Doing, StoreError};
use crate::artifacts::garbage::touch;
use crate::artifacts::remove::remove_tree;
use crate::artifacts::store::ArtifactStore;
use crate::artifacts::survey::Node;
use crate::contract::{ArtifactKind, ArtifactRef};

const FILE_MODE: u32 = 0o444;
/// Not read-only: then a person could not remove a home by `rm -r`.
const FOLDER_MODE: u32 = 0o755;

/// From so many files on, the whole file system is synced at once instead of each file: a sync of its own takes each
/// about a millisecond.
#[cfg(target_os = "linux")]
const BULK_SYNC_FILES: usize = 256;

impl ArtifactStore {
    /// Moves `staged` into the store. It must hold what `artifact` says, and nobody may write to it any more.
    ///
    /// `nodes` is the survey of a folder. When this is over, nothing is at `staged` any more; after an error, it may be.
    pub(super) fn publish(&self, staged: &Path, artifact: &ArtifactRef, nodes: &[Node]) -> Result<(), StoreError> {
        let _shared = self.share()?;
        let target = self.path(artifact);
        let shard = target.parent().unwrap_or(&target);
        if self.holds(&target, artifact) {
            touch(&target)?;
            remove_tree(staged).doing("remove", staged)?;
            // Whoever put it there may not have come to the sync yet.
            return sync_folder(shard);
        }
        self.make_shard(shard)?;
        match artifact.kind {
            ArtifactKind::File => seal_file(staged)?,
            ArtifactKind::Folder => seal_folder(staged, nodes)?,
        }
        match fs::rename(staged, &target) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                return self.publish_copy(staged, artifact, nodes);
            }
            // Another was faster.
            Err(_) if self.holds(&target, artifact) => {
                touch(&target)?;
                remove_tree(staged).doing("remove", staged)?;
            }
            Err(error) => return Err(StoreError::new("move content to", target, error)),
        }
        sync_folder(shard)
    }

    /// Makes the folder of a shard, and makes its name durable: once in each process, since who made it before may not
    /// have come to that.
    fn make_shard(&self, shard: &Path) -> Result<(), StoreError> {
        let shards = || self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        match DirBuilder::new().mode(0o700).create(shard) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if shards().contains(shard) {
                    return Ok(());
                }
            }
            Err(error) => return Err(StoreError::new("make the folder", shard, error)),
        }
        sync_folder(shard.parent().unwrap_or(shard))?;
        shards().insert(shard.to_owned());
        Ok(())
    }

    /// As [`publish`](Self::publish), from another file system.
    pub(super) fn publish_copy(&self, from: &Path, artifact: &ArtifactRef, nodes: &[Node]) -> Result<(), StoreError> {
        let copy = self.staging.unique();
        let copied = match artifact.kind {
            ArtifactKind::File => copy_file(&File::open(from).doing("read", from)?, "", &copy),
            ArtifactKind::Folder => copy_folder(&mut Beneath::open(from).doing("read", from)?, nodes, &copy),
        };
        let copied = copied.map_err(|error| match error {
            CopyError::Read(rel, error) => StoreError::new("read", from.join(rel), error),
            CopyError::Write(error) => error,
        });
        let published = copied.and_then(|(digest, _)| {
            if digest == artifact.digest {
                return self.publish(&copy, artifact, nodes);
            }
            let changed = io::Error::new(io::ErrorKind::InvalidData, "its content changed since it was hashed");
            Err(StoreError::new("copy", from, changed))
        });
        if published.is_err() {
            let _ = remove_tree(&copy);
        }
        published?;
        remove_tree(from).doing("remove", from)
    }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|open| open.sync_all()).doing("sync", folder)
}

fn seal_file(path: &Path) -> Result<(), StoreError> {
    let file = File::open(path).doing("open", path)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE)).doing("make read-only", path)?;
    file.sync_all().doing("sync", path)
}

fn seal_folder(path: &Path, nodes: &[Node]) -> Result<(), StoreError> {
    let mut root = Beneath::open(path).doing("open", path)?;
    let bulk = syncs_in_bulk(nodes.len());
    let sync = |file: &File| if bulk { Ok(()) } else { file.sync_all() };
    // Backwards, so that a folder comes after all that is in it.
    for node in nodes.iter().rev() {
        let sealed = if node.is_folder {
            let open = root.folder(&node.rel).and_then(|folder| folder.try_clone_to_owned());
            open.map(File::from).and_then(|open| seal(&open, FOLDER_MODE, sync))
        } else {
            root.file(&node.rel).and_then(|open| seal(&open, FILE_MODE, sync))
        };
        sealed.doing("set the mode of", &path.join(&node.rel))?;
    }
    let top = File::open(path).doing("open", path)?;
    top.set_permissions(Permissions::from_mode(FOLDER_MODE)).doing("set the mode of", path)?;
    #[cfg(target_os = "linux")]
    if bulk {
        return rustix::fs::syncfs(&top).doing("sync the file system of", path);
    }
    top.sync_all().doing("sync", path)
}

fn seal(open: &File, mode: u32, sync: impl Fn(&File) -> io::Result<()>) -> io::Result<()> {
    open.set_permissions(Permissions::from_mode(mode))?;
    sync(open)
}

fn syncs_in_bulk(_files: usize) -> bool {
    #[cfg(target_os = "linux")]
    return _files >= BULK_SYNC_FILES;
    #[cfg(not(target_os = "linux"))]
    return false;
}
