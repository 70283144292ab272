use super::{FLAG, WaitFor};
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;
use std::time::Duration;

#[test]
fn it_is_ready_after_the_pokes_that_its_state_counts() {
    let first = Harness::<WaitFor>::new().params(json!({"pokes": 3, "every_ms": 250})).run();
    assert_eq!(first.again(), Duration::from_millis(250));
    let second = Harness::<WaitFor>::new().resume(first.state()).run();
    assert_eq!(second.state(), json!({"pokes": 2}));
    let third = Harness::<WaitFor>::new().resume(second.state()).run();
    assert_eq!(third.done(), json!({"because_of": "pokes", "pokes": 3}));
}

#[test]
fn a_flag_that_says_ready_ends_the_wait_at_once() {
    let tried = Harness::<WaitFor>::new().input(FLAG, "ready\n").run();
    assert_eq!(tried.done(), json!({"because_of": "flag", "pokes": 1}));
}

#[test]
fn another_flag_does_not() {
    let tried = Harness::<WaitFor>::new().input(FLAG, "soon").run();
    assert_eq!(tried.state(), json!({"pokes": 1}));
}

#[test]
fn one_poke_is_the_least() {
    let tried = Harness::<WaitFor>::new().params(json!({"pokes": 0})).run();
    assert_eq!(tried.done()["pokes"], 1);
}
