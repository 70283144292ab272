//! Several processes, killed processes, homes that cannot be written; and what people build and start by themselves:
//! plugins outside the repository, the README's snippets, a program that embeds the library.

#[path = "../common/mod.rs"]
mod common;

mod embedding;
mod home;
mod killed;
mod new_plugin;
mod outside;
mod readme;
mod started;
mod together;
