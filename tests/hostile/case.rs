//! What a folder of `tests/guests/hostile` says: what its guest does, what it is given, how it must end.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::common::root;

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Its folder's name.
    #[serde(skip)]
    pub(crate) name: String,
    /// Of the design's list.
    pub(crate) group: u8,
    /// For people.
    pub(crate) does: String,
    /// How it is tried, if a run of its DAG is not all.
    #[serde(default)]
    pub(crate) by: By,
    /// The operator's `config.toml`.
    #[serde(default)]
    pub(crate) operator: String,
    /// Further keys of its task.
    #[serde(default)]
    pub(crate) task: toml::Table,
    /// How long its guest may take to be compiled, where that is what it is about.
    pub(crate) compile_timeout_s: Option<u64>,
    /// Whether its words are looked at wherever the program prints them.
    #[serde(default)]
    pub(crate) listed: bool,
    /// How long all of it may take, generously: what hangs is found, not what is slow.
    #[serde(default = "a_minute")]
    pub(crate) within_s: u64,
    /// How it must end.
    pub(crate) ends: Ends,
}

/// How a case is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// Registered, then run in a DAG beside a good task.
    #[default]
    Running,
    /// In a home on a disk with little room.
    SmallDisk,
    /// Ten thousand times, each cancelled.
    Cancelling,
    /// Cut off at many places, and registered.
    Truncating,
    /// Compiled, and registered so.
    Precompiling,
    /// Registered in two homes.
    DescribingTwice,
    /// Registered, its compiled code changed by a bit, then run.
    Flipping,
    /// Registered, other compiled code put in its place, then run.
    Planting,
}

/// How a case must end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ends {
    /// In which way.
    #[serde(default, rename = "as")]
    pub(crate) way: Way,
    /// The code of the error.
    pub(crate) code: Option<String>,
    /// What the error says.
    #[serde(default)]
    pub(crate) says: Vec<String>,
    /// What `run` answered.
    pub(crate) value: Option<Value>,
    /// What `dagwood logs` prints.
    #[serde(default)]
    pub(crate) log: Vec<String>,
    /// What neither `dagwood logs` nor `dagwood runs show` ever prints.
    #[serde(default)]
    pub(crate) log_never: Vec<String>,
    /// The most that the log's file may have.
    pub(crate) log_most_bytes: Option<u64>,
    /// What no line of the host's own may say.
    #[serde(default)]
    pub(crate) host_never_said: Vec<String>,
    /// Series of metrics that are kept with its task, at most; and there are some.
    pub(crate) metrics_at_most: Option<usize>,
    /// The size of what it published.
    pub(crate) published_bytes: Option<u64>,
    /// What may not be in it.
    #[serde(default)]
    pub(crate) published_never: Vec<String>,
    /// Whether its input must be what it was.
    #[serde(default)]
    pub(crate) input_stays: bool,
    /// Whether the server that it is not granted must not hear of it.
    #[serde(default)]
    pub(crate) evil_hears_nothing: bool,
}

/// In which way a case ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// Its task failed.
    #[default]
    Failed,
    /// Its task succeeded: it was denied what it tried, and handled that.
    Success,
    /// It was not taken as a plugin.
    Refused,
    /// A DAG with it was not taken.
    Invalid,
    /// It was cancelled.
    Cancelled,
}

fn a_minute() -> u64 {
    60
}

/// Where the folders are.
pub(crate) fn folder() -> PathBuf {
    root().join("tests/guests/hostile")
}

impl Case {
    /// All of them, by name.
    pub(crate) fn all() -> Vec<Self> {
        let entries = std::fs::read_dir(folder()).unwrap().map(Result::unwrap);
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_dir() && entry.file_name() != "src")
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names.into_iter().map(Self::read).collect()
    }

    fn read(name: String) -> Self {
        let path = folder().join(&name).join("case.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let case: Self = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name, ..case }
    }
}
