//! The real program: what people type, what it prints, how it exits.

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod components;
mod config;
mod dag_files;
mod examples;
mod homes;
mod inputs;
mod outcomes;
mod plugins;
