//! Copies content, as a reflink where the file system has them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::artifacts::beneath::Beneath;
use crate::artifacts::digest::{FolderHasher, HashError, hash_reader, hash_through};
use crate::artifacts::error::{Doing, StoreError};
use crate::artifacts::survey::Node;
use crate::ids::Digest;

/// Which side of a copy failed.
#[derive(Debug)]
pub(super) enum CopyError {
    /// Reading what lies there, as a path within the source.
    Read(String, io::Error),
    /// Writing into the home folder.
    Write(StoreError),
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Write(error)
    }
}

/// Makes `to` share the blocks of `from`; false where the file system cannot. `to` must be empty.
pub(super) fn reflink(from: &File, to: &File) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::ioctl_ficlone(to, from).is_ok();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// Copies the file `from`, called `rel` within the source, to the new file `to`: digest and bytes of what was copied.
pub(super) fn copy_file(from: &File, rel: &str, to: &Path) -> Result<(Digest, u64), CopyError> {
    let mut options = OpenOptions::new();
    let mut made = options.create_new(true).read(true).write(true).mode(0o600).open(to).doing("make the file", to)?;
    if reflink(from, &made) {
        // The copy is hashed, not the source: nobody else can change it.
        made.rewind().doing("read", to)?;
        return hash_reader(&made).doing("read", to).map_err(CopyError::Write);
    }
    hash_through(from.take(u64::MAX), &mut made).map_err(|error| match error {
        HashError::Read(error) => CopyError::Read(rel.to_owned(), error),
        HashError::Write(error) => CopyError::Write(StoreError::new("write", to, error)),
    })
}

/// Copies the folder `from`, of which `nodes` is the survey, to the new folder `to`: digest and bytes of the files.
pub(super) fn copy_folder(from: &mut Beneath, nodes: &[Node], to: &Path) -> Result<(Digest, u64), CopyError> {
    let mut hasher = FolderHasher::default();
    let mut bytes = 0;
    make_folder(to)?;
    for node in nodes {
        let target = to.join(&node.rel);
        if node.is_folder {
            make_folder(&target)?;
            hasher.folder(&node.rel);
            continue;
        }
        let file = from.file(&node.rel).map_err(|error| CopyError::Read(node.rel.clone(), error))?;
        let (digest, size_bytes) = copy_file(&file, &node.rel, &target)?;
        hasher.file(&node.rel, size_bytes, &digest);
        bytes += size_bytes;
    }
    Ok((hasher.finish(), bytes))
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().mode(0o700).create(path).doing("make the folder", path)
}

/// The digest of the folder `root`, of which `nodes` is the survey, and the bytes of its files.
pub(super) fn hash_folder(root: &mut Beneath, nodes: &[Node]) -> Result<(Digest, u64), (String, io::Error)> {
    let mut hasher = FolderHasher::default();
    let mut bytes = 0;
    for node in nodes {
        if node.is_folder {
            hasher.folder(&node.rel);
            continue;
        }
        let hashed = root.file(&node.rel).and_then(hash_reader);
        let (digest, size_bytes) = hashed.map_err(|error| (node.rel.clone(), error))?;
        hasher.file(&node.rel, size_bytes, &digest);
        bytes += size_bytes;
    }
    Ok((hasher.finish(), bytes))
}
