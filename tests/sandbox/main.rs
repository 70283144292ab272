//! The sandbox against a guest in Rust that does what it is told, good or bad. (Small components in text are tried in
//! the sandbox's own tests.)

#[path = "../common/mod.rs"]
mod common;

mod chatter;
mod ends;
mod files;
mod inputs;
mod kit;
mod mounts;
mod outside;
mod pure;
mod quota;
