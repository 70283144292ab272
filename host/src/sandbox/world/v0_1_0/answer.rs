//! What a guest answers.

use std::time::Duration;

use serde_json::Value;

use super::bindings::dagwood::task::types;
use crate::contract::{Failure, Problem};
use crate::executor::port::Answer;
use crate::sandbox::limits::{CODE_BYTES, DETAILS_BYTES, MESSAGE_BYTES};
use crate::text::cut;

/// The host's own form of an answer.
pub(super) fn from(answer: Result<types::Outcome, types::Failure>) -> Answer {
    match answer {
        Ok(types::Outcome::Done(value)) => Answer::Done(value),
        Ok(types::Outcome::Branch(branching)) => Answer::Branch(branching.value, branching.chosen),
        Ok(types::Outcome::Skipped(reason)) => Answer::Skipped(cut(&reason, MESSAGE_BYTES)),
        Ok(types::Outcome::Again(wait)) => Answer::Again(Duration::from_millis(wait.after_ms), wait.state),
        Err(types::Failure::Retryable(retry)) => Answer::Failed(Failure::Retryable {
            problem: problem(retry.problem),
            after: retry.after_ms.map(Duration::from_millis),
        }),
        Err(types::Failure::Permanent(given)) => Answer::Failed(Failure::Permanent { problem: problem(given) }),
    }
}

fn problem(given: types::Problem) -> Problem {
    // Details that are no JSON are still better than none.
    let cut_off = |text: &str| Value::from(cut(text, MESSAGE_BYTES));
    let details = |text: String| match text.len() > DETAILS_BYTES {
        true => cut_off(&text),
        false => serde_json::from_str(&text).unwrap_or_else(|_| cut_off(&text)),
    };
    Problem {
        code: match given.code.trim() {
            "" => "unnamed".to_owned(),
            code => cut(code, CODE_BYTES),
        },
        message: cut(&given.message, MESSAGE_BYTES),
        details: given.details.map(details),
    }
}
