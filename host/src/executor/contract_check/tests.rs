use std::time::Duration;

use serde_json::{Value, json};

use super::{Terms, WAIT_MAX, outcome};
use crate::contract::{Failure, Outcome, Problem};
use crate::executor::port::{Answer, Ended};
use crate::executor::shape::compile;
use crate::limits::{JSON_DEPTH_MAX, MIN_RESCHEDULE};

const TERMS: Terms<'static> =
    Terms { pure: true, context_called: false, may_branch: false, result_bytes: 1_000, shape: None };

fn of(result: Result<Answer, Ended>) -> Outcome {
    outcome(result, &TERMS)
}

fn done(text: &str) -> Result<Answer, Ended> {
    Ok(Answer::Done(text.into()))
}

fn problem() -> Problem {
    Problem::new("code", "message")
}

/// Whether it is a permanent failure, and its problem.
#[track_caller]
fn failure(outcome: Outcome) -> (bool, Problem) {
    match outcome {
        Outcome::Failed(Failure::Permanent { problem }) => (true, problem),
        Outcome::Failed(Failure::Retryable { problem, .. }) => (false, problem),
        other => panic!("no failure: {other:?}"),
    }
}

#[track_caller]
fn assert_broken(outcome: Outcome, code: &str, words: &str) {
    let (permanent, problem) = failure(outcome);
    assert!(permanent, "{problem:?}");
    assert_eq!(problem.code, code);
    assert!(problem.message.starts_with("the plugin broke its contract: "), "{}", problem.message);
    assert!(problem.message.contains(words), "{}", problem.message);
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn done_is_done_with_any_json() {
    for text in ["null", " {\"a\": 1.5}\n", "\"x\"", "[1e300]", "18446744073709551615"] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(of(done(text)), Outcome::Done { value });
    }
}

#[test]
fn what_is_not_json_breaks_the_contract() {
    for text in ["", "nope", "NaN", "[1e999]", "{\"a\":1}x", "{'a':1}", "\u{feff}1", "\"\\ud800\""] {
        assert_broken(of(done(text)), "result-not-json", "its result is not JSON: ");
    }
}

#[test]
fn a_result_over_the_cap_breaks_the_contract_and_one_at_the_cap_does_not() {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert!(matches!(of(done(&text(1_000))), Outcome::Done { .. }));
    assert_broken(of(done(&text(1_001))), "result-too-large", "takes 1001 bytes, and at most 1000 are kept");
}

#[test]
fn a_result_that_nests_too_deeply_breaks_the_contract() {
    assert!(matches!(of(done(&nested(JSON_DEPTH_MAX))), Outcome::Done { .. }));
    for levels in [JSON_DEPTH_MAX + 1, 200, 400] {
        assert_broken(of(done(&nested(levels))), "result-too-deep", "nests deeper than 100 levels");
    }
}

#[test]
fn a_result_without_its_declared_shape_breaks_the_contract_and_says_where() {
    let schema = json!({ "type": "object", "required": ["accuracy"], "properties": { "accuracy": { "maximum": 1 } } });
    let shape = compile(&schema).unwrap();
    let terms = Terms { shape: Some(&shape), may_branch: true, ..TERMS };
    assert!(matches!(outcome(done(r#"{"accuracy":0.9}"#), &terms), Outcome::Done { .. }));
    assert_broken(outcome(done(r#"{"accuracy":9}"#), &terms), "result-shape", "`/accuracy`: 9 is greater than");
    assert_broken(outcome(done("{}"), &terms), "result-shape", "the value: \"accuracy\" is a required property");
    let branch = Ok(Answer::Branch("[]".into(), vec![]));
    assert_broken(outcome(branch, &terms), "result-shape", "does not meet its own schema");
}

#[test]
fn a_branch_is_a_branch_only_where_it_is_declared() {
    let branch = || Ok(Answer::Branch("1".into(), vec!["a".into(), "unknown".into()]));
    assert_broken(of(branch()), "branch-not-allowed", "`may-branch`");
    let terms = Terms { may_branch: true, ..TERMS };
    let chosen = vec!["a".into(), "unknown".into()];
    assert_eq!(outcome(branch(), &terms), Outcome::Branch { value: json!(1), chosen });
    let endless = Ok(Answer::Branch("1".into(), vec!["x".repeat(100); 11]));
    assert_broken(outcome(endless, &terms), "result-too-large", "the labels of its branch");
    assert_broken(outcome(Ok(Answer::Branch("x".into(), vec![])), &terms), "result-not-json", "its result");
}

#[test]
fn skipped_is_skipped_with_a_reason_of_bounded_length() {
    assert_eq!(of(Ok(Answer::Skipped("no data".into()))), Outcome::Skipped { reason: "no data".into() });
    match of(Ok(Answer::Skipped("ä".repeat(1 << 20)))) {
        Outcome::Skipped { reason } => assert!(reason.len() < 20_000 && reason.ends_with(" bytes cut off)")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn again_waits_at_least_100_ms_and_at_most_a_year() {
    let again = |after: Duration| of(Ok(Answer::Again(after, None)));
    assert_eq!(again(Duration::ZERO), Outcome::Again { after: MIN_RESCHEDULE, state: None });
    assert_eq!(MIN_RESCHEDULE, Duration::from_millis(100));
    let minute = Duration::from_secs(60);
    assert_eq!(again(minute), Outcome::Again { after: minute, state: None });
    assert_eq!(again(Duration::from_millis(u64::MAX)), Outcome::Again { after: WAIT_MAX, state: None });
}

#[test]
fn the_state_of_again_is_held_against_the_contract_too() {
    let again = |state: &str| of(Ok(Answer::Again(MIN_RESCHEDULE, Some(state.into()))));
    assert_eq!(again("{\"seen\":3}"), Outcome::Again { after: MIN_RESCHEDULE, state: Some(json!({ "seen": 3 })) });
    assert_broken(again("{"), "result-not-json", "the state of its `again` is not JSON");
    assert_broken(again(&format!("\"{}\"", "x".repeat(1_000))), "result-too-large", "the state of its `again`");
    assert_broken(again(&nested(101)), "result-too-deep", "the state of its `again`");
}

#[test]
fn failures_stay_as_named() {
    let after = Some(Duration::from_secs(5));
    let retryable = Failure::Retryable { problem: problem(), after };
    assert_eq!(of(Ok(Answer::Failed(retryable.clone()))), Outcome::Failed(retryable));
    let permanent = Failure::Permanent { problem: problem() };
    assert_eq!(of(Ok(Answer::Failed(permanent.clone()))), Outcome::Failed(permanent));
}

#[test]
fn the_words_of_a_failure_are_cut_to_what_is_kept() {
    let problem =
        Problem { code: "c".repeat(1_000), message: "m".repeat(1 << 20), details: Some(json!("d".repeat(2_000))) };
    let (_, kept) = failure(of(Ok(Answer::Failed(Failure::Permanent { problem }))));
    assert!(kept.code.len() < 100 && kept.message.len() < 17_000, "{} {}", kept.code.len(), kept.message.len());
    assert_eq!(kept.details, None);
    let small = Problem { details: Some(json!({ "row": 7 })), ..self::problem() };
    let (_, kept) = failure(of(Ok(Answer::Failed(Failure::Permanent { problem: small.clone() }))));
    assert_eq!(kept, small);
}

#[test]
fn a_trap_or_a_repeating_limit_is_final_only_for_a_pure_try_that_did_not_call_context() {
    let limit = |repeats| Ended::Limit { problem: problem(), repeats };
    for (ended, repeats) in [(Ended::Trap(problem()), true), (limit(true), true), (limit(false), false)] {
        for (pure, context_called) in [(true, false), (true, true), (false, false), (false, true)] {
            let terms = Terms { pure, context_called, ..TERMS };
            let (permanent, told) = failure(outcome(Err(ended.clone()), &terms));
            assert_eq!(permanent, repeats && pure && !context_called, "{ended:?} {pure} {context_called}");
            assert_eq!(told.code, "code");
            assert!(told.message.starts_with("message"));
            assert_eq!(told.message.contains("it would happen again"), permanent);
        }
    }
}

#[test]
fn a_timeout_and_a_failure_of_the_host_are_worth_another_try_also_for_a_pure_try() {
    for ended in [Ended::Timeout(problem()), Ended::NotLoaded(problem()), Ended::Host(problem())] {
        assert_eq!(failure(of(Err(ended))), (false, problem()));
    }
}

#[test]
fn what_cannot_run_here_fails_at_once() {
    assert_eq!(failure(of(Err(Ended::Refused(problem())))), (true, problem()));
}

#[test]
fn a_cancelled_try_is_cancelled() {
    assert_eq!(of(Err(Ended::Cancelled)), Outcome::Cancelled);
}

#[test]
fn a_schema_of_a_strangers_is_refused_if_it_could_reach_out_or_take_for_ever() {
    let refused = |schema: Value| compile(&schema).unwrap_err().message;
    refused(json!({ "$ref": "https://example.com/schema.json" }));
    refused(json!({ "$ref": "file:///etc/passwd" }));
    refused(json!({ "pattern": "(?=a)b" }));
    refused(json!({ "pattern": "((a{1000}){1000}){1000}" }));
    refused(json!({ "type": "no such type" }));
    let deep = (0..200).fold(json!({}), |inner, _| json!({ "not": inner }));
    assert!(refused(deep).contains("nests deeper than 100 levels"));
    let evil = compile(&json!({ "pattern": "^(a+)+$" })).unwrap();
    assert!(!evil.is_valid(&json!("a".repeat(100_000) + "b")));
}

#[test]
fn fuzz_answers() {
    let shape = compile(&json!({ "type": "object", "properties": { "a": { "pattern": "^(a+)+$" } } })).unwrap();
    crate::fuzzing::fuzz("result", |input| {
        let text = String::from_utf8_lossy(input).into_owned();
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let problem = Problem { code: text.clone(), message: text.clone(), details: serde_json::from_str(&text).ok() };
        let answers = [
            Answer::Done(text.clone()),
            Answer::Branch(text.clone(), words),
            Answer::Skipped(text.clone()),
            Answer::Again(Duration::from_millis(input.len() as u64), Some(text.clone())),
            Answer::Failed(Failure::Permanent { problem: problem.clone() }),
            Answer::Failed(Failure::Retryable { problem, after: Some(Duration::MAX) }),
        ];
        for answer in answers {
            let terms = Terms { may_branch: true, result_bytes: 60 << 10, shape: Some(&shape), ..TERMS };
            match outcome(Ok(answer), &terms) {
                Outcome::Done { value } => assert!(value.is_object(), "it has the declared shape"),
                Outcome::Failed(Failure::Permanent { problem } | Failure::Retryable { problem, .. }) => {
                    assert!(
                        problem.code.len() <= 100 && problem.message.len() <= (17 << 10),
                        "{}",
                        problem.message.len()
                    );
                }
                Outcome::Again { after, .. } => assert!(after >= MIN_RESCHEDULE && after <= WAIT_MAX),
                Outcome::Branch { .. } | Outcome::Skipped { .. } | Outcome::Cancelled => {}
            }
        }
    });
}
