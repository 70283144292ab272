//! Short ways to say what came of it.

use crate::bindings::dagwood::task::types::{Failure, Outcome, Problem};
use serde_json::{Value, json};
use std::fmt::Display;

/// What `run` answers.
pub(crate) type Answer = Result<Outcome, Failure>;

/// Done with a value.
pub(crate) fn done(value: &Value) -> Answer {
    Ok(Outcome::Done(value.to_string()))
}

/// Done, whether it worked or not: `{"ok": …}` or `{"error": "…"}`.
pub(crate) fn attempted<E: Display>(result: Result<Value, E>) -> Answer {
    match result {
        Ok(value) => done(&json!({ "ok": value })),
        Err(error) => done(&json!({ "error": error.to_string() })),
    }
}

pub(crate) fn problem(code: &str, message: &str) -> Problem {
    Problem { code: code.to_owned(), message: message.to_owned(), details: None }
}

pub(crate) fn permanent(code: &str, message: &str) -> Failure {
    Failure::Permanent(problem(code, message))
}
