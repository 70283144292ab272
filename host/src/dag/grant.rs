//! What a task may do beyond the sandbox, as it was checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::dag::origin::Origin;

/// What a task may do beyond the sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Folders of the host.
    pub mounts: Vec<Mount>,
    /// Environment variables, by name.
    pub env: BTreeMap<String, String>,
    /// Where HTTP requests may go.
    pub http: Vec<HttpGrant>,
    /// Secrets that the host puts into the headers of such requests.
    pub secrets: Vec<SecretGrant>,
}

impl Grants {
    /// Whether there are none. A task that has some is not pure.
    pub fn is_empty(&self) -> bool {
        self.mounts.is_empty() && self.env.is_empty() && self.http.is_empty() && self.secrets.is_empty()
    }
}

/// Where a task may send HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// There.
    pub to: Origin,
    /// With these methods, in upper case; none: with any.
    pub methods: Option<Vec<String>>,
}

impl HttpGrant {
    /// Whether a request with this method may be sent.
    pub fn fits_method(&self, method: &str) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.iter().any(|granted| granted == method))
    }
}

/// A secret that a task never sees: it has a placeholder, which the host replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrant {
    /// The secret's name, and that of the environment variable that holds the placeholder.
    pub name: String,
    /// In these headers, in lower case.
    pub headers: Vec<String>,
    /// Of requests that go there; each is secured and granted.
    pub to: Vec<Origin>,
}

/// A folder of the host that a task sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its path on the host: absolute.
    pub host: PathBuf,
    /// Its path for the task: absolute, without `.` and `..`.
    pub guest: String,
    /// Whether the task may change what is in it.
    pub mode: MountMode,
}

/// How a folder is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MountMode {
    /// Read-only.
    #[default]
    Ro,
    /// Writable.
    Rw,
}

impl MountMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Rw => "rw",
        }
    }
}
