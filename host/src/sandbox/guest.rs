//! What one store holds besides the instance: one of these for each call, never used again.

use std::time::Instant;

use wasmtime::component::ResourceTable;

use super::limiter::Limiter;
use super::wasi::cli::Cli;
use super::wasi::clocks::Clocks;
use super::wasi::filesystem::Files;
use super::wasi::http::Http;
use super::wasi::random::Random;
use super::wasi::sockets::Sockets;
use super::wasi::stdio::Stdio;
use super::world::HostCalls;

/// Which call a store is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// `task.run`.
    Run,
    /// `task.describe`.
    Describe,
}

/// The data of a store.
pub(super) struct Guest {
    /// What it is asked.
    pub(super) call: Call,
    /// Every handle that the guest holds.
    pub(super) table: ResourceTable,
    /// Memory of the instance.
    pub(super) limiter: Limiter,
    /// `/in`, `/out` and `/tmp`.
    pub(super) files: Files,
    /// What time it is, and waiting.
    pub(super) clocks: Clocks,
    /// Random numbers.
    pub(super) random: Random,
    /// Environment, arguments, terminals: all empty.
    pub(super) cli: Cli,
    /// Standard output and error.
    pub(super) stdio: Stdio,
    /// Denied.
    pub(super) sockets: Sockets,
    /// Requests to granted hosts.
    pub(super) http: Http,
    /// `dagwood:task`: context, log, progress, metrics.
    pub(super) calls: HostCalls,
    /// When guest code is interrupted, in real time.
    pub(super) deadline: Instant,
}
