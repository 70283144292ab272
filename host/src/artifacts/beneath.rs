//! Opens what lies beneath a folder, step by step, without ever following a link.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// `NONBLOCK`: a fifo that was put there since it was looked at must not hold us.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// A folder, and ways to open what is in it. Paths are relative, with `/` between names and no `.` or `..`.
pub(crate) struct Beneath {
    root: OwnedFd,
    /// The folder that was opened last: neighbours and children start from it.
    last: Option<(String, OwnedFd)>,
}

impl Beneath {
    /// The folder at `path`; if the last name of `path` is a link, that is an error.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::of(openat(CWD, path, FOLDER, Mode::empty())?))
    }

    /// An open folder.
    pub(crate) fn of(root: OwnedFd) -> Self {
        Self { root, last: None }
    }

    /// The folder `rel`; `""` is the folder itself.
    pub(crate) fn folder(&mut self, rel: &str) -> io::Result<BorrowedFd<'_>> {
        if rel.is_empty() {
            return Ok(self.root.as_fd());
        }
        let opened = match self.last.take() {
            Some((at, fd)) if at == rel => fd,
            Some((at, fd)) if is_within(rel, &at) => descend(fd.as_fd(), &rel[at.len() + 1..])?,
            _ => descend(self.root.as_fd(), rel)?,
        };
        let last = self.last.insert((rel.to_owned(), opened));
        Ok(last.1.as_fd())
    }

    /// The regular file `rel`, for reading.
    pub(crate) fn file(&mut self, rel: &str) -> io::Result<File> {
        let (parent, name) = rel.rsplit_once('/').unwrap_or(("", rel));
        let file = File::from(openat(self.folder(parent)?, name, FILE, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file any more"));
        }
        Ok(file)
    }
}

fn is_within(rel: &str, folder: &str) -> bool {
    rel.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn descend(from: BorrowedFd<'_>, rel: &str) -> io::Result<OwnedFd> {
    let mut names = rel.split('/');
    let first = names.next().unwrap_or(rel);
    let mut at = openat(from, first, FOLDER, Mode::empty())?;
    for name in names {
        at = openat(&at, name, FOLDER, Mode::empty())?;
    }
    Ok(at)
}
