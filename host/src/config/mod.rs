//! The operator's `config.toml`: what may run at once, and what a DAG file may ask and be granted at most.
//!
//! Pure: text in, a [`Config`] or all its mistakes out; and what it says of a task, a mount, a file. Paths come here with
//! their links resolved: who may look at the disk does that.
//! Must never know: where the file lies, DAG files.
//! One more key: a field in `file`, from which its reading follows, and what it means in `read`.

mod file;
mod permit;
mod read;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use crate::dag::diagnostic::Diagnostic;
use crate::dag::model::MountMode;
use crate::dag::origin::OriginPattern;
use crate::limits::{
    EXECUTION_TIMEOUT_MAX, FUEL_MAX, HANDLES_MAX, LOG_MAX_BYTES, MEMORY_MAX_BYTES, METRIC_POINTS_MAX, RESULT_MAX_BYTES,
    SCRATCH_MAX_BYTES, TRAFFIC_MAX_BYTES,
};

pub use permit::{Excess, Here, Refusal};

/// What the operator decides. Without a file, or a key in it: the defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Tasks at once.
    pub parallelism: Option<u32>,
    /// Memory of all tasks together.
    pub memory_budget: Option<MemoryBudget>,
    /// What a DAG file may ask for a task at most.
    pub maximum: Maximum,
    /// Folders that may be mounted, with all that is in them.
    pub mounts: Vec<AllowedMount>,
    /// Folders from which a server takes input files, besides its own.
    pub files: Vec<PathBuf>,
    /// Where tasks may send HTTP requests. By default to public hosts, with TLS at its usual port.
    pub http: Vec<AllowedHttp>,
    /// Names of environment variables that may be given: `LANG`, or with a star at the end for all that begin so, `APP_*`.
    pub env: Vec<String>,
    /// Secrets that may be used.
    pub secrets: Vec<AllowedSecret>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            parallelism: None,
            memory_budget: None,
            maximum: Maximum::default(),
            mounts: Vec::new(),
            files: Vec::new(),
            http: vec![AllowedHttp { to: OriginPattern::any_secured(), methods: None, private: false }],
            env: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

/// Memory of all tasks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryBudget {
    /// So many bytes.
    Bytes(u64),
    /// A part of what the machine has, in percent: 1 to 100.
    Percent(u8),
}

/// What a DAG file may ask for a task at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maximum {
    /// Memory of one try.
    pub memory_bytes: u64,
    /// Time of one try.
    pub execution_timeout: Duration,
    /// `/out` and `/tmp` of one try.
    pub scratch_bytes: u64,
    /// Log of one try.
    pub log_bytes: u64,
    /// HTTP requests and answers of one try.
    pub traffic_bytes: u64,
    /// Its result.
    pub result_bytes: u64,
    /// Open handles of one try.
    pub handles: usize,
    /// Points of metrics and messages of progress of one try.
    pub metric_points: u64,
    /// Fuel of one try, if it is counted.
    pub fuel: u64,
}

impl Default for Maximum {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_MAX_BYTES,
            execution_timeout: EXECUTION_TIMEOUT_MAX,
            scratch_bytes: SCRATCH_MAX_BYTES,
            log_bytes: LOG_MAX_BYTES,
            traffic_bytes: TRAFFIC_MAX_BYTES,
            result_bytes: RESULT_MAX_BYTES,
            handles: HANDLES_MAX as usize,
            metric_points: METRIC_POINTS_MAX,
            fuel: FUEL_MAX,
        }
    }
}

/// Where tasks may send HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHttp {
    /// There.
    pub to: OriginPattern,
    /// With these methods, in upper case; none: with any.
    pub methods: Option<Vec<String>>,
    /// Whether its addresses may be private.
    pub private: bool,
}

/// A secret that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSecret {
    /// Its name, written as those of environment variables are.
    pub name: String,
    /// Where it may go; none: wherever requests may.
    pub to: Option<Vec<OriginPattern>>,
}

/// A folder that may be mounted, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedMount {
    /// Its path: absolute; its links resolved by whoever read the file.
    pub host: PathBuf,
    /// `rw` allows `ro` too.
    pub mode: MountMode,
}

impl Config {
    /// Reads the text of `config.toml`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        read::parse(text)
    }

    /// The same with every folder that it names as `resolve` gives it: its links resolved.
    #[must_use]
    pub fn with_folders(mut self, resolve: impl Fn(PathBuf) -> PathBuf) -> Self {
        self.mounts =
            self.mounts.into_iter().map(|mount| AllowedMount { host: resolve(mount.host), ..mount }).collect();
        self.files = self.files.into_iter().map(resolve).collect();
        self
    }
}
