//! `dagwood:task`: one adapter for each published version of the interface, each between the generated types and the
//! host's own of [`crate::contract`].
//!
//! The version stands in the name of the exported interface, so it is known before anything runs. One more version:
//! a folder here, a line in [`VERSIONS`], a variant of [`Adapter`]; nothing outside this folder changes.

mod calls;
mod json;
mod v0_1_0;

use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker};

pub(super) use self::calls::HostCalls;
pub(super) use self::json::canonical;
use super::guest::Guest;
use crate::contract::{Descriptor, Invocation};
use crate::executor::port::Answer;

/// The exported interface's name without its version.
pub(super) const TASK: &str = "dagwood:task/task";
/// The versions that this host can run.
pub(super) const VERSIONS: &[&str] = &[v0_1_0::VERSION];
/// The interfaces that this host gives, without versions.
pub(super) const IMPORTS: &[&str] = &[
    "dagwood:task/context",
    "dagwood:task/log",
    "dagwood:task/metrics",
    "dagwood:task/progress",
    "dagwood:task/types",
];

/// A component, linked, with the adapter for its version.
pub(super) enum Adapter {
    /// `dagwood:task@0.1.0`.
    V0_1_0(v0_1_0::Plugin),
}

/// What `describe` gave, made into the host's own types or found wanting.
pub(super) type Described = Result<Descriptor, Vec<String>>;

impl Adapter {
    /// The adapter for a component that exports the interface in `version`.
    ///
    /// # Errors
    /// When this host has no such version, or the component's exports are of other types.
    pub(super) fn new(version: &str, component: InstancePre<Guest>) -> wasmtime::Result<Self> {
        match version {
            v0_1_0::VERSION => Ok(Self::V0_1_0(v0_1_0::plugin(component)?)),
            other => Err(wasmtime::format_err!("this host has no version {other} of `{TASK}`")),
        }
    }

    /// Calls `run` in a fresh store.
    pub(super) async fn run(&self, store: &mut Store<Guest>, invocation: &Invocation) -> wasmtime::Result<Answer> {
        match self {
            Self::V0_1_0(plugin) => v0_1_0::run(plugin, store, invocation).await,
        }
    }

    /// Calls `describe` in a fresh store.
    pub(super) async fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<Described> {
        match self {
            Self::V0_1_0(plugin) => v0_1_0::describe(plugin, store).await,
        }
    }
}

/// Links what every version imports.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    v0_1_0::link(linker)
}

/// What a descriptor of these texts becomes.
#[cfg(test)]
pub(super) fn described_from(texts: &[String]) -> Described {
    v0_1_0::described_from(texts)
}
