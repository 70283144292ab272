//! What is kept of a try for people: its lines and its metrics, as JSON lines in files beside each other.
//!
//! Must never know: states, the database, terminals (but [`escape`] makes text fit for one). One more kind of line:
//! a [`Source`].
//!
//! ```text
//! logs/<dag_id>/<run_id>/<task_id>/<try>.jsonl           lines, in the order in which they were completed
//! logs/<dag_id>/<run_id>/<task_id>/<try>.metrics.jsonl   points of metrics
//! logs/<dag_id>/<run_id>/<task_id>/<try>.out/            what a failed try left in /out
//! ```
//!
//! All are made on first use: a try that says nothing and ends well leaves no file.

mod lines;
mod metrics;
mod reader;
mod writer;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::executor::port::Level;
use crate::ids::{DagId, RunId, TaskId};

pub use metrics::MetricPoint;
pub use reader::{JsonLines, LogError, read_log, read_metrics};

pub(crate) use metrics::Series;
pub(crate) use writer::TryLog;

#[cfg(test)]
mod tests;

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The guest's standard output.
    Stdout,
    /// The guest's standard error.
    Stderr,
    /// A call of `log`.
    Log,
    /// The host itself: the try started, ended, met a limit.
    Host,
}

impl Source {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Log => "log",
            Self::Host => "host",
        }
    }
}

/// One line of a try's log, as it is stored. Its text is a stranger's: escape it before it reaches a terminal or a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the line was complete, in the host's real time.
    pub ts: Timestamp,
    /// Where it comes from.
    pub source: Source,
    /// How grave it is, where the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The line, without its end.
    pub message: String,
    /// More, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// It was longer: of `stdout` and `stderr` the next line goes on with it, of `log` the rest is lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl LogLine {
    /// A line of the host's.
    pub(crate) fn host(ts: Timestamp, level: Level, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { ts, source: Source::Host, level: Some(level), message, fields: Map::new(), cut: false }
    }
}

/// Where the files of one try lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryFiles {
    /// Its lines.
    pub log: PathBuf,
    /// Its points of metrics.
    pub metrics: PathBuf,
    /// What it left in `/out` when it failed.
    pub kept_out: PathBuf,
}

impl TryFiles {
    /// Those of the try `try_number`, from 1, beneath the folder `logs`.
    pub fn of(logs: &Path, dag: &DagId, run: &RunId, task: &TaskId, try_number: u32) -> Self {
        let folder = logs.join(dag.as_str()).join(run.as_str()).join(task.as_str());
        Self {
            log: folder.join(format!("{try_number}.jsonl")),
            metrics: folder.join(format!("{try_number}.metrics.jsonl")),
            kept_out: folder.join(format!("{try_number}.out")),
        }
    }
}

/// Makes the folder of a try's files, for this user only.
pub(crate) fn make_parents(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens a file of JSON lines to add to it: the file and its length. A line that a crash tore is ended first.
fn open_to_append(path: &Path) -> io::Result<(File, u64)> {
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    make_parents(path)?;
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let bytes = file.metadata()?.len();
    let mut last = [b'\n'];
    if bytes > 0 {
        file.read_exact_at(&mut last, bytes - 1)?;
    }
    if last == [b'\n'] {
        return Ok((file, bytes));
    }
    file.write_all(b"\n")?;
    Ok((file, bytes + 1))
}
