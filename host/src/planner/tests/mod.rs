//! Tests of the planner: the sentences of `docs/scheduling.md` one by one, then a seeded simulation against a model of its own.

mod branches;
mod callbacks;
mod data;
mod explained;
mod fairness;
mod hosts;
mod limits;
mod many;
mod moving;
mod past;
mod people;
mod play;
mod pools;
mod retries;
pub(in crate::planner) mod rng;
pub(in crate::planner) mod sim;
mod spec;
