//! Takes outside files and folders into the store.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::artifacts::beneath::Beneath;
use crate::artifacts::copy::{CopyError, copy_file, copy_folder};
use crate::artifacts::error::StoreError;
use crate::artifacts::index::Seen;
use crate::artifacts::real::real_path;
use crate::artifacts::remove::remove_tree;
use crate::artifacts::store::ArtifactStore;
use crate::artifacts::survey::{ManyNames, Node, Refusal, Stamp, SurveyError, special_word, survey};
use crate::contract::{ArtifactKind, ArtifactRef};

/// What became of an outside file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Its content in the store.
    pub artifact: ArtifactRef,
    /// It had not changed since it was last imported, so it was not read.
    pub reused: bool,
}

/// Why an outside file or folder was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing is there.
    #[error("there is no file or folder `{}`; check the path", .0.display())]
    Missing(PathBuf),
    /// It, or something in it, cannot be read.
    #[error("cannot read `{}`; the user who runs this must be allowed to", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A device, fifo or socket.
    #[error("`{}` is a {what}; only files and folders can be taken in", path.display())]
    Special {
        /// What.
        path: PathBuf,
        /// In a word.
        what: &'static str,
    },
    /// Something in the folder is no content of an artifact.
    #[error("the folder `{}` cannot be taken in", path.display())]
    Refused {
        /// The folder.
        path: PathBuf,
        /// What is in it.
        #[source]
        refusal: Refusal,
    },
    /// It lies where nothing may be taken from.
    #[error("{0}")]
    NotAllowed(String),
    /// It was written to meanwhile.
    #[error("`{}` changed while it was read; try again when nothing writes to it", .0.display())]
    Changed(PathBuf),
    /// The home folder's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An outside file or folder, open.
struct Outside<'a> {
    path: &'a Path,
    open: File,
    /// Of a folder: its survey.
    nodes: Vec<Node>,
    kind: ArtifactKind,
    seen: Seen,
}

/// Says why what lies there, its links resolved, may not be taken in; nothing, if it may.
pub type Guard<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Whether [`ArtifactStore::import_guarded`] would begin with what is at `path`: its contents are not read.
pub fn check_outside(path: &Path, guard: Guard<'_>) -> Result<(), ImportError> {
    Outside::open(path)?.admitted(guard).map(drop)
}

impl ArtifactStore {
    /// Takes the file or folder at `path` into the store: shares its blocks where the file system can (reflink), else
    /// copies; never as a hard link. Read again only if its device, inode, size, mtime or ctime changed.
    ///
    /// If `path` itself is a link, it is followed. Links within a folder are refused, as is everything else that is
    /// neither file nor folder: an artifact must not depend on what lies outside it.
    pub fn import(&self, path: &Path) -> Result<Imported, ImportError> {
        self.import_guarded(path, &|_| None)
    }

    /// As [`import`](Self::import), if `guard` admits what was opened.
    pub fn import_guarded(&self, path: &Path, guard: Guard<'_>) -> Result<Imported, ImportError> {
        self.import_then(path, guard, || ())
    }

    /// As [`import`](Self::import); calls `between` after the content was read and before it is looked at again.
    pub(super) fn import_then(
        &self,
        path: &Path,
        guard: Guard<'_>,
        between: impl FnOnce(),
    ) -> Result<Imported, ImportError> {
        let started = self.clock.now().as_second();
        let mut outside = Outside::open(path)?.admitted(guard)?;
        if let Some(artifact) = self.recall(&outside.seen) {
            return Ok(Imported { artifact, reused: true });
        }
        let staged = self.staging.unique();
        let taken = self.take(&mut outside, &staged, between);
        if taken.is_err() {
            // What cannot be removed now is swept later.
            let _ = remove_tree(&staged);
        }
        let artifact = taken?;
        self.remember(&outside.seen, artifact, started);
        Ok(Imported { artifact, reused: false })
    }

    fn take(
        &self,
        outside: &mut Outside<'_>,
        staged: &Path,
        between: impl FnOnce(),
    ) -> Result<ArtifactRef, ImportError> {
        let (digest, size_bytes) = outside.copy_to(staged)?;
        between();
        outside.check_unchanged(size_bytes)?;
        let artifact = ArtifactRef { digest, kind: outside.kind, size_bytes };
        self.publish(staged, &artifact, &outside.nodes)?;
        Ok(artifact)
    }
}

impl<'a> Outside<'a> {
    fn open(path: &'a Path) -> Result<Self, ImportError> {
        let (open, found) = open(path)?;
        if let Some(what) = special_word(&found) {
            return Err(ImportError::Special { path: path.to_owned(), what });
        }
        let kind = if found.is_dir() { ArtifactKind::Folder } else { ArtifactKind::File };
        let mut outside = Self { path, open, nodes: Vec::new(), kind, seen: Seen::of(Stamp::of(&found), &[]) };
        if kind == ArtifactKind::Folder {
            outside.nodes = survey(&mut outside.root()?, ManyNames::Allowed).map_err(|error| outside.failed(error))?;
            outside.seen = Seen::of(Stamp::of(&found), &outside.nodes);
        }
        Ok(outside)
    }

    /// It, if `guard` admits what was opened: nothing can take its place any more.
    fn admitted(self, guard: Guard<'_>) -> Result<Self, ImportError> {
        let real = real_path(&self.open).map_err(|source| unreadable(self.path, source))?;
        match guard(&real) {
            Some(why) => Err(ImportError::NotAllowed(why)),
            None => Ok(self),
        }
    }

    /// The open folder.
    fn root(&self) -> Result<Beneath, ImportError> {
        let open = self.open.try_clone().map_err(|source| unreadable(self.path, source))?;
        Ok(Beneath::of(OwnedFd::from(open)))
    }

    fn copy_to(&mut self, staged: &Path) -> Result<(crate::ids::Digest, u64), ImportError> {
        let copied = match self.kind {
            ArtifactKind::File => copy_file(&self.open, "", staged),
            ArtifactKind::Folder => copy_folder(&mut self.root()?, &self.nodes, staged),
        };
        copied.map_err(|error| match error {
            CopyError::Read(rel, error) => self.failed(SurveyError::Io(rel, error)),
            CopyError::Write(error) => ImportError::Store(error),
        })
    }

    /// Looks at all of it again.
    fn check_unchanged(&self, copied_bytes: u64) -> Result<(), ImportError> {
        let changed = || ImportError::Changed(self.path.to_owned());
        let now = self.open.metadata().map_err(|source| unreadable(self.path, source))?;
        let nodes = match self.kind {
            ArtifactKind::File if now.len() != copied_bytes => return Err(changed()),
            ArtifactKind::File => Vec::new(),
            ArtifactKind::Folder => {
                survey(&mut self.root()?, ManyNames::Allowed).map_err(|error| self.failed(error))?
            }
        };
        if Seen::of(Stamp::of(&now), &nodes) == self.seen { Ok(()) } else { Err(changed()) }
    }

    fn failed(&self, error: SurveyError) -> ImportError {
        match error {
            SurveyError::Refused(refusal) => ImportError::Refused { path: self.path.to_owned(), refusal },
            // It was there when it was listed.
            SurveyError::Io(_, error) if error.kind() == io::ErrorKind::NotFound => {
                ImportError::Changed(self.path.to_owned())
            }
            SurveyError::Io(rel, error) if rel.is_empty() => unreadable(self.path, error),
            SurveyError::Io(rel, error) => unreadable(&self.path.join(rel), error),
        }
    }
}

fn open(path: &Path) -> Result<(File, std::fs::Metadata), ImportError> {
    // Without NONBLOCK, opening a fifo would wait for a writer.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let opened = opened.and_then(|file| file.metadata().map(|found| (file, found)));
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ImportError::Missing(path.to_owned()),
        _ => unreadable(path, error),
    })
}

fn unreadable(path: &Path, source: io::Error) -> ImportError {
    ImportError::Unreadable { path: path.to_owned(), source }
}
