//! What the host makes of the answers.
//!
//! | the guest | becomes |
//! |---|---|
//! | `done`, `branch` | as answered, if the contract holds; outputs are checked by the artifact store |
//! | `branch` without `may-branch` | permanent failure |
//! | `skipped`, `again` | as answered; `again` waits at least 100 ms |
//! | `retryable`, `permanent` | as answered |
//! | no JSON, too large, too deep, not of the declared shape | permanent failure: a broken contract |
//! | a trap, a memory or fuel limit | retryable; permanent for a pure try that never called `context` |
//! | another limit, a timeout | retryable |
//! | told to end | cancelled |
//! | cannot run here | permanent failure |
//! | the host failed | retryable |
//!
//! Pure: no files, no clock.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jsonschema::Validator;
use serde_json::Value;

use crate::contract::{Failure, Outcome, Problem};
use crate::executor::port::{Answer, Ended};
use crate::executor::shape::{is_deeper_than, violations};
use crate::limits::{JSON_DEPTH_MAX, MIN_RESCHEDULE};
use crate::text::cut;

/// The longest text that a guest may leave as a message or reason: it is stored and shown with the task.
const MESSAGE_MAX_BYTES: usize = 16 << 10;
/// The longest code of a guest's problem: a short word.
const CODE_MAX_BYTES: usize = 64;
/// The longest wait that a guest may ask for: a year, which any clock can still add.
const WAIT_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What an answer is held against.
pub(super) struct Terms<'a> {
    /// Virtual clocks, seeded random numbers.
    pub(super) pure: bool,
    /// Whether `context` was called.
    pub(super) context_called: bool,
    /// Whether the plugin declares that it may branch.
    pub(super) may_branch: bool,
    /// The most bytes of a result.
    pub(super) result_bytes: u64,
    /// The declared shape of the result, if it has one.
    pub(super) shape: Option<&'a Validator>,
}

/// The outcome of a call, but for its outputs.
pub(super) fn outcome(result: Result<Answer, Ended>, terms: &Terms<'_>) -> Outcome {
    match result {
        Ok(answer) => answered(answer, terms).unwrap_or_else(permanent),
        Err(ended) => ended_without(ended, terms),
    }
}

/// The outcome of a contract that was broken.
pub(super) fn broken(code: &str, what: &str) -> Outcome {
    permanent(breach(code, what))
}

/// A permanent failure.
pub(super) fn permanent(problem: Problem) -> Outcome {
    Outcome::Failed(Failure::Permanent { problem })
}

/// A failure that another try may not meet.
pub(super) fn retryable(problem: Problem) -> Outcome {
    Outcome::Failed(Failure::Retryable { problem, after: None })
}

fn breach(code: &str, what: &str) -> Problem {
    Problem::new(code, format!("the plugin broke its contract: {what}"))
}

fn answered(answer: Answer, terms: &Terms<'_>) -> Result<Outcome, Problem> {
    match answer {
        Answer::Done(text) => Ok(Outcome::Done { value: value(&text, terms)? }),
        Answer::Branch(text, chosen) => {
            if !terms.may_branch {
                let what = "it answered `branch`, but its descriptor does not say `may-branch`";
                return Err(breach("branch-not-allowed", what));
            }
            let bytes = chosen.iter().map(|label| label.len() as u64).sum::<u64>();
            check_size("the labels of its branch", bytes, terms)?;
            Ok(Outcome::Branch { value: value(&text, terms)?, chosen })
        }
        Answer::Skipped(reason) => Ok(Outcome::Skipped { reason: cut(&reason, MESSAGE_MAX_BYTES) }),
        Answer::Again(after, state) => {
            let state = state.map(|text| json("the state of its `again`", &text, terms)).transpose()?;
            Ok(Outcome::Again { after: after.clamp(MIN_RESCHEDULE, WAIT_MAX), state })
        }
        Answer::Failed(Failure::Retryable { problem, after }) => Ok(Outcome::Failed(Failure::Retryable {
            problem: bounded(problem, terms),
            after: after.map(|after| after.min(WAIT_MAX)),
        })),
        Answer::Failed(Failure::Permanent { problem }) => Ok(permanent(bounded(problem, terms))),
    }
}

fn ended_without(ended: Ended, terms: &Terms<'_>) -> Outcome {
    match ended {
        Ended::Trap(problem) | Ended::Limit { problem, repeats: true } if terms.pure && !terms.context_called => {
            permanent(would_repeat(problem))
        }
        Ended::Trap(problem)
        | Ended::Limit { problem, .. }
        | Ended::Timeout(problem)
        | Ended::NotLoaded(problem)
        | Ended::Host(problem) => retryable(problem),
        Ended::Cancelled => Outcome::Cancelled,
        Ended::Refused(problem) => permanent(problem),
    }
}

fn would_repeat(mut problem: Problem) -> Problem {
    problem.message.push_str(
        "; it would happen again: the task is pure and did not ask which try it is, so another try would do the same",
    );
    problem
}

/// The result's value.
fn value(text: &str, terms: &Terms<'_>) -> Result<Value, Problem> {
    let value = json("its result", text, terms)?;
    match terms.shape.and_then(|shape| violations(shape, &value)) {
        Some(what) => Err(breach("result-shape", &format!("its result does not meet its own schema: {what}"))),
        None => Ok(value),
    }
}

fn json(what: &str, text: &str, terms: &Terms<'_>) -> Result<Value, Problem> {
    check_size(what, text.len() as u64, terms)?;
    let not_json = |error: serde_json::Error| {
        if error.to_string().starts_with("recursion limit") { too_deep(what) } else { no_json(what, &error) }
    };
    let value: Value = serde_json::from_str(text).map_err(not_json)?;
    if is_deeper_than(&value, JSON_DEPTH_MAX) { Err(too_deep(what)) } else { Ok(value) }
}

fn no_json(what: &str, error: &serde_json::Error) -> Problem {
    breach("result-not-json", &format!("{what} is not JSON: {error}"))
}

fn too_deep(what: &str) -> Problem {
    breach("result-too-deep", &format!("{what} nests deeper than {JSON_DEPTH_MAX} levels"))
}

fn check_size(what: &str, bytes: u64, terms: &Terms<'_>) -> Result<(), Problem> {
    if bytes <= terms.result_bytes {
        return Ok(());
    }
    let most = terms.result_bytes;
    let what =
        format!("{what} takes {bytes} bytes, and at most {most} are kept; write large results to a file in /out");
    Err(breach("result-too-large", &what))
}

/// The guest's own problem, cut to what is kept.
fn bounded(problem: Problem, terms: &Terms<'_>) -> Problem {
    let fits = |details: &Value| {
        let bytes = serde_json::to_vec(details).map_or(u64::MAX, |text| text.len() as u64);
        bytes <= terms.result_bytes && !is_deeper_than(details, JSON_DEPTH_MAX)
    };
    Problem {
        code: cut(&problem.code, CODE_MAX_BYTES),
        message: cut(&problem.message, MESSAGE_MAX_BYTES),
        details: problem.details.filter(fits),
    }
}
