//! Gives results out, as files of the user's own; and checks that what is kept is still what it was.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::artifacts::beneath::Beneath;
use crate::artifacts::copy::{hash_folder, reflink};
use crate::artifacts::digest::hash_reader;
use crate::artifacts::error::{Doing, StoreError};
use crate::artifacts::store::{ArtifactStore, NotInStore};
use crate::artifacts::survey::{ManyNames, SurveyError, survey};
use crate::contract::{ArtifactKind, ArtifactRef};
use crate::ids::Digest;

/// Whether what lies at the destination may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// It stays, and the export is refused.
    No,
    /// A file is replaced by a file, a folder as a whole by a folder; anything else stays, and the export is refused.
    Yes,
}

/// Why an artifact was not given out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store has no such content.
    #[error(transparent)]
    Missing(#[from] NotInStore),
    /// Something is at the destination.
    #[error("`{}` exists already; choose another name, or say that it may be overwritten", .0.display())]
    Exists(PathBuf),
    /// Something else than the artifact is at the destination: a folder for a file, a device.
    #[error("`{}` is there and is not a {kind}, so it is not replaced: move it away, or choose another name", path.display())]
    OtherKind {
        /// The destination.
        path: PathBuf,
        /// What the artifact is.
        kind: &'static str,
    },
    /// It could not be written, or the store not be read.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// Completes "cannot … `path`".
        doing: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Why an artifact is not what its digest says.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store has no such content.
    #[error(transparent)]
    Missing(#[from] NotInStore),
    /// The content changed.
    #[error("the content of {expected} is damaged: it has the digest {found} now; run the task that made it again")]
    Damaged {
        /// Its name.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// It holds something that no artifact holds.
    #[error("the content of {0} is damaged: {1}")]
    Strange(Digest, String),
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is at the destination may be replaced only by its like.
fn check_replaceable(kind: ArtifactKind, to: &Path, overwrite: Overwrite) -> Result<(), ExportError> {
    let Ok(found) = fs::symlink_metadata(to) else { return Ok(()) };
    let (alike, kind) = match kind {
        ArtifactKind::File => (found.is_file() || found.is_symlink(), "file"),
        ArtifactKind::Folder => (found.is_dir(), "folder"),
    };
    match overwrite {
        Overwrite::No => Err(ExportError::Exists(to.to_owned())),
        Overwrite::Yes if alike => Ok(()),
        Overwrite::Yes => Err(ExportError::OtherKind { path: to.to_owned(), kind }),
    }
}

/// Puts `copy` in the place of the folder `to`, which is moved to `old`, or back if that fails.
fn replace_folder(copy: &Path, to: &Path, old: &Path) -> Result<(), ExportError> {
    let replaces = fs::symlink_metadata(to).is_ok();
    if replaces {
        fs::rename(to, old).map_err(failed("replace", to))?;
    }
    fs::rename(copy, to).map_err(|source| {
        if replaces {
            // If that fails too, there is nothing left to try; the error says which place is meant.
            drop(fs::rename(old, to));
        }
        failed("write", to)(source)
    })
}

impl ArtifactStore {
    /// Puts a copy of the content at `to`, with the modes of any new file of the user's; missing parents are made.
    ///
    /// Whatever happens, `to` is either as before or complete.
    pub fn export(&self, artifact: &ArtifactRef, to: &Path, overwrite: Overwrite) -> Result<(), ExportError> {
        let from = self.locate(artifact)?;
        check_replaceable(artifact.kind, to, overwrite)?;
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed("make the folder", parent))?;
        // Beside the destination, so that the last step is a rename; removed by itself if a step fails.
        let beside = tempfile::Builder::new().prefix(".dagwood-").tempdir_in(parent);
        let beside = beside.map_err(failed("write to the folder", parent))?;
        let copy = beside.path().join("new");
        match artifact.kind {
            ArtifactKind::File => {
                let file = File::open(&from).map_err(failed("read", &from))?;
                export_file(&file, &copy)?;
            }
            ArtifactKind::Folder => export_folder(&from, &copy)?,
        }
        match artifact.kind {
            ArtifactKind::File => fs::rename(&copy, to).map_err(failed("write", to)),
            ArtifactKind::Folder => replace_folder(&copy, to, &beside.path().join("old")),
        }
    }

    /// Reads the content again and compares it with its digest.
    pub fn verify(&self, artifact: &ArtifactRef) -> Result<(), VerifyError> {
        let path = self.locate(artifact)?;
        let found = match artifact.kind {
            ArtifactKind::File => File::open(&path).and_then(hash_reader).doing("read", &path)?.0,
            ArtifactKind::Folder => {
                let mut root = Beneath::open(&path).doing("read", &path)?;
                let nodes = survey(&mut root, ManyNames::Refused).map_err(|error| match error {
                    SurveyError::Refused(refusal) => VerifyError::Strange(artifact.digest, refusal.to_string()),
                    SurveyError::Io(rel, error) => StoreError::new("read", path.join(rel), error).into(),
                })?;
                let hashed = hash_folder(&mut root, &nodes);
                hashed.map_err(|(rel, error)| StoreError::new("read", path.join(rel), error))?.0
            }
        };
        if found == artifact.digest { Ok(()) } else { Err(VerifyError::Damaged { expected: artifact.digest, found }) }
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::Io { doing, path, source }
}

fn export_file(from: &File, to: &Path) -> Result<(), ExportError> {
    let mut made = File::create_new(to).map_err(failed("make", to))?;
    if reflink(from, &made) {
        return Ok(());
    }
    // The kernel copies by itself where it can.
    io::copy(&mut &*from, &mut made).map_err(failed("write", to))?;
    Ok(())
}

fn export_folder(from: &Path, to: &Path) -> Result<(), ExportError> {
    let mut root = Beneath::open(from).map_err(failed("read", from))?;
    let nodes = survey(&mut root, ManyNames::Refused).map_err(|error| match error {
        SurveyError::Refused(refusal) => failed("read", from)(io::Error::other(refusal)),
        SurveyError::Io(rel, error) => failed("read", &from.join(rel))(error),
    })?;
    fs::create_dir(to).map_err(failed("make the folder", to))?;
    for node in nodes {
        let target = to.join(&node.rel);
        if node.is_folder {
            fs::create_dir(&target).map_err(failed("make the folder", &target))?;
        } else {
            let file = root.file(&node.rel).map_err(failed("read", &from.join(&node.rel)))?;
            export_file(&file, &target)?;
        }
    }
    Ok(())
}
