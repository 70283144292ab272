//! Seals: a keyed BLAKE3 over compiled code and what it was compiled from, under a key that only this home has.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::CacheKey;
use crate::ids::Digest;
use crate::registry::disk;

const KEY_BYTES: usize = 32;
/// Changes when the meaning of a seal does.
const CONTEXT: &[u8] = b"dagwood compiled component 1";

/// Compiled code and its seal.
#[derive(Debug)]
pub(super) struct Sealed {
    /// The machine code.
    pub(super) code: PathBuf,
    /// 64 hex digits.
    pub(super) seal: PathBuf,
}

impl Sealed {
    pub(super) fn at(folder: &Path, key: &CacheKey) -> Self {
        Self::of(folder, key.digest)
    }

    pub(super) fn of(folder: &Path, digest: Digest) -> Self {
        let hex = digest.hex();
        Self { code: folder.join(format!("{hex}.cwasm")), seal: folder.join(format!("{hex}.seal")) }
    }
}

/// The home's key: 32 random bytes in a file of mode 0600.
#[derive(Debug)]
pub(super) struct SealKey {
    path: PathBuf,
    loaded: OnceLock<[u8; KEY_BYTES]>,
}

impl SealKey {
    /// The key in `path`, read or made when it is first needed.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, loaded: OnceLock::new() }
    }

    /// The seal of the file `code`, as text.
    pub(super) fn seal(&self, code: &Path, key: &CacheKey) -> io::Result<String> {
        Ok(mac(&self.load_or_make()?, open_private(code)?, key)?.to_hex().to_string())
    }

    /// Whether code and seal are private files and fit. Whatever hinders the answer makes it no.
    pub(super) fn holds(&self, sealed: &Sealed, key: &CacheKey) -> bool {
        self.check(sealed, key).unwrap_or(false)
    }

    fn check(&self, sealed: &Sealed, key: &CacheKey) -> io::Result<bool> {
        let Some(secret) = self.load()? else { return Ok(false) };
        let Some(written) = disk::read_at_most(&mut open_private(&sealed.seal)?, 64)? else { return Ok(false) };
        let Ok(written) = blake3::Hash::from_hex(written) else { return Ok(false) };
        // The comparison takes the same time wherever the difference is.
        Ok(mac(&secret, open_private(&sealed.code)?, key)? == written)
    }

    fn load_or_make(&self) -> io::Result<[u8; KEY_BYTES]> {
        if let Some(key) = self.load()? {
            return Ok(key);
        }
        self.make()?;
        self.load()?.ok_or_else(|| io::Error::other(format!("{} is no private file", self.path.display())))
    }

    /// `None` when there is no key, or one that others may know: all seals are then void.
    fn load(&self) -> io::Result<Option<[u8; KEY_BYTES]>> {
        if let Some(key) = self.loaded.get() {
            return Ok(Some(*key));
        }
        let Ok(mut file) = open_private(&self.path) else { return Ok(None) };
        let bytes = disk::read_at_most(&mut file, KEY_BYTES as u64)?;
        let key = bytes.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        Ok(key.map(|key| *self.loaded.get_or_init(|| key)))
    }

    /// Of two processes that make one at once, one wins, and both load that.
    fn make(&self) -> io::Result<()> {
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let file = new_key_file(folder)?;
        match file.persist_noclobber(&self.path) {
            Ok(_) => return disk::sync_folder(folder),
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            Err(_) => {}
        }
        if open_private(&self.path).is_ok_and(|file| file.metadata().is_ok_and(|m| m.len() == KEY_BYTES as u64)) {
            return Ok(());
        }
        new_key_file(folder)?.persist(&self.path).map_err(|error| error.error)?;
        disk::sync_folder(folder)
    }
}

fn new_key_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::io::Write;
    let mut key = [0; KEY_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    // A temporary file has mode 0600 from the start.
    let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn open_private(path: &Path) -> io::Result<File> {
    let file = disk::open_plainly(path)?;
    if disk::is_private_file(&file.metadata()?) { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn mac(secret: &[u8; KEY_BYTES], mut code: File, key: &CacheKey) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    for part in [CONTEXT, key.engine.as_str().as_bytes(), key.compatibility.as_bytes(), key.digest.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.update_reader(&mut code)?;
    Ok(hasher.finalize())
}
