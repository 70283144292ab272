//! What a task may do beyond the sandbox.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::dag::model::MountMode;

/// What a task may do beyond the sandbox. The operator's `config.toml` says what may be granted.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Grants", deny_unknown_fields)]
#[serde(default)]
pub(crate) struct GrantsSpec {
    /// Where it may send HTTP requests.
    #[schemars(with = "Vec<HttpGrantSpec>")]
    pub(crate) http: Vec<Option<HttpGrantSpec>>,
    /// Folders of the host.
    // What was wrong in it is null.
    #[schemars(with = "Vec<MountSpec>")]
    pub(crate) mounts: Vec<Option<MountSpec>>,
    /// Environment variables.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) env: BTreeMap<String, Value>,
    /// Secrets that the host puts into its requests; the task itself sees placeholders.
    #[schemars(with = "Vec<SecretGrantSpec>")]
    pub(crate) secrets: Vec<Option<SecretGrantSpec>>,
}

/// Where a task may send HTTP requests.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "HttpGrant")]
pub(crate) enum HttpGrantSpec {
    /// Host and port, with any method: `api.example.com:443`; `http://api.example.com:80` without TLS.
    To(String),
    /// The same with its methods.
    With(HttpGrantTable),
}

/// Where a task may send HTTP requests, and with which methods.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["to"]))]
#[serde(default)]
pub(crate) struct HttpGrantTable {
    /// Host and port.
    #[schemars(example = "api.example.com:443")]
    pub(crate) to: Option<String>,
    /// Methods; any, if none are named.
    #[schemars(with = "Vec<String>", example = ["GET", "POST"])]
    pub(crate) methods: Option<Vec<Option<String>>>,
}

/// A secret that the host puts into a task's requests.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SecretGrant")]
pub(crate) enum SecretGrantSpec {
    /// By its name: in the header `authorization`, to every host that `http` grants with TLS.
    Name(String),
    /// With its headers and hosts.
    With(SecretGrantTable),
}

/// A secret with the headers and hosts that it is for.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["name"]))]
#[serde(default)]
pub(crate) struct SecretGrantTable {
    /// Its name.
    #[schemars(example = &"API_TOKEN")]
    pub(crate) name: Option<String>,
    /// Headers of requests that it may stand in; `authorization` by default.
    #[schemars(with = "Vec<String>", example = ["x-api-key"])]
    pub(crate) headers: Option<Vec<Option<String>>>,
    /// Hosts and ports, each of which `http` grants; all with TLS by default.
    #[schemars(with = "Vec<String>", example = ["api.example.com:443"])]
    pub(crate) to: Option<Vec<Option<String>>>,
}

/// A folder of the host in the sandbox.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
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
