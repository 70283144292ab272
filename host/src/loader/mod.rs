//! A DAG file on the disk, or a version that was kept of one → a checked DAG, its plugins resolved, and its outside files kept by content.
//!
//! Must never know: how a run is driven, the database, the command line. One more place where plugins come from:
//! a variant in `dag`, one in `registry`, and the arm here that leads from the one to the other.

mod compile;
mod error;
mod files;
pub mod folder;
mod grounds;
mod plugins;
mod restore;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dag::diagnostic::Diagnostic;
use crate::dag::model::Dag;
use crate::dag::{Catalog, Draft, check};
use crate::limits::DAG_FILE_MAX_BYTES;
use crate::memory::{self, LARGE_TEXT_BYTES};
use crate::registry::{BuildPolicy, BuildWatcher, Registry};

pub use compile::compile;
pub use error::LoadError;
pub use files::{import_files, import_what_is_there};
pub use grounds::Grounds;
pub(crate) use plugins::resolved;
pub use restore::{RestoreError, restore};

/// Whether a crate that a DAG gives by path may be built: that runs code from its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Built where its sources changed.
    Allowed,
    /// Its last build is taken.
    Kept,
}

/// A DAG that can be run.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked DAG.
    pub dag: Arc<Dag>,
    /// The text that it was checked from.
    pub source: Arc<str>,
    /// The file, as given.
    pub path: PathBuf,
    /// The folder that its relative paths start from.
    pub folder: PathBuf,
    /// The file by its whole path, if it was read from one.
    pub file: Option<PathBuf>,
    /// What is odd, but not wrong.
    pub warnings: Vec<Diagnostic>,
}

/// Reads, resolves and checks a DAG file.
///
/// # Errors
/// [`LoadError::Diagnostics`] holds all mistakes of the file, those of its plugins included.
/// [`LoadError::Plugin`]: the host failed, so that nothing can be said of the file.
pub async fn load(
    registry: &Registry,
    grounds: &Grounds,
    path: &Path,
    build: Build,
    watcher: Arc<dyn BuildWatcher>,
) -> Result<Loaded, LoadError> {
    let source = read(path)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let folder = std::fs::canonicalize(&folder)
        .map_err(|error| LoadError::Unreadable { path: path.to_owned(), source: error })?;
    let is_large = source.len() >= LARGE_TEXT_BYTES;
    let draft =
        if is_large { on_own_thread(move || Draft::from_toml(&source)).await } else { Draft::from_toml(&source) };
    let source = Arc::clone(&draft.source);
    let checked = check_draft(registry, grounds, &draft, &folder, build, watcher).await?;
    drop(draft);
    if is_large {
        memory::give_back();
    }
    match checked {
        Ok((dag, warnings)) => {
            let file = path.file_name().map(|name| folder.join(name));
            Ok(Loaded { dag: Arc::new(dag), source, path: path.to_owned(), folder, file, warnings })
        }
        Err(diagnostics) => {
            Err(LoadError::Diagnostics { path: path.to_owned(), text: source.as_ref().to_owned(), diagnostics })
        }
    }
}

/// As [`load`], for a DAG that was built in Rust; relative paths start from `folder`.
pub async fn load_draft(
    registry: &Registry,
    grounds: &Grounds,
    draft: &Draft,
    folder: &Path,
    build: Build,
    watcher: Arc<dyn BuildWatcher>,
) -> Result<Loaded, LoadError> {
    let path = PathBuf::from("(built in Rust)");
    match check_draft(registry, grounds, draft, folder, build, watcher).await? {
        Ok((dag, warnings)) => {
            let (source, folder) = (Arc::clone(&draft.source), folder.to_owned());
            Ok(Loaded { dag: Arc::new(dag), source, path, folder, file: None, warnings })
        }
        Err(diagnostics) => Err(LoadError::Diagnostics { path, text: draft.source().to_owned(), diagnostics }),
    }
}

/// Resolves a draft's plugins and checks it: the DAG and its warnings, or all that is wrong with it.
async fn check_draft(
    registry: &Registry,
    grounds: &Grounds,
    draft: &Draft,
    folder: &Path,
    build: Build,
    watcher: Arc<dyn BuildWatcher>,
) -> Result<Result<(Dag, Vec<Diagnostic>), Vec<Diagnostic>>, LoadError> {
    let catalog = if draft.is_readable() {
        let policy = match build {
            Build::Allowed => BuildPolicy::WhenChanged,
            Build::Kept => BuildPolicy::LastBuild,
        };
        plugins::resolve(registry, draft, folder, policy, watcher).await?
    } else {
        Catalog::default()
    };
    let checked = check(draft, &catalog);
    let mut diagnostics = checked.diagnostics;
    let Some(dag) = checked.dag else { return Ok(Err(diagnostics)) };
    diagnostics.extend(files::unusable(&dag, draft, folder, grounds));
    diagnostics.extend(grounds.beyond(&dag, draft));
    Ok(if diagnostics.iter().any(Diagnostic::is_error) {
        Err(diagnostics)
    } else {
        Ok((grounds.lowered(dag), diagnostics))
    })
}

/// Does what takes long on a thread of its own. What is allocated there lies apart, so that nothing that is kept gets into the gaps of what
/// is not.
async fn on_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

fn read(path: &Path) -> Result<String, LoadError> {
    use std::io::Read;
    let failed = |source| LoadError::Unreadable { path: path.to_owned(), source };
    // Before it is opened: opening a pipe waits for who writes to it.
    let kind = std::fs::metadata(path).map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err(LoadError::AFolder(path.to_owned()));
    }
    if !kind.is_file() {
        return Err(LoadError::Special(path.to_owned()));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(DAG_FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > DAG_FILE_MAX_BYTES {
        return Err(LoadError::TooLarge(path.to_owned()));
    }
    String::from_utf8(bytes)
        .map_err(|error| LoadError::NotUtf8 { path: path.to_owned(), at: error.utf8_error().valid_up_to() })
}
