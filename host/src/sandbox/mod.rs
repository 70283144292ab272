//! Runs guests: components that implement `dagwood:task`, each call in a fresh store, with nothing but what it was
//! given. The only room that knows wasmtime.
//!
//! Must never know: states, retries, DAGs, the store of runs, where artifacts come from. It is given everything in a
//! [`Job`], and tells how the call ended.
//!
//! - `engine`, `compile`, `load`, `loaded`: from a component to one that is ready to run
//! - [`inspect`]: what a file is, without running it
//! - `world`: the interface, one adapter for each version
//! - `wasi`: WASI 0.2 as it is given here, one file for each capability
//! - `store`, `run`: one call; `cpu`: what it takes; `limiter`, `ticker`, `slots`: what bounds it; `trap`: how it ended
//!
//! One more capability: a file in `wasi`, a field of `guest::Guest`. One more limit: where it is met, and a name for
//! it in `trap`.

mod compile;
mod compute;
mod cpu;
mod engine;
mod guest;
pub mod inspect;
mod limiter;
mod limits;
mod load;
mod loaded;
mod run;
mod slots;
mod store;
mod ticker;
mod trap;
mod wasi;
mod world;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;

pub use self::compile::{CompileProblem, compile};
use self::engine::Machine;
pub use self::engine::compatibility;
use self::limits::HOST_FILES;
use self::loaded::Shelf;
use self::wasi::filesystem::Shared;
use self::wasi::http::Net;
pub use self::wasi::http::Resolve;
use crate::contract::{Descriptor, Problem};
use crate::executor::Boxed;
use crate::executor::port::{Compiled, Ended, EngineKind, Job, JobReport, Sandbox};
use crate::lifecycle::launch::Usage;
use crate::limits::PARALLELISM;

/// How much runs at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Guests at once in one engine; more wait. Address space is set aside for each, 4 GiB, but no memory.
    pub slots: u32,
    /// Threads that guests compute on.
    pub threads: usize,
    /// Files that all guests together may hold open. By default what the process may have when the sandbox is made,
    /// less what the host needs itself: raise the process's limit before, where that is little.
    pub open_files: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            slots: u32::try_from(PARALLELISM).unwrap_or(u32::MAX),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            open_files: open_files(),
        }
    }
}

/// What the process may have open, less what the host needs: half of it where there is little.
fn open_files() -> usize {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    most - HOST_FILES.min(most / 2)
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No threads.
    #[error("the threads for guests cannot be started")]
    Threads(#[source] std::io::Error),
    /// No temporary folder.
    #[error("an empty folder cannot be made in the temporary folder")]
    EmptyFolder(#[source] std::io::Error),
}

/// Runs guests with Wasmtime, on threads of its own.
pub struct WasmtimeSandbox {
    inner: Arc<Inner>,
    compute: compute::Compute,
}

/// What all calls share.
struct Inner {
    slots: u32,
    pure: OnceLock<Result<Machine, String>>,
    open: OnceLock<Result<Machine, String>>,
    fuel: OnceLock<Result<Machine, String>>,
    shelf: Shelf,
    files: Shared,
    net: Arc<Net>,
}

impl Inner {
    /// The engine, made when it is first needed.
    fn machine(&self, kind: EngineKind) -> Result<&Machine, Ended> {
        let place = match kind {
            EngineKind::Pure => &self.pure,
            EngineKind::Open => &self.open,
            EngineKind::Fuel => &self.fuel,
        };
        let made = place.get_or_init(|| Machine::new(kind, self.slots).map_err(|error| format!("{error:#}")));
        made.as_ref().map_err(|error| {
            let message = format!("the `{}` engine cannot be made: {error}", kind.as_str());
            Ended::Host(Problem::new("engine", message))
        })
    }
}

impl WasmtimeSandbox {
    /// A sandbox; its engines are made when they are first needed.
    ///
    /// # Errors
    /// When threads or a temporary folder cannot be had.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        Self::over(config, Net::system())
    }

    /// As [`new`](Self::new), where the names that guests send requests to lead to what `resolver` says. What it says is
    /// judged as the machine's own answers are: private addresses take the operator's word.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_resolver(config: SandboxConfig, resolver: Arc<dyn Resolve>) -> Result<Self, SandboxError> {
        Self::over(config, Net::with(resolver))
    }

    fn over(config: SandboxConfig, net: Net) -> Result<Self, SandboxError> {
        let inner = Inner {
            slots: config.slots.max(1),
            pure: OnceLock::new(),
            open: OnceLock::new(),
            fuel: OnceLock::new(),
            shelf: Shelf::default(),
            files: Shared::new(config.open_files).map_err(SandboxError::EmptyFolder)?,
            net: Arc::new(net),
        };
        let compute = compute::Compute::new(config.threads).map_err(SandboxError::Threads)?;
        Ok(Self { inner: Arc::new(inner), compute })
    }
}

/// A call that ended without a word: a bug of the host, or the end of the process.
fn lost() -> Ended {
    Ended::Host(Problem::new("lost", "the call was lost: the sandbox failed or was stopped"))
}

impl Sandbox for WasmtimeSandbox {
    fn run(&self, job: Job) -> Boxed<JobReport> {
        let spawned = self.compute.run(run::run(Arc::clone(&self.inner), job));
        Box::pin(async move {
            let none = || JobReport { result: Err(lost()), usage: Usage::default() };
            spawned.await.unwrap_or_else(none)
        })
    }

    fn runtime(&self) -> Handle {
        self.compute.handle().cloned().unwrap_or_else(Handle::current)
    }

    fn describe(&self, component: Compiled) -> Boxed<Result<Descriptor, Ended>> {
        let spawned = self.compute.run(run::describe(Arc::clone(&self.inner), component));
        Box::pin(async move { spawned.await.unwrap_or_else(|| Err(lost())) })
    }
}
