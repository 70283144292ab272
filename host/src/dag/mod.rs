//! What the user wrote → a checked graph, or the list of all its problems.
//!
//! Pure: text in, [`model::Dag`] or [`diagnostic::Diagnostic`]s out, in two stages. [`Draft::from_toml`] reads the
//! text and says which plugins it names; whoever may touch the disk looks them up and puts the answers into a
//! [`Catalog`]; [`check()`] does all the rest. Nothing is built, run or read from disk here.
//!
//! One more key of the file: add it to `file/`, from which its JSON Schema and the reading follow; check what it
//! means in a file of `check/`; keep it in [`model`].

pub mod builder;
pub mod callback;
mod catalog;
mod check;
pub mod diagnostic;
pub(crate) mod document;
mod draft;
pub mod edges;
mod explain;
mod file;
pub mod grant;
pub mod json;
mod locate;
pub mod model;
pub mod origin;
mod outside;
pub mod params;
pub mod path;
mod read;
pub mod render;
mod shape;
mod shared;
pub mod show;
pub mod template;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod words;

pub use builder::DagBuilder;
pub use catalog::{Catalog, PluginProblem};
pub use check::{Checked, check};
pub use draft::{Draft, PluginRef, PluginSource};
pub use file::schema;
pub use outside::Wrong;
