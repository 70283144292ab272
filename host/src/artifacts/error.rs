//! Failures of the file system, told so that a person knows what to do.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// An operation on the home folder's files that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`{}", path.display(), advice(source.kind()))]
pub struct StoreError {
    doing: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl StoreError {
    /// `doing` completes "cannot … `path`".
    pub fn new(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { doing, path: path.into(), source }
    }

    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk-full",
            io::ErrorKind::ReadOnlyFilesystem => "home-read-only",
            io::ErrorKind::PermissionDenied => "home-no-access",
            _ => "home-io",
        }
    }
}

/// What to do about a failure of that kind; the system's own words follow as the source.
fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            " (free some space there, or choose another home folder with `--home`)"
        }
        io::ErrorKind::ReadOnlyFilesystem => " (choose a home folder that can be written to with `--home`)",
        io::ErrorKind::PermissionDenied => " (the home folder must belong to the user who runs this)",
        _ => "",
    }
}

/// Adds to an IO result what was being done, and to what.
pub(crate) trait Doing<T> {
    /// `doing` completes "cannot … `path`".
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::new(doing, path, source.into()))
    }
}

/// An error's text and those of its sources, joined by `: `.
pub fn cause_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
