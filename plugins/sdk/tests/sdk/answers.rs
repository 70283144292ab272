//! What `run` may answer, and what the harness checks as a host does.

use dagwood_sdk::prelude::*;
use dagwood_sdk::testing::{Harness, Tried};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done,
    Branch,
    Skip,
    Again,
    Unwritable,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    answer: Answer,
    #[serde(default)]
    write: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Seen {
    times: u32,
}

const MUST: Output<One> = Output::one("must");
const MAY: Output<Optional> = Output::optional("may");

/// Answers as it is told. `BRANCHES` is whether it says so.
struct Answers<const BRANCHES: bool>;

impl<const BRANCHES: bool> Task for Answers<BRANCHES> {
    type Params = Params;
    type Value = Value;

    fn plugin() -> Plugin {
        let plugin = Plugin::new("answers", "0.1.0", "Answers as it is told").output(MUST).output(MAY);
        if BRANCHES { plugin.may_branch() } else { plugin }
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Value> {
        for name in params.write {
            std::fs::write(call.output(MUST).with_file_name(name), "text")?;
        }
        Ok(match params.answer {
            Answer::Done => Outcome::Done(json!({"fine": true})),
            Answer::Branch => Outcome::branch(json!(1), ["left", "right"]),
            Answer::Skip => Outcome::skipped("nothing new"),
            Answer::Again => {
                let seen: Seen = call.resume()?.unwrap_or_default();
                Outcome::again_with(Duration::from_micros(1_500_200), Seen { times: seen.times + 1 })?
            }
            Answer::Unwritable => {
                let state = std::collections::BTreeMap::from([(vec![1], 2)]);
                Outcome::again_with(Duration::from_secs(1), state)?
            }
        })
    }
}

fn tried<const BRANCHES: bool>(params: Value) -> Tried {
    Harness::<Answers<BRANCHES>>::new().params(params).run()
}

#[test]
fn done_gives_the_value_and_what_was_written() {
    let tried = tried::<false>(json!({"answer": "done", "write": ["must", "may"]}));
    assert_eq!(tried.done(), json!({"fine": true}));
    assert_eq!(tried.output_text(MUST), "text");
    assert_eq!(tried.output(MAY), b"text");
}

#[test]
fn a_branch_gives_the_chosen_labels_in_order() {
    assert_eq!(tried::<true>(json!({"answer": "branch", "write": ["must"]})).chosen(), ["left", "right"]);
}

#[test]
fn a_branch_without_may_branch_is_a_broken_contract() {
    let tried = tried::<false>(json!({"answer": "branch", "write": ["must"]}));
    assert_eq!(tried.failure().code(), "broken-contract");
    assert!(tried.failure().message().contains("may_branch"), "{:?}", tried.failure());
}

#[test]
fn a_required_output_that_was_not_written_is_a_broken_contract() {
    let tried = tried::<false>(json!({"answer": "done", "write": ["may"]}));
    assert_eq!(tried.failure().message(), "the output `must` was not written");
    assert!(!tried.failure().is_retryable());
}

#[test]
fn an_output_that_is_not_declared_is_a_broken_contract() {
    let tried = tried::<false>(json!({"answer": "done", "write": ["must", "surprise"]}));
    assert_eq!(tried.failure().message(), "`plugin` does not declare the output `surprise`");
}

#[test]
fn a_skip_needs_no_outputs() {
    assert_eq!(tried::<false>(json!({"answer": "skip"})).skipped(), "nothing new");
}

#[test]
fn again_keeps_a_typed_state_and_rounds_the_wait_up_to_milliseconds() {
    let first = tried::<false>(json!({"answer": "again"}));
    assert_eq!(first.again(), Duration::from_millis(1_501));
    assert_eq!(first.state(), json!({"times": 1}));
    let second = Harness::<Answers<false>>::new().params(json!({"answer": "again"})).resume(first.state()).run();
    assert_eq!(second.state(), json!({"times": 2}));
}

#[test]
fn a_state_of_another_shape_is_a_permanent_failure() {
    let tried = Harness::<Answers<false>>::new().params(json!({"answer": "again"})).resume("three").run();
    assert_eq!(tried.failure().code(), "bad-state");
}

#[test]
fn a_state_that_cannot_be_json_is_a_permanent_failure() {
    assert_eq!(tried::<false>(json!({"answer": "unwritable"})).failure().code(), "bad-state");
}

#[test]
fn params_that_do_not_fit_are_a_permanent_failure_that_says_why() {
    let tried = tried::<false>(json!({"answer": "done", "colour": "red"}));
    assert_eq!(tried.failure().code(), "bad-params");
    assert!(tried.failure().message().contains("unknown field `colour`"), "{:?}", tried.failure());
}
