//! What a task costs of the core and of the store, counted: neither the machine nor its mood matters.
//!
//! `tests/memory.rs` counts bytes and allocations, `benches/instructions.rs` instructions. Commits, statements and starts are counted by
//! the scheduler's own tests.

pub mod drive;
pub mod ground;
pub mod store;
