//! Write dagwood task plugins in Rust.
//!
//! A plugin is a crate with one type that implements [`Task`] and one line that exports it:
//!
//! ```
//! use dagwood_sdk::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! /// The words that are found here become the `summary` and the `description`s that people see.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Params {
//!     /// Only lines that contain this are counted; empty counts all.
//!     #[serde(default)]
//!     containing: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Counted {
//!     lines: usize,
//! }
//!
//! const TEXT: Input<One> = Input::one("text").about("What to count in").media_type("text/plain");
//! const FOUND: Output<Optional> = Output::optional("found").about("The lines that were counted");
//!
//! struct Count;
//!
//! impl Task for Count {
//!     type Params = Params;
//!     type Value = Counted;
//!
//!     fn plugin() -> Plugin {
//!         Plugin::new("count", "0.1.0", "Counts lines").input(TEXT).output(FOUND)
//!     }
//!
//!     fn run(params: Params, call: &Invocation) -> TaskResult<Counted> {
//!         let text = call.input(TEXT)?.read_to_string()?;
//!         let found: Vec<_> = text.lines().filter(|l| l.contains(&params.containing)).collect();
//!         std::fs::write(call.output(FOUND), found.join("\n"))?;
//!         info!(lines = found.len(); "counted");
//!         Ok(Outcome::Done(Counted { lines: found.len() }))
//!     }
//! }
//!
//! dagwood_sdk::export!(Count);
//!
//! # #[cfg(not(target_family = "wasm"))] fn main() {
//! // In a unit test:
//! use dagwood_sdk::testing::Harness;
//! let tried = Harness::<Count>::new().input(TEXT, "a cat\na dog\n").params(json!({"containing": "dog"})).run();
//! assert_eq!(tried.done(), json!({"lines": 1}));
//! assert_eq!(tried.output_text(FOUND), "a dog");
//! # }
//! ```
//!
//! | what | where |
//! |---|---|
//! | what a plugin is: ports, requests, name and version | [`Task::plugin`], [`Plugin`], [`Input`], [`Output`] |
//! | what a try is given, and where it writes | [`Invocation`] |
//! | what it answers | [`Outcome`]; errors: [`Failure`], and `?` on any error |
//! | which run and try this is (makes the result depend on it) | [`context`] |
//! | lines for the log, progress, series of numbers | [`info!`], [`progress()`], [`metric()`] |
//! | unit tests without a host | [`mod@testing`], in native builds |
//!
//! # Randomness
//! Seed every generator with [`Invocation::seed`], for example `fastrand::Rng::with_seed(call.seed())` or
//! `rand_chacha::ChaCha8Rng::seed_from_u64(call.seed())`. The seed is the same for all runs and tries of a task, so the
//! same inputs give the same result; a person who wants another draw sets `seed` in the DAG.

pub mod context;
#[doc(hidden)]
pub mod export;
mod failure;
mod host;
mod invocation;
mod log;
mod outcome;
mod plugin;
mod port;
pub mod prelude;
mod task;
mod telemetry;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

#[doc(hidden)]
pub mod bindings;

pub use failure::{Failure, IntoFailure, ResultExt};
pub use invocation::{Artifact, Invocation};
pub use log::Level;
pub use outcome::{Outcome, TaskResult};
pub use plugin::{Plugin, Request};
pub use port::{Input, Many, One, Optional, Output, PortName};
pub use schemars::{self, JsonSchema};
pub use serde_json::{self, Value, json};
pub use task::{NoParams, Task};
pub use telemetry::{metric, progress};

/// What the macros of this crate expand to. Not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{self, __export_task_plugin};
    pub use crate::export::{Exported, used};
    pub use crate::host::log;
}
