//! Components by digest: `plugins/<hex>.wasm` in the home, read-only, published whole or not at all.

use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::ids::Digest;
use crate::limits::COMPONENT_MAX_BYTES;
use crate::registry::disk;
use crate::registry::error::{RegistryError, io_error};

/// The folder of kept components.
#[derive(Debug, Clone)]
pub struct ComponentFiles {
    folder: PathBuf,
}

/// Held while a component's file and its row are made or taken away together; other processes wait.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

impl ComponentFiles {
    /// Those of `home`; the folder is made when the first one is kept.
    pub fn new(home: &Path) -> Self {
        Self { folder: home.join("plugins") }
    }

    /// Where a component lies, if it is kept.
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}.wasm", digest.hex()))
    }

    /// Whether there is a file for it; its content is looked at by [`read`](Self::read).
    pub fn has(&self, digest: Digest) -> bool {
        fs::symlink_metadata(self.path(digest)).is_ok_and(|metadata| metadata.is_file())
    }

    /// The component's bytes, whose digest was taken again.
    ///
    /// # Errors
    /// [`RegistryError::Damaged`] when there is no such file, or it holds something else.
    pub fn read(&self, digest: Digest) -> Result<Vec<u8>, RegistryError> {
        let damaged = || RegistryError::Damaged { digest, remedy: "register or build the plugin again" };
        let mut file = disk::open_plainly(&self.path(digest)).map_err(|_| damaged())?;
        let read = disk::read_at_most(&mut file, COMPONENT_MAX_BYTES);
        let bytes = read.map_err(io_error("cannot read", &self.path(digest)))?.ok_or_else(damaged)?;
        if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(damaged()) }
    }

    /// Keeps a component under its digest. What lies there already is left if it is whole, and mended if not.
    pub fn keep(&self, wasm: &[u8]) -> Result<Digest, RegistryError> {
        let digest = Digest::of(wasm);
        if self.has(digest) && self.read(digest).is_ok() {
            return Ok(digest);
        }
        self.make_folder()?;
        disk::publish(&self.path(digest), wasm, 0o444).map_err(io_error("cannot write", &self.path(digest)))?;
        Ok(digest)
    }

    /// Removes a component's file; one that is not there is removed.
    pub fn remove(&self, digest: Digest) -> Result<(), RegistryError> {
        disk::remove_file(&self.path(digest)).map_err(io_error("cannot remove", &self.path(digest)))
    }

    /// Waits until no other process makes or removes components, and keeps others waiting until dropped.
    pub fn hold(&self) -> Result<Held, RegistryError> {
        self.make_folder()?;
        let path = self.folder.join(".lock");
        let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = lock.map_err(io_error("cannot write", &path))?;
        lock.lock().map_err(io_error("cannot lock", &path))?;
        Ok(Held { _lock: lock })
    }

    fn make_folder(&self) -> Result<(), RegistryError> {
        disk::make_private_folder(&self.folder).map_err(io_error("cannot make the folder", &self.folder))
    }
}

/// Reads a component from anywhere, links followed, without waiting at a pipe and within the size limit.
pub fn read_outside(path: &Path) -> Result<Vec<u8>, RegistryError> {
    let unreadable = |source| RegistryError::Unreadable { path: path.to_path_buf(), source };
    let resolved = fs::canonicalize(path).map_err(unreadable)?;
    let mut file = disk::open_plainly(&resolved).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(RegistryError::NotAFile { path: path.to_path_buf() });
    }
    disk::read_at_most(&mut file, COMPONENT_MAX_BYTES).map_err(unreadable)?.ok_or_else(|| too_large(path))
}

/// Refuses more bytes than a component may have.
pub fn check_size(subject: &str, wasm: &[u8]) -> Result<(), RegistryError> {
    if wasm.len() as u64 > COMPONENT_MAX_BYTES {
        return Err(RegistryError::TooLarge { subject: subject.to_owned(), limit_bytes: COMPONENT_MAX_BYTES });
    }
    Ok(())
}

fn too_large(path: &Path) -> RegistryError {
    RegistryError::TooLarge { subject: path.display().to_string(), limit_bytes: COMPONENT_MAX_BYTES }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
