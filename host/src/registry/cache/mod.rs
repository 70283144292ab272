//! The compiled form of components: `compiled/<engine>-<hash>/<hex>.cwasm`, each with its seal beside it.
//!
//! Compiled code is machine code that runs in this process, so a file is used only if it is exactly what this home
//! compiled: private to this user, and with a seal under the home's key that names engine, compatibility and
//! component. Anything odd is no error: the component is compiled again, and the odd file is replaced.
//!
//! Other processes may publish the same file at any time: a rename puts it there whole. What was opened before stays
//! what it was.

mod seal;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::executor::port::EngineKind;
use crate::ids::Digest;
use crate::limits::COMPILE_TIMEOUT;
use crate::registry::disk;
use seal::{SealKey, Sealed};

/// How the folders of unfinished work begin.
const WORK_PREFIX: &str = ".work-";
/// Unfinished work older than this belongs to a process that is gone.
const WORK_MAX_AGE: Duration = Duration::from_secs(2 * COMPILE_TIMEOUT.as_secs());

/// Which compiled code is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// The component.
    pub digest: Digest,
    /// The engine.
    pub engine: EngineKind,
    /// The engine's compatibility hash, as the compiler gives it.
    pub compatibility: String,
}

impl CacheKey {
    /// The compatibility may hold any character and is hashed for the name.
    fn folder_name(&self) -> String {
        let hash = Digest::of(self.compatibility.as_bytes()).hex();
        format!("{}-{}", self.engine.as_str(), &hash[..16])
    }
}

/// The folder of compiled code.
#[derive(Debug)]
pub struct CompiledCache {
    folder: PathBuf,
    key: SealKey,
}

impl CompiledCache {
    /// That of `home`; folder and key are made when they are needed.
    pub fn new(home: &Path) -> Self {
        Self { folder: home.join("compiled"), key: SealKey::new(home.join("compiled.key")) }
    }

    /// The folder above those of the engines.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the code lies, if it is there and exactly what this home compiled. Reads the whole file.
    pub fn verified(&self, key: &CacheKey) -> Option<PathBuf> {
        let folder = self.folder.join(key.folder_name());
        if !disk::is_private_folder(&fs::symlink_metadata(&folder).ok()?) {
            return None;
        }
        let sealed = Sealed::at(&folder, key);
        self.key.holds(&sealed, key).then_some(sealed.code)
    }

    /// An empty private folder to compile in, on the same file system; it is removed when dropped.
    pub fn work_folder(&self, key: &CacheKey) -> io::Result<TempDir> {
        let folder = self.engine_folder(key)?;
        remove_abandoned(&folder);
        let private = fs::Permissions::from_mode(0o700);
        tempfile::Builder::new().prefix(WORK_PREFIX).permissions(private).tempdir_in(folder)
    }

    /// Seals the file `code`, made in a [work folder](Self::work_folder), and puts it where
    /// [`verified`](Self::verified) finds it.
    pub fn publish(&self, key: &CacheKey, code: &Path) -> io::Result<PathBuf> {
        let folder = self.engine_folder(key)?;
        let sealed = Sealed::at(&folder, key);
        let seal = self.key.seal(code, key)?;
        // Two processes may do this at once, in any order: a seal that does not fit is seen, and mended, next time.
        fs::rename(code, &sealed.code)?;
        disk::publish(&sealed.seal, seal.as_bytes(), 0o600)?;
        Ok(sealed.code)
    }

    /// Removes a component's code for every engine.
    pub fn remove(&self, digest: Digest) -> io::Result<()> {
        let folders = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folders => folders?,
        };
        for folder in folders {
            let folder = folder?;
            if folder.file_type()?.is_dir() {
                let sealed = Sealed::of(&folder.path(), digest);
                disk::remove_file(&sealed.code)?;
                disk::remove_file(&sealed.seal)?;
            }
        }
        Ok(())
    }

    /// The folder of an engine, private to this user. One that others could write to is emptied first.
    fn engine_folder(&self, key: &CacheKey) -> io::Result<PathBuf> {
        disk::make_private_folder(&self.folder)?;
        let folder = self.folder.join(key.folder_name());
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if disk::is_private_folder(&metadata) => return Ok(folder),
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&folder)?,
            Ok(_) => fs::remove_file(&folder)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        disk::make_private_folder(&folder)?;
        Ok(folder)
    }
}

/// Removes what killed processes left. Nothing depends on it, so errors are left for the next time.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_work = entry.file_name().to_string_lossy().starts_with(WORK_PREFIX);
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if is_work && age.is_some_and(|age| age > WORK_MAX_AGE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
