//! What this room needs of others: rows, a look into a component, compiled code.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use semver::Version;

use crate::contract::Problem;
use crate::executor::Boxed;
use crate::executor::port::EngineKind;
use crate::ids::Digest;
use crate::registry::compile::CompileProblem;
use crate::registry::record::{ComponentInterface, ComponentRecord, PathBuild, PluginRecord, PluginUser};

/// Looks into a component without running anything of it.
pub trait Inspector: Send + Sync + 'static {
    /// Reads the type of `wasm`. A problem names what is wrong: not a component, a core module, truncated,
    /// precompiled, no or another world, an import that nobody provides, more memory than is allowed.
    fn inspect(&self, wasm: &[u8]) -> Result<ComponentInterface, Problem>;
}

/// Makes machine code of a component, here and now.
pub trait Codegen: Send + Sync + 'static {
    /// Changes whenever compiled code of earlier does not fit any more: the engine's compatibility hash.
    fn compatibility(&self, engine: EngineKind) -> String;

    /// Compiles `wasm`; blocks for as long as it takes.
    fn compile(&self, engine: EngineKind, wasm: &[u8]) -> Result<Vec<u8>, CompileProblem>;
}

/// Makes machine code of a component somewhere: in a child process, or here.
pub trait Compiler: Send + Sync + 'static {
    /// As [`Codegen::compatibility`].
    fn compatibility(&self, engine: EngineKind) -> String;

    /// Compiles the component in the file `input` into the new file `output`. Dropping the future ends the work.
    fn compile(&self, engine: EngineKind, input: PathBuf, output: PathBuf) -> Boxed<Result<(), CompileProblem>>;
}

/// Why the rows could not be read or written; the source is the store's own error.
#[derive(Debug, thiserror::Error)]
#[error("the plugins' rows in the database could not be used")]
pub struct IndexError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What became of a name and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It was free, and is now this component's.
    New,
    /// It is this component's since then.
    Same(Timestamp),
    /// It was another component's, and is now this one's.
    Replaced(Digest),
    /// It is another component's and stays so.
    Taken(Digest),
}

/// What became of a name that was to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unnaming {
    /// It is gone.
    Removed,
    /// Nothing has that name and version.
    Absent,
    /// These use the component; nothing was changed.
    InUse(Vec<PluginUser>),
}

/// The rows of components, plugins and builds. Methods block; each is one transaction, durable when it returns.
pub trait PluginIndex: Send + Sync + 'static {
    /// Enters a component; does nothing if its digest is there.
    fn keep_component(&self, component: &ComponentRecord) -> Result<(), IndexError>;
    /// A component by its digest.
    fn component(&self, digest: Digest) -> Result<Option<ComponentRecord>, IndexError>;
    /// Takes a component's row away unless a name, a build, a DAG or a run has it. True: it is gone, or never was.
    fn forget_component(&self, digest: Digest) -> Result<bool, IndexError>;

    /// Gives `plugin`'s name and version to its component, which must have been kept. A name and version that is
    /// another component's is taken from it only with `replace`.
    fn name_plugin(&self, plugin: &PluginRecord, replace: bool) -> Result<Naming, IndexError>;
    /// Takes a name and version away unless its component is [used](Self::users_of).
    fn unname_plugin(&self, name: &str, version: &Version) -> Result<Unnaming, IndexError>;
    /// All plugins, by name, then by version, oldest first.
    fn plugins(&self) -> Result<Vec<PluginRecord>, IndexError>;
    /// Who uses the component: the DAG versions that DAGs are known by, and kept runs.
    fn users_of(&self, digest: Digest) -> Result<Vec<PluginUser>, IndexError>;

    /// Enters a crate's last build, in place of the one before. Its component must have been kept.
    fn keep_path_build(&self, build: &PathBuild) -> Result<(), IndexError>;
    /// A crate's last build.
    fn path_build(&self, path: &Path) -> Result<Option<PathBuild>, IndexError>;
}
