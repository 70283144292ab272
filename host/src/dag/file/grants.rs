//! What a task may do beyond the sandbox.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::dag::model::MountMode;

/// What a task may do beyond the sandbox. The operator's `config.toml` says what may be granted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Grants", deny_unknown_fields)]
#[serde(default)]
pub(crate) struct GrantsSpec {
    /// Hosts and ports that it may reach by HTTP: `api.example.com:443`.
    #[schemars(with = "Vec<String>")]
    pub(crate) http: Vec<Value>,
    /// Folders of the host.
    // What was wrong in it is null.
    #[schemars(with = "Vec<MountSpec>")]
    pub(crate) mounts: Vec<Option<MountSpec>>,
    /// Environment variables.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) env: BTreeMap<String, Value>,
    /// Names of secrets.
    #[schemars(with = "Vec<String>")]
    pub(crate) secrets: Vec<Value>,
}

/// A folder of the host in the sandbox.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Mount", deny_unknown_fields, extend("required" = ["host", "guest"]))]
#[serde(default)]
pub(crate) struct MountSpec {
    /// Its path on the host, absolute.
    #[schemars(example = "/srv/data")]
    pub(crate) host: Option<String>,
    /// Its path for the task, absolute; not `/in`, `/out` or `/tmp`, nor below them.
    #[schemars(example = "/data")]
    pub(crate) guest: Option<String>,
    /// `ro`, the default, or `rw`.
    pub(crate) mode: Option<MountMode>,
}
