//! dagwood: a pipeline host. It schedules DAGs and runs each task as a sandboxed WebAssembly component.
//!
//! The rooms, in the order of dependency; `host/ARCHITECTURE.md` explains them, and a test holds who may import whom.
//!
//! Names, numbers, plain types:
//! [`ids`], [`limits`], [`text`], [`contract`], [`clock`], [`home`], [`memory`].
//!
//! The core, without clock, files or runtime:
//! [`schedule`], [`dag`], [`config`], [`lifecycle`], [`planner`].
//!
//! Ports and adapters:
//! [`artifacts`], [`executor`], [`registry`], [`sandbox`], [`store`].
//!
//! What puts them to work:
//! [`scheduler`], [`control`], [`loader`], [`compose`].
//!
//! Faces:
//! [`views`], [`cli`].

#[cfg(test)]
mod fuzzing;
#[macro_use]
mod planted;

pub mod clock;
pub mod contract;
pub mod home;
pub mod ids;
pub mod limits;
pub mod memory;
pub mod text;

pub mod config;
pub mod dag;
pub mod lifecycle;
pub mod planner;
pub mod schedule;

pub mod artifacts;
pub mod executor;
pub mod registry;
pub mod sandbox;
pub mod store;

pub mod compose;
pub mod control;
pub mod loader;
pub mod scheduler;

pub mod cli;
pub mod views;
