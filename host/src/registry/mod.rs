//! Plugins: where a name in a DAG leads to, what a component says of itself, its compiled form.
//!
//! A component is known by its digest. A name and version point to one, a crate's folder points to its last build;
//! what the component says of itself is asked once and kept with the digest.
//!
//! Must never know: wasmtime, the database, DAGs, runs. It asks through the ports of [`ports`].
//! One more place where plugins come from: a variant of [`PluginSource`] whose arm ends in `admit`.
//!
//! - [`ports`]: what this room needs of others; [`record`]: what is kept
//! - [`files`]: components by digest; [`cache`]: their compiled form, sealed; [`compile`]: how that is made
//! - `admit`: inspect, compile, describe, keep; [`register`] and [`remove`]: names and versions
//! - [`versions`]: requirements as in Cargo; [`reference`]: `name@version` on the command line
//! - [`build`]: crates by path

mod admit;
pub mod build;
pub mod cache;
pub mod compile;
mod compiled;
mod descriptor;
mod disk;
pub mod error;
pub mod files;
mod growth;
#[cfg(test)]
pub(crate) mod index_suite;
pub mod inspect;
pub mod ports;
pub mod record;
pub mod reference;
pub mod register;
pub mod remove;
pub mod source;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod versions;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::executor::port::Sandbox;
use crate::limits::COMPILES_AT_ONCE;

pub use build::{BuildError, BuildWatcher, Built, LastBuild, SilentBuild};
pub use error::{Fault, RegistryError};
pub use inspect::Inspected;
pub use ports::{Codegen, Compiler, IndexError, Inspector, PluginIndex};
pub use record::{ComponentInterface, ComponentRecord, PathBuild, PluginRecord, PluginUser};
pub use reference::PluginRef;
pub use register::{RegisterOptions, Registered, Registration};
pub use remove::Removed;
pub use source::{BuildPolicy, PluginSource};

/// What the registry works with.
#[derive(Clone)]
pub struct Parts {
    /// The rows.
    pub index: Arc<dyn PluginIndex>,
    /// Looks into a component without running it.
    pub inspector: Arc<dyn Inspector>,
    /// Makes compiled code.
    pub compiler: Arc<dyn Compiler>,
    /// Asks a component what it is.
    pub sandbox: Arc<dyn Sandbox>,
    /// For `registered_at` and the like.
    pub clock: Arc<dyn Clock>,
    /// The environment variables under which crates are built: as a rule those of this process.
    pub build_variables: build::Variables,
}

/// The plugins of one home folder. Cheap to clone; clones share what was verified.
///
/// Several processes may use one home at once.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    files: files::ComponentFiles,
    cache: cache::CompiledCache,
    verified: compiled::Verified,
    admitting: admit::Turns,
    compiling: Semaphore,
}

impl Registry {
    /// The registry of `home`. Touches nothing yet: folders are made when there is something to keep.
    pub fn new(home: &Path, parts: Parts) -> Self {
        let inner = Inner {
            parts,
            files: files::ComponentFiles::new(home),
            cache: cache::CompiledCache::new(home),
            verified: compiled::Verified::default(),
            admitting: admit::Turns::default(),
            compiling: Semaphore::new(COMPILES_AT_ONCE),
        };
        Self { inner: Arc::new(inner) }
    }
}
