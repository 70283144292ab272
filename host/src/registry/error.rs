//! What can go wrong with plugins, in words for people.

use std::io;
use std::path::PathBuf;

use semver::Version;

use crate::contract::Problem;
use crate::ids::Digest;
use crate::registry::build::BuildError;
use crate::registry::compile::CompileProblem;
use crate::registry::ports::IndexError;
use crate::registry::record::PluginUser;
use crate::registry::versions::ResolveError;

/// Whose fault an error is: it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call or a file is wrong.
    Caller,
    /// The host, its disk, its database.
    Host,
}

/// Why the registry did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The file is not there, or not readable.
    #[error("cannot read the component {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("{path} is not a file: give a component's .wasm file")]
    NotAFile {
        /// What was given.
        path: PathBuf,
    },
    /// More than [`COMPONENT_MAX_BYTES`](crate::limits::COMPONENT_MAX_BYTES).
    #[error("{subject} is larger than {limit_bytes} bytes, the most that a component may have")]
    TooLarge {
        /// What was given.
        subject: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// Its type is not that of a plugin.
    #[error("{subject} is refused: {}", problem.message)]
    Refused {
        /// What was given.
        subject: String,
        /// What is wrong with it.
        problem: Box<Problem>,
    },
    /// It does not compile within the limits.
    #[error("{subject} cannot be compiled")]
    Compile {
        /// What was given.
        subject: String,
        /// Why.
        #[source]
        source: CompileProblem,
    },
    /// `describe` did not answer.
    #[error("{subject} does not say what it is: {}", problem.message)]
    Describe {
        /// What was given.
        subject: String,
        /// How the call ended.
        problem: Box<Problem>,
    },
    /// `describe` could not be called, and not because of the component.
    #[error("{subject} could not be asked what it is: {}", problem.message)]
    Sandbox {
        /// What was given.
        subject: String,
        /// What failed.
        problem: Box<Problem>,
    },
    /// What `describe` answered is no description of a plugin.
    #[error("{subject} describes itself wrongly: {}", problems.join("; "))]
    Descriptor {
        /// What was given.
        subject: String,
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// The name and version mean other bytes.
    #[error(transparent)]
    Taken(Box<Taken>),
    /// It wants more than the version before it.
    #[error(transparent)]
    WantsMore(Box<WantsMore>),
    /// No plugin is meant, or none that fits.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It cannot be removed.
    #[error(
        "{name}@{version} is in use by {}: a plugin stays as long as a served DAG or a kept run has it",
        users.iter().map(PluginUser::to_string).collect::<Vec<_>>().join(", ")
    )]
    InUse {
        /// The name.
        name: String,
        /// The version.
        version: Version,
        /// Who uses it.
        users: Vec<PluginUser>,
    },
    /// A crate did not become a component.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The kept file is gone or is not what its name says.
    #[error("the kept component {digest} is missing or damaged: {remedy}")]
    Damaged {
        /// The component.
        digest: Digest,
        /// What to do.
        remedy: &'static str,
    },
    /// The disk.
    #[error("{what} {path}")]
    Io {
        /// What was tried, as `cannot write`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A thread of the host ended early.
    #[error("a background thread of the registry ended before its work was done")]
    Interrupted,
}

/// A name and version that mean other bytes than those that were given.
#[derive(Debug, thiserror::Error)]
#[error(
    "{name}@{version} is registered as {registered}, and {subject} is {offered}: give it another version, or say \
     --replace"
)]
pub struct Taken {
    /// What was given.
    pub subject: String,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// What they mean.
    pub registered: Digest,
    /// What was given.
    pub offered: Digest,
}

/// A version of a plugin that wants more than the one before it.
#[derive(Debug, thiserror::Error)]
#[error(
    "{subject} is {name}@{version}, which wants more than {name}@{before} does: {}; if it may, say --accept-imports (what \
     it is granted stands in each DAG all the same)",
    wants.join(", ")
)]
pub struct WantsMore {
    /// What was given.
    pub subject: String,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// The version that it was held against.
    pub before: Version,
    /// What is new, in words.
    pub wants: Vec<String>,
}

impl RegistryError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unreadable { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Describe { .. }
            | Self::Descriptor { .. }
            | Self::Taken(_)
            | Self::WantsMore(_)
            | Self::Resolve(_)
            | Self::InUse { .. } => Fault::Caller,
            Self::Compile { source, .. } => source.fault(),
            Self::Build(error) => error.fault(),
            Self::Sandbox { .. } | Self::Damaged { .. } | Self::Io { .. } | Self::Index(_) | Self::Interrupted => {
                Fault::Host
            }
        }
    }

    /// A short stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NotAFile { .. } => "not-a-file",
            Self::TooLarge { .. } => "too-large",
            Self::Refused { problem, .. } | Self::Describe { problem, .. } | Self::Sandbox { problem, .. } => {
                &problem.code
            }
            Self::Compile { .. } => "compile",
            Self::Descriptor { .. } => "bad-descriptor",
            Self::Taken(_) => "version-taken",
            Self::WantsMore(_) => "wants-more",
            Self::Resolve(_) => "unknown-plugin",
            Self::InUse { .. } => "in-use",
            Self::Build(_) => "build",
            Self::Damaged { .. } => "damaged",
            Self::Io { .. } => "io",
            Self::Index(_) => "database",
            Self::Interrupted => "interrupted",
        }
    }

    /// The whole chain as one problem, for those who keep problems.
    pub fn to_problem(&self) -> Problem {
        let mut message = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            message.push_str(": ");
            message.push_str(&error.to_string());
            next = error.source();
        }
        Problem::new(self.code(), message)
    }
}

/// Runs what blocks on a thread meant for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| RegistryError::Interrupted)?
}

/// `map_err` of file errors.
pub(super) fn io_error(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> RegistryError {
    let path = path.to_path_buf();
    move |source| RegistryError::Io { what, path, source }
}
