//! Errors and their marks.

use dagwood_sdk::prelude::*;
use std::error::Error;
use std::fmt;
use std::time::Duration;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad row 3")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> Result<u8, Outer> {
    "x".parse().map_err(Outer)
}

#[test]
fn a_bare_question_mark_is_permanent_and_tells_the_whole_chain() {
    fn task() -> Result<u8, Failure> {
        Ok(outer()?)
    }
    let failure = task().expect_err("x is no number");
    assert_eq!((failure.code(), failure.is_retryable()), ("error", false));
    assert_eq!(failure.message(), "bad row 3: invalid digit found in string");
}

#[test]
fn an_error_is_marked_retryable_or_permanent_with_a_code() {
    let retryable = outer().retryable("unavailable").expect_err("an error");
    assert_eq!((retryable.code(), retryable.is_retryable()), ("unavailable", true));
    let permanent = outer().permanent("bad-data").expect_err("an error");
    assert_eq!((permanent.code(), permanent.is_retryable()), ("bad-data", false));
}

#[test]
fn plain_words_can_be_marked_too() {
    let missing: Option<u8> = None;
    let failure = missing.ok_or("no header").permanent("no-header").expect_err("nothing there");
    assert_eq!((failure.code(), failure.message()), ("no-header", "no header"));
    let owned: Result<(), String> = Err(format!("{} rows", 0));
    assert_eq!(owned.retryable("empty").expect_err("an error").message(), "0 rows");
}

#[test]
fn context_goes_before_the_message_and_leaves_the_mark() {
    let failure = outer().retryable("unavailable").context("asking the service").expect_err("an error");
    assert_eq!((failure.code(), failure.is_retryable()), ("unavailable", true));
    assert_eq!(failure.message(), "asking the service: bad row 3: invalid digit found in string");
}

#[test]
fn a_delay_makes_a_failure_retryable_and_details_are_kept() {
    let failure = outer().retryable_after("busy", Duration::from_secs(2)).expect_err("an error");
    assert_eq!(failure, Failure::retryable("busy", failure.message()).after(Duration::from_secs(2)));
    assert_ne!(failure, Failure::retryable("busy", failure.message()));
    assert!(Failure::permanent("busy", "later").after(Duration::from_secs(2)).is_retryable());
    let detailed = Failure::permanent("quality-gate", "too few rows").details(json!({"rows": 3}));
    assert_ne!(detailed, Failure::permanent("quality-gate", "too few rows"));
}
