//! How a DAG file is read, for other files that are read in the same way: all mistakes at once, each with its place.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::dag::diagnostic::{Diagnostic, Mistake};
use crate::dag::words::Suggest;
use crate::dag::{file, locate, read};

pub(crate) use crate::dag::check::{Zero, duration, size};
pub(crate) use crate::dag::file::{DurationText, SizeSpec};
pub(crate) use crate::dag::shape::Shape;

/// The shape of files that hold a `T`, each field of which may be absent.
pub(crate) fn shape_of<T: JsonSchema>() -> Option<Shape> {
    Shape::new(file::checking_schema_of::<T>(), &[])
}

/// Reads a TOML file of that shape: what fits, and what is wrong.
pub(crate) fn from_toml<T: DeserializeOwned>(text: &str, shape: &Shape) -> (Option<T>, Vec<Mistake>) {
    let read = read::read(text);
    let mut mistakes = read.mistakes;
    let found = read.value.and_then(|document| {
        let (found, wrong) = shape.read(document, &Suggest::default());
        mistakes.extend(wrong);
        found
    });
    (found, mistakes)
}

/// Looks the places of the mistakes up in the text.
pub(crate) fn diagnostics(mistakes: Vec<Mistake>, text: &str) -> Vec<Diagnostic> {
    locate::diagnostics(mistakes, Some(text))
}
