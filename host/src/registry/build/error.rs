//! Why a crate did not become a component.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::TARGET;
use crate::registry::error::Fault;
use crate::text::shell_word;

/// Why a crate did not become a component.
/// Cheap to clone: a DAG may give one crate two names.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BuildError {
    /// The folder is not there.
    #[error("cannot read the crate {path}")]
    Unreadable {
        /// What was given.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: Arc<io::Error>,
    },
    /// No crate.
    #[error("{path} has no Cargo.toml: give the folder of a Rust crate, or a component with `file = \"….wasm\"`")]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// Not TOML.
    #[error("{path} is not valid TOML: {reason}")]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// A workspace without a package of its own.
    #[error("{path} is no package but a workspace: give the folder of one of its crates")]
    NotAPackage {
        /// The manifest.
        path: PathBuf,
    },
    /// Nothing was built, and building is not allowed here.
    #[error("{path} has not been built yet: type `dagwood plugin build {}`", shell_word(&path.display().to_string()))]
    NeverBuilt {
        /// The crate.
        path: PathBuf,
    },
    /// There is no cargo.
    #[error(
        "{path} changed since its last build, or has none, and there is no cargo to build it with (`{program}` was not \
         found): install Rust from https://rustup.rs"
    )]
    NoCargo {
        /// The crate.
        path: PathBuf,
        /// What was looked for.
        program: String,
    },
    /// Rust cannot compile for wasm here.
    #[error("Rust's standard library for {TARGET} is not installed: {advice}")]
    NoTarget {
        /// What to type.
        advice: String,
    },
    /// A program could not be started or watched.
    #[error("cannot run {program}")]
    Run {
        /// Which.
        program: String,
        /// The system's reason.
        #[source]
        source: Arc<io::Error>,
    },
    /// Cargo did not make it.
    #[error("the crate `{name}` in {path} does not build: {reason}")]
    Failed {
        /// The package.
        name: String,
        /// Its folder.
        path: PathBuf,
        /// The first error that cargo showed.
        reason: String,
        /// The last lines that cargo showed.
        output_tail: Vec<String>,
    },
    /// Cargo made no component of it.
    #[error("the crate `{name}` in {path} makes no component: {advice}")]
    NoComponent {
        /// The package.
        name: String,
        /// Its folder.
        path: PathBuf,
        /// What to change.
        advice: String,
    },
    /// A file that the build read cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: Arc<io::Error>,
    },
}

impl BuildError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unreadable { .. }
            | Self::NoManifest { .. }
            | Self::BadManifest { .. }
            | Self::NotAPackage { .. }
            | Self::NeverBuilt { .. }
            | Self::NoCargo { .. }
            | Self::NoTarget { .. }
            | Self::Failed { .. }
            | Self::NoComponent { .. } => Fault::Caller,
            Self::Run { .. } | Self::Io { .. } => Fault::Host,
        }
    }
}
