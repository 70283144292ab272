//! Pure tasks: the same everywhere, and no waiting.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::{Try, mode, open, pure};

#[test]
fn the_clock_starts_at_2000_and_moves_by_sleeping_only() {
    let value = pure(mode("clock", json!({ "ms": 3_600_000 }))).within(Duration::from_secs(60)).run().value();
    assert_eq!(value["before"]["seconds"], 946_684_800);
    assert_eq!(value["before"]["nanoseconds"], 0);
    assert_eq!(value["after"]["seconds"], 946_684_800 + 3_600);
    let nanoseconds = |when: &str| value[when]["monotonic_nanoseconds"].as_u64().unwrap();
    assert_eq!(nanoseconds("after") - nanoseconds("before"), 3_600_000_000_000);
}

#[test]
fn a_wait_of_an_hour_costs_nothing() {
    pure(mode("poll", json!({ "ms": 3_600_000 }))).within(Duration::from_secs(60)).run().value();
    pure(mode("sleep", json!({ "ms": 3_600_000 }))).within(Duration::from_secs(60)).run().value();
}

#[test]
fn a_task_that_is_not_pure_has_the_machines_clock() {
    let value = open(mode("clock", json!({ "ms": 20 }))).run().value();
    assert!(value["before"]["seconds"].as_u64().unwrap() > 1_700_000_000);
    let nanoseconds = |when: &str| value[when]["monotonic_nanoseconds"].as_u64().unwrap();
    assert!(nanoseconds("after") - nanoseconds("before") >= 20_000_000);
}

#[test]
fn random_numbers_follow_from_the_seed() {
    let random = |seed: u64| {
        let mut tried = pure(mode("random", json!({})));
        tried.job.invocation.seed = seed;
        tried.run().value()
    };
    let value = random(1);
    assert_eq!(value, random(1));
    assert_ne!(value["u64"], random(2)["u64"]);
    assert_ne!(value["u64"], value["insecure_u64"]);
    let machine = || open(mode("random", json!({}))).run().value();
    assert_ne!(machine()["u64"], machine()["u64"]);
}

#[test]
fn files_have_one_time() {
    let stat = |tried: Try| tried.run().ok();
    let written = stat(pure(mode("stat", json!({ "path": "/out/out", "leave": "x" }))));
    let read = stat(pure(mode("stat", json!({ "path": "/in/data" }))).input_file("data", "x"));
    for found in [written, read] {
        for time in ["modified_s", "accessed_s"] {
            assert_eq!(found[time], 946_684_800, "{time}: {found}");
        }
    }
    let open = stat(open(mode("stat", json!({ "path": "/out/out", "leave": "x" }))));
    assert!(open["modified_s"].as_u64().unwrap() > 1_700_000_000, "{open}");
}

#[test]
fn a_guest_is_given_json_in_one_form() {
    let params: Value = serde_json::from_str(r#"{ "text": "é", "mode": "echo", "count": 3 }"#).unwrap();
    assert_eq!(pure(params).run().value()["params"], r#"{"count":3,"mode":"echo","text":"é"}"#);
}
