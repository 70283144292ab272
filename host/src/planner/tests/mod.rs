//! Tests of the planner: the sentences of `docs/scheduling.md` one by one, then a seeded simulation against a model of its own.

mod branches;
mod data;
mod hosts;
mod limits;
mod moving;
mod people;
mod play;
mod retries;
mod rng;
mod sim;
mod spec;
