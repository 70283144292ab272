//! The house rules, held by tests: who may import whom, how the workspace is laid out.

mod layout;
mod reference;
mod rooms;
