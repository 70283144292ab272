//! Looks at everything in a folder before any of it is used.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat, unlinkat};

use crate::artifacts::beneath::Beneath;

/// The longest path inside an artifact: what Linux takes in one call.
pub(crate) const PATH_MAX_BYTES: usize = 4_095;

/// Why something is no content of an artifact. `name` is its path within the folder that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A symbolic link.
    #[error("`{0}` is a symbolic link; an artifact holds files and folders only: put a copy there instead")]
    SymbolicLink(String),
    /// A device, a fifo or a socket.
    #[error("`{0}` is a {1}; an artifact holds files and folders only")]
    Special(String, &'static str),
    /// A file with several names.
    #[error("`{0}` has {1} names (hard links); a file of an artifact has one: put a copy there instead")]
    ManyNames(String, u64),
    /// A name that is not UTF-8.
    #[error("the name `{0}` is not UTF-8; rename it")]
    NotUtf8(String),
    /// A path that is too long.
    #[error("the path that begins with `{0}` is longer than {PATH_MAX_BYTES} bytes; nest less deeply")]
    TooLong(String),
}

/// Why a survey ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyError {
    /// Something is no content of an artifact.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be read: its path within the folder.
    #[error("cannot read `{0}`")]
    Io(String, #[source] io::Error),
}

/// Whether a file may have several names: a user's own may, since it is copied; a guest's may not, since it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManyNames {
    Allowed,
    Refused,
}

/// What tells whether content may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size_bytes: u64,
    /// Seconds and nanoseconds since the epoch.
    pub(crate) modified: (i64, i64),
    /// Seconds and nanoseconds since the epoch.
    pub(crate) changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            size_bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    // The width of these fields differs from platform to platform.
    #[allow(clippy::unnecessary_cast)]
    fn of_stat(found: &Stat) -> Self {
        Self {
            device: found.st_dev as u64,
            inode: found.st_ino as u64,
            size_bytes: found.st_size as u64,
            modified: (found.st_mtime as i64, found.st_mtime_nsec as i64),
            changed: (found.st_ctime as i64, found.st_ctime_nsec as i64),
        }
    }

    /// For a hash over many stamps.
    pub(crate) fn to_bytes(self) -> [u8; 56] {
        let mut bytes = [0; 56];
        let (mtime, ctime) = (self.modified, self.changed);
        let fields = [self.device, self.inode, self.size_bytes].map(u64::to_le_bytes);
        let times = [mtime.0, mtime.1, ctime.0, ctime.1].map(i64::to_le_bytes);
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields.iter().chain(&times)) {
            place.copy_from_slice(field);
        }
        bytes
    }
}

/// A file or folder beneath the folder that was surveyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// `/` between names.
    pub(crate) rel: String,
    pub(crate) is_folder: bool,
    pub(crate) stamp: Stamp,
}

/// Everything beneath `root`, sorted by the bytes of the relative paths.
pub(crate) fn survey(root: &mut Beneath, many_names: ManyNames) -> Result<Vec<Node>, SurveyError> {
    let mut nodes = Vec::new();
    let mut todo = vec![String::new()];
    while let Some(rel) = todo.pop() {
        let folder = root.folder(&rel).map_err(|error| SurveyError::Io(rel.clone(), error))?;
        let entries = Dir::read_from(folder).map_err(|error| SurveyError::Io(rel.clone(), error.into()))?;
        for entry in entries {
            let entry = entry.map_err(|error| SurveyError::Io(rel.clone(), error.into()))?;
            let Some(path) = path_of(&rel, entry.file_name().to_bytes())? else { continue };
            let found = statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|error| SurveyError::Io(path.clone(), error.into()))?;
            let is_folder = admit(&path, &found, many_names)?;
            if is_folder {
                todo.push(path.clone());
            }
            nodes.push(Node { rel: path, is_folder, stamp: Stamp::of_stat(&found) });
        }
    }
    nodes.sort_unstable_by(|a, b| a.rel.cmp(&b.rel));
    Ok(nodes)
}

/// The relative path of `name` in `folder`; none for `.` and `..`.
fn path_of(folder: &str, name: &[u8]) -> Result<Option<String>, Refusal> {
    if matches!(name, b"." | b"..") {
        return Ok(None);
    }
    let Ok(name) = std::str::from_utf8(name) else {
        let shown = String::from_utf8_lossy(name);
        return Err(Refusal::NotUtf8(if folder.is_empty() { shown.into() } else { format!("{folder}/{shown}") }));
    };
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if path.len() > PATH_MAX_BYTES {
        return Err(Refusal::TooLong(path.chars().take(60).collect()));
    }
    Ok(Some(path))
}

/// Whether it is a folder; refused if it is neither file nor folder.
// The width of the fields differs from platform to platform.
#[allow(clippy::unnecessary_cast)]
fn admit(path: &str, found: &Stat, many_names: ManyNames) -> Result<bool, Refusal> {
    let special = |word| Err(Refusal::Special(path.to_owned(), word));
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory => Ok(true),
        FileType::RegularFile if found.st_nlink > 1 && many_names == ManyNames::Refused => {
            Err(Refusal::ManyNames(path.to_owned(), found.st_nlink as u64))
        }
        FileType::RegularFile => Ok(false),
        FileType::Symlink => Err(Refusal::SymbolicLink(path.to_owned())),
        FileType::Fifo => special("fifo"),
        FileType::Socket => special("socket"),
        FileType::CharacterDevice | FileType::BlockDevice => special("device"),
        FileType::Unknown => special("thing of an unknown kind"),
    }
}

/// The word for a file's kind that an artifact cannot hold; none for files and folders.
pub(crate) fn special_word(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_file() || kind.is_dir() {
        None
    } else if kind.is_fifo() {
        Some("fifo")
    } else if kind.is_socket() {
        Some("socket")
    } else {
        Some("device")
    }
}

/// Unlinks everything beneath `folder` that is neither file nor folder, so that people can look into it safely.
///
/// What lies deeper than a path can name is left alone. Gives how many were unlinked.
pub fn sweep_specials(folder: &Path) -> io::Result<u64> {
    let mut root = Beneath::of(OwnedFd::from(File::open(folder)?));
    let mut swept = 0;
    let mut todo = vec![String::new()];
    while let Some(rel) = todo.pop() {
        let at = root.folder(&rel)?;
        for entry in Dir::read_from(at)? {
            let entry = entry?;
            let Ok(Some(path)) = path_of(&rel, entry.file_name().to_bytes()) else { continue };
            let found = statat(at, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            match FileType::from_raw_mode(found.st_mode) {
                FileType::Directory => todo.push(path),
                FileType::RegularFile => {}
                FileType::Symlink
                | FileType::Fifo
                | FileType::Socket
                | FileType::CharacterDevice
                | FileType::BlockDevice
                | FileType::Unknown => {
                    unlinkat(at, entry.file_name(), AtFlags::empty())?;
                    swept += 1;
                }
            }
        }
    }
    Ok(swept)
}

/// Whether `name` in `root` is a folder; refused if it is neither folder nor file, as [`survey`] refuses.
pub(crate) fn admit_at(root: &mut Beneath, name: &str, many_names: ManyNames) -> Result<bool, SurveyError> {
    let io = |error| SurveyError::Io(name.to_owned(), error);
    let folder = root.folder("").map_err(io)?;
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| io(error.into()))?;
    Ok(admit(name, &found, many_names)?)
}
