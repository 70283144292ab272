//! The sandbox on small components, written as text and compiled here. What needs a standard library (files, clocks,
//! random numbers, quotas) is tried by the program's own tests, with a guest in Rust.

mod descriptions;
mod ends;
mod engines;
mod fuzz;
mod inspections;
mod kit;
mod limits;
mod talk;
mod texts;
