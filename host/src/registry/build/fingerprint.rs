//! A digest over all that a crate's build is made of.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::environment::{self, Variables};
use super::sources::Sources;
use super::{BuildError, TARGET};
use crate::ids::Digest;

/// Changes when crates are built in another way, so that all are built again.
const RECIPE: &str = "1: cargo build --release";
/// Larger files are known by size and time: reading them at each start of a run would be felt.
const READ_MAX_BYTES: u64 = 8 << 20;

/// What a build was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Without `Cargo.lock` files, which a build may itself write, and without files outside.
    pub(super) sources: Digest,
    /// With all.
    pub(super) whole: Digest,
}

impl Fingerprint {
    /// That of the crate in `folder` as it lies there now. `outside` are further files that its last build
    /// read, `variables` those that cargo is called with.
    pub(super) fn of(folder: &Path, outside: &[PathBuf], variables: &Variables) -> Result<Self, BuildError> {
        let sources = Sources::of(folder)?;
        let mut files = sources.files;
        for folder in &sources.folders {
            add_files(folder, &mut files)?;
        }
        let is_lock = |file: &PathBuf| file.file_name().is_some_and(|name| name == "Cargo.lock");
        let (locks, files): (BTreeSet<_>, BTreeSet<_>) = files.into_iter().partition(is_lock);

        let mut hasher = blake3::Hasher::new();
        for text in [RECIPE, TARGET].into_iter().map(str::as_bytes) {
            add_part(&mut hasher, text);
        }
        for (name, value) in environment::that_matter(variables) {
            add_part(&mut hasher, name.as_bytes());
            add_part(&mut hasher, value.as_bytes());
        }
        add_all(&mut hasher, &files)?;
        let sources = hasher.finalize().into();
        add_all(&mut hasher, &locks)?;
        add_all(&mut hasher, outside)?;
        Ok(Self { sources, whole: hasher.finalize().into() })
    }
}

fn add_all<'a>(hasher: &mut blake3::Hasher, files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), BuildError> {
    for file in files {
        add_part(hasher, file.as_os_str().as_bytes());
        add_file(hasher, file).map_err(|source| BuildError::Io { path: file.clone(), source: source.into() })?;
    }
    Ok(())
}

/// Lengths stand before contents, so that no two lists of files read the same.
fn add_part(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

fn add_file(hasher: &mut blake3::Hasher, path: &Path) -> io::Result<()> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata,
        // A pipe or a folder of that name says no more than that it is there.
        Ok(_) => return mark(hasher, b"other"),
        Err(_) => return mark(hasher, b"absent"),
    };
    if metadata.len() > READ_MAX_BYTES {
        return add_by_time(hasher, &metadata);
    }
    match File::open(path) {
        Ok(mut file) => {
            let mut content = blake3::Hasher::new();
            content.update_reader(&mut file)?;
            mark(hasher, content.finalize().as_bytes())
        }
        // Cargo will not need what nobody can read, and says so if it does.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => mark(hasher, b"unreadable"),
        Err(error) => Err(error),
    }
}

fn add_by_time(hasher: &mut blake3::Hasher, metadata: &Metadata) -> io::Result<()> {
    let numbers = [metadata.len().to_le_bytes(), metadata.mtime().to_le_bytes(), metadata.mtime_nsec().to_le_bytes()];
    mark(hasher, numbers.as_flattened())
}

fn mark(hasher: &mut blake3::Hasher, bytes: &[u8]) -> io::Result<()> {
    add_part(hasher, bytes);
    Ok(())
}

/// All files of a crate, links followed, but for what builds and version control leave there.
fn add_files(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), BuildError> {
    let walk = WalkDir::new(folder).follow_links(true).into_iter().filter_entry(is_source);
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => {
                files.insert(entry.into_path());
            }
            // A link in a circle, or to nothing, or a file that was just removed.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) if error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                return Err(BuildError::Io { path, source: std::io::Error::from(error).into() });
            }
        }
    }
    Ok(())
}

fn is_source(entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().as_bytes();
    let is_hidden = name.starts_with(b".") && name != b".cargo";
    // Cargo marks its target folders so, whatever their names are.
    let is_output = name == b"target" && entry.path().parent().is_some_and(|above| above.join("Cargo.toml").exists());
    !(is_hidden || is_output || entry.path().join("CACHEDIR.TAG").exists())
}
