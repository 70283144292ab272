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
mod rng;
mod sim;
mod spec;
