//! What is kept of components, of names and versions, and of builds by path.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::contract::Descriptor;
use crate::ids::{DagId, Digest, RunId};

/// What a component exports and imports, read from its type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentInterface {
    /// Names of exported interfaces, such as `dagwood:task/task@0.1.0`.
    pub exports: Vec<String>,
    /// Imports of the base set of WASI, which is always linked and grants nothing; shown as one line.
    pub base_imports: Vec<String>,
    /// Imports of `dagwood:task`; `context` among them means that results may depend on the run.
    pub task_imports: Vec<String>,
    /// All other imports: each needs a grant.
    pub granted_imports: Vec<String>,
}

/// A component that was taken: its bytes lie in the home under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentRecord {
    /// Of its bytes.
    pub digest: Digest,
    /// Of the `.wasm` file.
    pub size_bytes: u64,
    /// What it said of itself, once.
    pub descriptor: Arc<Descriptor>,
    /// What its type says.
    pub interface: ComponentInterface,
    /// When it was first taken.
    pub registered_at: Timestamp,
}

impl ComponentRecord {
    /// `name@version`, for people.
    pub fn label(&self) -> String {
        format!("{}@{}", self.descriptor.name, self.descriptor.version)
    }
}

/// A name and version, and the component that they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginRecord {
    /// As the component describes itself.
    pub name: String,
    /// As the component describes itself.
    pub version: Version,
    /// When the name and version were given to this component.
    pub registered_at: Timestamp,
    /// The component.
    pub component: ComponentRecord,
}

impl PluginRecord {
    /// The record of a component under its own name and version.
    pub fn of(component: ComponentRecord, registered_at: Timestamp) -> Self {
        Self {
            name: component.descriptor.name.clone(),
            version: component.descriptor.version.clone(),
            registered_at,
            component,
        }
    }
}

/// The last build of a crate that a DAG gives by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathBuild {
    /// The crate's folder, absolute, links resolved.
    pub path: PathBuf,
    /// Over all that the build was made of: see [`build`](super::build).
    pub fingerprint: Digest,
    /// Files outside the crate's and its path dependencies' folders that the build read (`include_str!` and the like).
    pub outside: Vec<PathBuf>,
    /// The component that was built.
    pub digest: Digest,
    /// When.
    pub built_at: Timestamp,
}

/// Who uses a component, so that it cannot be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginUser {
    /// The version that a DAG is known by.
    Dag(DagId),
    /// A kept run.
    Run(DagId, RunId),
}

impl fmt::Display for PluginUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dag(dag) => write!(f, "DAG `{dag}`"),
            Self::Run(dag, run) => write!(f, "run `{run}` of DAG `{dag}`"),
        }
    }
}
