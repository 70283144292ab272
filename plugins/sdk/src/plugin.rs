//! What a plugin says about itself.

use crate::bindings::dagwood::task::types;
use crate::port::Port;
use crate::{Input, Output};

/// Name, version, ports and requests of a plugin. Made by [`plugin!`](crate::plugin!) or [`Plugin::new`].
#[derive(Debug, Clone)]
pub struct Plugin {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    pub(crate) may_branch: bool,
    pub(crate) requests: Vec<Request>,
}

/// A [`Plugin`] with name, version and summary of the crate, as its `Cargo.toml` has them (the summary is the key
/// `description`).
#[macro_export]
macro_rules! plugin {
    () => {
        $crate::Plugin::new(
            ::core::env!("CARGO_PKG_NAME"),
            ::core::env!("CARGO_PKG_VERSION"),
            ::core::env!("CARGO_PKG_DESCRIPTION"),
        )
    };
}

impl Plugin {
    /// A plugin without ports. `name` is lower-case words joined by `-`, `version` is SemVer, `summary` one line.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            may_branch: false,
            requests: Vec::new(),
        }
    }

    /// Adds an input.
    pub fn input<C>(mut self, input: Input<C>) -> Self {
        self.inputs.push(input.port());
        self
    }

    /// Adds an output.
    pub fn output<C>(mut self, output: Output<C>) -> Self {
        self.outputs.push(output.port());
        self
    }

    /// Lets the task answer [`Outcome::Branch`](crate::Outcome::Branch).
    pub fn may_branch(mut self) -> Self {
        self.may_branch = true;
        self
    }

    /// Asks for something beyond the sandbox. It is only shown: what is granted stands in the DAG.
    pub fn request(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }
}

/// Something beyond the sandbox that the plugin would like to be granted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    kind: &'static str,
    value: String,
    reason: String,
}

impl Request {
    fn new(kind: &'static str, value: &str, reason: &str) -> Self {
        Self { kind, value: value.to_owned(), reason: reason.to_owned() }
    }

    /// HTTP to `host:port`, such as `api.example.com:443`.
    pub fn http(host_and_port: &str, reason: &str) -> Self {
        Self::new("http", host_and_port, reason)
    }

    /// A folder of the host, mounted at the guest path `path`.
    pub fn mount(path: &str, reason: &str) -> Self {
        Self::new("mount", path, reason)
    }

    /// An environment variable.
    pub fn env(name: &str, reason: &str) -> Self {
        Self::new("env", name, reason)
    }

    /// A secret by its name.
    pub fn secret(name: &str, reason: &str) -> Self {
        Self::new("secret", name, reason)
    }

    /// More memory than the default, such as `2GiB`.
    pub fn memory(size: &str, reason: &str) -> Self {
        Self::new("memory", size, reason)
    }

    pub(crate) fn describe(self) -> types::Request {
        types::Request { kind: self.kind.to_owned(), value: self.value, reason: self.reason }
    }
}
