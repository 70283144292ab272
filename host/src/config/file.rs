//! `config.toml` as types.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::dag::document::{DurationText, SizeSpec};
use crate::dag::model::MountMode;
use crate::limits::{FUEL_MAX, HANDLES_MAX, HANDLES_MIN, METRIC_POINTS_MAX};

/// Tasks at once at most: more than a machine does at once.
const PARALLELISM_MAX: u64 = 10_000;

/// What the operator of a home folder decides.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(title = "config.toml", deny_unknown_fields)]
#[serde(default)]
pub(super) struct ConfigFile {
    /// Tasks at once.
    #[schemars(range(min = 1, max = PARALLELISM_MAX))]
    pub(super) parallelism: Option<u32>,
    /// What all tasks may have together.
    pub(super) budget: BudgetSpec,
    /// What a DAG file may ask for a task at most.
    pub(super) maximum: MaximumSpec,
    /// What DAG files may be granted at most.
    pub(super) allow: AllowSpec,
}

/// What all tasks may have together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Budget", deny_unknown_fields)]
#[serde(default)]
pub(super) struct BudgetSpec {
    /// Memory: bytes such as `8GiB`, or a part of what the machine has, such as `75%`.
    pub(super) memory: Option<SizeSpec>,
}

/// What a DAG file may ask for a task at most.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Maximum", deny_unknown_fields)]
#[serde(default)]
pub(super) struct MaximumSpec {
    /// Memory of one try.
    pub(super) memory: Option<SizeSpec>,
    /// Time of one try.
    pub(super) execution_timeout: Option<DurationText>,
    /// Bytes in `/out` and `/tmp` of one try.
    pub(super) scratch: Option<SizeSpec>,
    /// Bytes of log of one try.
    pub(super) log: Option<SizeSpec>,
    /// Bytes of HTTP requests and answers of one try.
    pub(super) traffic: Option<SizeSpec>,
    /// Bytes of its result.
    pub(super) result: Option<SizeSpec>,
    /// Open files, streams and other handles of one try.
    #[schemars(range(min = HANDLES_MIN, max = HANDLES_MAX))]
    pub(super) handles: Option<u32>,
    /// Points of metrics and messages of progress of one try.
    #[schemars(range(min = 0, max = METRIC_POINTS_MAX))]
    pub(super) metric_points: Option<u32>,
    /// Fuel of one try, if it is counted.
    #[schemars(range(min = 1, max = FUEL_MAX))]
    pub(super) fuel: Option<u64>,
}

/// What DAG files may be granted at most. A wrong item is null.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Allow", deny_unknown_fields)]
#[serde(default)]
pub(super) struct AllowSpec {
    /// Where tasks may send HTTP requests; `["*:443"]` by default.
    #[schemars(with = "Vec<AllowedHttpSpec>")]
    pub(super) http: Option<Vec<Option<AllowedHttpSpec>>>,
    /// Folders that may be mounted, with all that is in them.
    #[schemars(with = "Vec<AllowedMountSpec>")]
    pub(super) mounts: Vec<Option<AllowedMountSpec>>,
    /// Names of environment variables that a DAG file may set: `LANG`, `APP_*`.
    #[schemars(with = "Vec<String>")]
    pub(super) env: Vec<Option<String>>,
    /// Secrets that DAG files may use.
    #[schemars(with = "Vec<AllowedSecretSpec>")]
    pub(super) secrets: Vec<Option<AllowedSecretSpec>>,
    /// Folders from which a server takes input files, besides its `--dags`.
    #[schemars(with = "Vec<String>")]
    pub(super) files: Vec<Option<String>>,
}

/// Where tasks may send HTTP requests.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "AllowedHttp")]
pub(super) enum AllowedHttpSpec {
    /// Host and port, with any method, at public addresses: `*:443`, `*.example.com:443`, `http://example.com:80`.
    To(String),
    /// With its methods, or at private addresses too.
    With(AllowedHttpTable),
}

/// Where tasks may send HTTP requests, how, and at which addresses.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["to"]))]
#[serde(default)]
pub(super) struct AllowedHttpTable {
    /// Host and port; `*` stands for any, `*.example.com` for any name below.
    pub(super) to: Option<String>,
    /// Methods; any, if none are named.
    #[schemars(with = "Vec<String>")]
    pub(super) methods: Option<Vec<Option<String>>>,
    /// Whether its addresses may be private: of this machine, or of a network that the internet does not reach.
    pub(super) private: bool,
}

/// Secrets that DAG files may use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "AllowedSecret")]
pub(super) enum AllowedSecretSpec {
    /// By name, for any host that a DAG may name: `API_TOKEN`, `APP_*`.
    Name(String),
    /// With the hosts that it is for.
    With(AllowedSecretTable),
}

/// A secret that DAG files may use, with the hosts that it is for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["name"]))]
#[serde(default)]
pub(super) struct AllowedSecretTable {
    /// Its name; a star at the end stands for all that begin so.
    #[schemars(example = &"API_TOKEN")]
    pub(super) name: Option<String>,
    /// Hosts and ports, as in `http`; any, if none are named.
    #[schemars(with = "Vec<String>", example = ["api.example.com:443"])]
    pub(super) to: Option<Vec<Option<String>>>,
}

/// A folder that may be mounted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AllowedMount", deny_unknown_fields, extend("required" = ["host"]))]
#[serde(default)]
pub(super) struct AllowedMountSpec {
    /// Its path, absolute.
    pub(super) host: Option<String>,
    /// `ro`, the default: read-only; `rw`: either way.
    pub(super) mode: Option<MountMode>,
}
