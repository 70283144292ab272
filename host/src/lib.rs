//! dagwood: a pipeline host. It schedules DAGs and runs each task as a sandboxed WebAssembly component.
//!
//! The rooms, in the order of dependency:

pub mod clock;
pub mod contract;
pub mod ids;
pub mod limits;

pub mod executor;
pub mod lifecycle;
