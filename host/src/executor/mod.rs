//! Runs a fully decided attempt and tells how it ended. Local now; on other machines later.
//!
//! Owns the ports around it: [`Executor`], which the scheduler calls, [`port::Sandbox`], which runs a guest, and
//! [`CompiledComponents`], which knows the compiled code.
//! Must never know: states, retries, the store. One more way to run: implement [`Executor`].
//!
//! - [`local`]: a try in this process: folders, sandbox, contract, outputs, log
//! - [`contract_check`]: the table of what the host makes of the answers
//! - [`mounts`]: granted folders of the host, opened and judged
//! - [`permits`]: what the operator permits to tasks; [`secrets`]: who knows their values
//! - [`granted`]: what a try is granted, made ready for it
//! - [`log`]: what is kept of a try for people: its lines, its metrics
//! - [`shape`]: a plugin's schema of its result, compiled

mod components;
mod contract_check;
pub mod granted;
pub mod local;
pub mod log;
pub mod mounts;
pub mod permits;
pub mod port;
mod scratch;
pub mod secrets;
pub mod shape;
mod watcher;

pub use components::CompiledComponents;

use std::future::Future;
use std::pin::Pin;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::lifecycle::launch::{Launch, Report};

/// A future that may move between threads.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Says when a try is to end early: becomes `true` once and stays so.
pub type Cancel = watch::Receiver<bool>;

/// Runs decided attempts.
pub trait Executor: Send + Sync + 'static {
    /// Runs one try to its end. Never fails by itself: whatever goes wrong is an outcome in the report.
    fn run(&self, launch: Launch, cancel: Cancel) -> Boxed<Report>;

    /// The runtime on which [`run`](Self::run)'s future is best driven: on another it works too, and takes more changes
    /// of threads.
    fn runtime(&self) -> Handle {
        Handle::current()
    }
}

#[cfg(test)]
mod tests;
