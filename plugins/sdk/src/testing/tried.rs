//! What came of a try in a test.

use crate::bindings::dagwood::task::types as raw;
use crate::failure::Retry;
use crate::host::Recorded;
use crate::{Failure, Level, Outcome, PortName};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// A line that the task logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How important.
    pub level: Level,
    /// The text.
    pub message: String,
    /// Name and value of each field.
    pub fields: Vec<(String, String)>,
}

/// One report of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// Of how much, if that is known.
    pub total: Option<u64>,
    /// What is being done.
    pub message: String,
}

/// One point of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The series.
    pub name: String,
    /// Counts up.
    pub step: u64,
    /// The number.
    pub value: f64,
}

/// What came of a try. Its files live as long as this value.
///
/// # Panics
/// The methods that expect one kind of answer panic with the answer that came instead, as an assertion does.
#[derive(Debug)]
pub struct Tried {
    root: TempDir,
    answer: Result<Outcome<Value>, Failure>,
    recorded: Recorded,
}

impl Tried {
    pub(super) fn new(root: TempDir, answer: Result<raw::Outcome, raw::Failure>, recorded: Recorded) -> Self {
        Self { root, answer: answer.map(outcome).map_err(failure), recorded }
    }

    /// The answer, with the value as the JSON that a downstream task would get.
    pub fn answer(&self) -> &Result<Outcome<Value>, Failure> {
        &self.answer
    }

    /// The value of a try that is done.
    #[track_caller]
    pub fn done(&self) -> Value {
        match &self.answer {
            Ok(Outcome::Done(value)) => value.clone(),
            other => panic!("expected done, got {other:?}"),
        }
    }

    /// The labels that a branch chose.
    #[track_caller]
    pub fn chosen(&self) -> &[String] {
        match &self.answer {
            Ok(Outcome::Branch { chosen, .. }) => chosen,
            other => panic!("expected a branch, got {other:?}"),
        }
    }

    /// The reason of a try that skipped.
    #[track_caller]
    pub fn skipped(&self) -> &str {
        match &self.answer {
            Ok(Outcome::Skipped(reason)) => reason,
            other => panic!("expected skipped, got {other:?}"),
        }
    }

    /// How long a try that is not ready wants to wait.
    #[track_caller]
    pub fn again(&self) -> Duration {
        match &self.answer {
            Ok(Outcome::Again { after, .. }) => *after,
            other => panic!("expected again, got {other:?}"),
        }
    }

    /// The state that a try which is not ready left for the next time; `null` if none.
    #[track_caller]
    pub fn state(&self) -> Value {
        match &self.answer {
            Ok(Outcome::Again { state, .. }) => state.clone().unwrap_or_default(),
            other => panic!("expected again, got {other:?}"),
        }
    }

    /// The failure.
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        match &self.answer {
            Err(failure) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    /// Where an output lies, if it was written.
    pub fn output_path(&self, port: impl PortName) -> PathBuf {
        self.root.path().join("out").join(port.port_name())
    }

    /// The bytes of an output that is a file.
    #[track_caller]
    pub fn output(&self, port: impl PortName) -> Vec<u8> {
        match fs::read(self.output_path(&port)) {
            Ok(bytes) => bytes,
            Err(error) => panic!("cannot read the output `{}`: {error}", port.port_name()),
        }
    }

    /// The text of an output that is a file.
    #[track_caller]
    pub fn output_text(&self, port: impl PortName) -> String {
        match String::from_utf8(self.output(&port)) {
            Ok(text) => text,
            Err(error) => panic!("the output `{}` is not UTF-8: {error}", port.port_name()),
        }
    }

    /// The lines that were logged, in order.
    pub fn logs(&self) -> &[LogLine] {
        &self.recorded.logs
    }

    /// The reports of progress, in order.
    pub fn progress(&self) -> &[Progress] {
        &self.recorded.progress
    }

    /// The points of all series, in order.
    pub fn metrics(&self) -> &[Metric] {
        &self.recorded.metrics
    }

    /// Whether the task asked [`context`](mod@crate::context), so that its result may depend on the run.
    pub fn used_context(&self) -> bool {
        self.recorded.used_context
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the sdk wrote it by serde_json")
}

fn outcome(raw: raw::Outcome) -> Outcome<Value> {
    match raw {
        raw::Outcome::Done(value) => Outcome::Done(json(&value)),
        raw::Outcome::Branch(branching) => Outcome::Branch { value: json(&branching.value), chosen: branching.chosen },
        raw::Outcome::Skipped(reason) => Outcome::Skipped(reason),
        raw::Outcome::Again(wait) => {
            Outcome::Again { after: Duration::from_millis(wait.after_ms), state: wait.state.map(|state| json(&state)) }
        }
    }
}

fn failure(raw: raw::Failure) -> Failure {
    let (problem, retry) = match raw {
        raw::Failure::Permanent(problem) => (problem, Retry::Never),
        raw::Failure::Retryable(raw::Retry { problem, after_ms: None }) => (problem, Retry::AfterTasksDelay),
        raw::Failure::Retryable(raw::Retry { problem, after_ms: Some(millis) }) => {
            (problem, Retry::After(Duration::from_millis(millis)))
        }
    };
    let details = problem.details.as_deref().map(json).map(Box::new);
    Failure { code: problem.code, message: problem.message, details, retry }
}
