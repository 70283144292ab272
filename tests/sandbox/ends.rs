//! How tries end.

use std::time::Duration;

use dagwood::contract::Failure;
use dagwood::executor::port::{Answer, Ended, EngineKind, Sandbox};
use serde_json::json;

use crate::kit::{SANDBOX, block_on, compiled, mode, open, pure};

#[test]
fn the_guest_describes_itself() {
    let described = block_on(SANDBOX.describe(compiled(EngineKind::Pure))).unwrap();
    assert_eq!(described.name, "misbehave");
    assert_eq!(described.inputs.len(), 2);
    assert_eq!(described, block_on(SANDBOX.describe(compiled(EngineKind::Open))).unwrap());
}

#[test]
fn a_panic_is_named_and_says_why() {
    let tried = pure(mode("panic", json!({ "text": "the reason" }))).run();
    let problem = tried.problem();
    assert_eq!(problem.code, "unreachable");
    assert!(problem.message.contains("panicked at"), "{}", problem.message);
    assert!(problem.message.contains("the reason"), "{}", problem.message);
    let details = problem.details.as_ref().unwrap().to_string();
    assert!(details.contains("misbehave::"), "names are demangled: {details}");
}

#[test]
fn traps_are_told_apart() {
    for (name, code) in [
        ("unreachable", "unreachable"),
        ("abort", "unreachable"),
        ("recursion", "stack-overflow"),
        ("big-frames", "out-of-bounds"),
    ] {
        let tried = pure(mode(name, json!({}))).run();
        assert_eq!(tried.problem().code, code, "{name}");
        assert!(matches!(tried.report.result, Err(Ended::Trap(_))), "{name}");
    }
}

#[test]
fn an_exit_is_no_answer_whatever_its_code() {
    for status in [0, 1, 3] {
        let tried = pure(mode("exit", json!({ "count": status }))).run();
        assert_eq!(tried.problem().code, "exit");
        // WASI 0.2 as Rust uses it tells success from failure, not which failure.
        let told = if status == 0 { "exit(0)" } else { "exit(1)" };
        assert!(tried.problem().message.contains(told), "{}", tried.problem().message);
    }
}

#[test]
fn memory_over_the_limit_is_named_as_that() {
    let tried =
        pure(mode("allocate", json!({ "bytes": 1 << 30 }))).limited(|limits| limits.memory_bytes = 64 << 20).run();
    let Err(Ended::Limit { problem, repeats }) = &tried.report.result else { panic!("{:?}", tried.report) };
    assert_eq!(problem.code, "memory-limit");
    assert!(problem.message.contains("64 MiB"), "{}", problem.message);
    assert!(repeats);
    let peak = tried.report.usage.peak_memory_bytes;
    assert!(peak > 60 << 20 && peak <= 64 << 20, "{peak}");
}

#[test]
fn computing_over_the_limit_is_named_as_that_on_any_machine() {
    for given in [1_000, 50_000_000] {
        let tried = pure(mode("loop", json!({}))).fuelled(given).run();
        let Err(Ended::Limit { problem, repeats }) = &tried.report.result else { panic!("{:?}", tried.report) };
        assert_eq!(problem.code, "fuel-limit");
        assert!(problem.message.contains(&format!("its limit of {given} units of fuel")), "{}", problem.message);
        assert!(repeats);
        assert_eq!(tried.report.usage.fuel, Some(given), "it used what it had");
    }
    let used = || {
        let tried = pure(mode("environment", json!({}))).fuelled(1 << 40).run();
        tried.value();
        tried.report.usage.fuel.unwrap()
    };
    let first = used();
    assert!(first > 1_000 && first == used() && first == used(), "a pure task computes as much each time");
    assert_eq!(pure(mode("environment", json!({}))).run().report.usage.fuel, None, "nobody counts if nobody asks");
}

#[test]
fn loops_and_sleeps_end_at_the_deadline() {
    for name in ["loop", "host-call-loop"] {
        let tried = pure(mode(name, json!({}))).within(Duration::from_millis(100)).run();
        assert!(matches!(tried.report.result, Err(Ended::Timeout(_))), "{name}: {:?}", tried.report);
    }
    for name in ["sleep", "poll"] {
        let tried = open(mode(name, json!({ "ms": 3_600_000 }))).within(Duration::from_millis(100)).run();
        assert_eq!(tried.problem().code, "deadline", "{name}");
    }
}

#[test]
fn a_cancel_ends_a_sleep() {
    let slow = open(mode("sleep", json!({ "ms": 3_600_000 })));
    let running = SANDBOX.run(slow.job);
    slow.cancel.send(true).unwrap();
    assert_eq!(block_on(running).result, Err(Ended::Cancelled));
}

#[test]
fn a_good_task_beside_bad_ones_finishes() {
    let bad: Vec<_> = (0..4).map(|_| pure(mode("loop", json!({})))).collect();
    let (cancels, running): (Vec<_>, Vec<_>) = bad.into_iter().map(|bad| (bad.cancel, SANDBOX.run(bad.job))).unzip();
    assert_eq!(pure(mode("succeed", json!({}))).run().value(), json!({ "fine": true }));
    for cancel in cancels {
        cancel.send(true).unwrap();
    }
    for report in running {
        assert_eq!(block_on(report).result, Err(Ended::Cancelled));
    }
}

#[test]
fn outcomes_arrive_as_they_were_given() {
    let answer = |params| pure(params).run().report.result.unwrap();
    assert_eq!(answer(mode("skip", json!({ "text": "no news" }))), Answer::Skipped("no news".to_owned()));
    assert_eq!(
        answer(mode("branch", json!({ "labels": ["left", "right"] }))),
        Answer::Branch("{}".to_owned(), vec!["left".to_owned(), "right".to_owned()])
    );
    assert_eq!(
        answer(mode("again", json!({ "ms": 250 }))),
        Answer::Again(Duration::from_millis(250), Some("1".to_owned()))
    );
    let Answer::Failed(Failure::Retryable { problem, after }) =
        answer(mode("retryable", json!({ "text": "busy", "ms": 9 })))
    else {
        panic!()
    };
    assert_eq!((problem.code.as_str(), after), ("busy", Some(Duration::from_millis(9))));
    assert!(matches!(answer(mode("permanent", json!({}))), Answer::Failed(Failure::Permanent { .. })));
    assert_eq!(answer(mode("not-json", json!({}))), Answer::Done("{fine: yes".to_owned()));
}

#[test]
fn a_result_over_the_cap_names_the_cap() {
    let tried = pure(mode("large-result", json!({ "bytes": 300_000 }))).run();
    let Ok(Answer::Failed(Failure::Permanent { problem })) = &tried.report.result else { panic!("{:?}", tried.report) };
    assert_eq!(problem.code, "result-limit");
    assert!(problem.message.contains("256 KiB"), "{}", problem.message);
    let tried = pure(mode("large-result", json!({ "bytes": 20 << 20 }))).run();
    assert_eq!(tried.problem().code, "hostcall-limit");
}

#[test]
fn asking_for_the_context_is_noted() {
    let tried = pure(mode("echo", json!({ "use_context": true }))).run();
    assert!(tried.report.usage.context_called);
    let value = tried.value();
    let context = &value["context"];
    assert_eq!(context["dag_id"], "a-dag");
    assert_eq!(context["try_number"], 2);
    assert_eq!(context["max_tries"], 4);
    assert_eq!(context["logical_date"], "2026-01-01T00:00:00Z");
    assert_eq!(context["data_interval"], json!(null));
    assert!(!pure(mode("echo", json!({}))).run().report.usage.context_called);
}
