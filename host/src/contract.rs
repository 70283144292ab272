//! The task interface `dagwood:task@0.1.0` in plain Rust: what a plugin says of itself, what it is given, what it answers.
//!
//! These are the host's own types. Only the sandbox knows the generated ones, so that a later version of the
//! interface is one more adapter there.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::Digest;

/// How many artifacts a port takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cardinality {
    /// Exactly one.
    One,
    /// None or one.
    Optional,
    /// Any number: one for each instance of a mapped task.
    Many,
}

/// An input or output port, as the plugin declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The port's name, which is also its file name.
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// Its media type, if the plugin names one.
    pub media_type: Option<String>,
    /// How many.
    pub cardinality: Cardinality,
}

/// Something beyond the sandbox that a plugin would like to be granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// `http`, `mount`, `env`, `secret` or `memory`.
    pub kind: String,
    /// What exactly, in the words of the grant.
    pub value: String,
    /// Why, for people.
    pub reason: String,
}

/// What a plugin is. Kept by the component's digest; asked once, when it is registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Descriptor {
    /// Lower-case words joined by `-`.
    pub name: String,
    /// With the name, the plugin's identity.
    pub version: semver::Version,
    /// One line for people.
    pub summary: String,
    /// JSON Schema 2020-12 of the params.
    pub params_schema: Value,
    /// JSON Schema of the result's value, if it has a shape.
    pub result_schema: Option<Value>,
    /// Files that it takes.
    pub inputs: Vec<Port>,
    /// Files that it makes.
    pub outputs: Vec<Port>,
    /// Whether it may answer `branch`.
    pub may_branch: bool,
    /// What it would like to be granted.
    pub requests: Vec<Request>,
}

impl Descriptor {
    /// The input port of that name.
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output port of that name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

/// Whether an artifact is a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactKind {
    /// One file.
    File,
    /// A folder; its digest is taken over sorted relative names, lengths and contents.
    Folder,
}

/// Content in the artifact store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Its digest.
    pub digest: Digest,
    /// File or folder.
    pub kind: ArtifactKind,
    /// Bytes; of a folder, those of all its files.
    pub size_bytes: u64,
}

/// An output port's content, published by a successful try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The output port.
    pub port: String,
    /// The content.
    pub artifact: ArtifactRef,
    /// As the port declares it.
    pub media_type: Option<String>,
}

/// An artifact that a try is given at `/in/<port>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The input port.
    pub port: String,
    /// The content.
    pub artifact: ArtifactRef,
    /// As its producer declared it.
    pub media_type: Option<String>,
}

/// The result of an upstream task, given by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedValue {
    /// The input's name.
    pub name: String,
    /// The upstream's value.
    pub value: Value,
}

/// Everything that a result may depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// An object that satisfies the params schema.
    pub params: Value,
    /// Files, in the order of the ports' names.
    pub inputs: Vec<Input>,
    /// Values, in the order of their names.
    pub values: Vec<NamedValue>,
    /// For every random choice.
    pub seed: u64,
    /// What the last `again` of this try left.
    pub resume: Option<Value>,
}

/// What went wrong, in the guest's or the host's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A short stable word for programs: the guest's own, or one of the host's, such as `memory-limit`.
    pub code: String,
    /// What failed, why, what to do.
    pub message: String,
    /// More, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Problem {
    /// A problem without details.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), details: None }
    }
}

/// Whether another try may help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Worth another try.
    Retryable {
        /// What went wrong.
        problem: Problem,
        /// Overrides the task's retry delay.
        after: Option<Duration>,
    },
    /// No retry will help.
    Permanent {
        /// What went wrong.
        problem: Problem,
    },
}

impl Failure {
    /// What went wrong.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Retryable { problem, .. } | Self::Permanent { problem } => problem,
        }
    }
}

/// How one try ended, after the host held the answer against the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Finished; the outputs are published.
    Done {
        /// The small result.
        value: Value,
    },
    /// Finished; of the direct downstream tasks only the chosen go on.
    Branch {
        /// The small result.
        value: Value,
        /// Labels of those that go on.
        chosen: Vec<String>,
    },
    /// Nothing to do.
    Skipped {
        /// Why, for people.
        reason: String,
    },
    /// Not ready: once more later, as the same try.
    Again {
        /// How long to wait.
        after: Duration,
        /// Handed back as `resume`.
        state: Option<Value>,
    },
    /// It failed.
    Failed(Failure),
    /// The host ended it because it was told to.
    Cancelled,
}
