//! What the host makes of every end that a task can come to.

use serde_json::{Value, json};

use crate::common::{Bench, instance, states};

/// Runs a DAG of these tasks, whose retries come soon.
fn run(bench: &Bench, code: i32, tasks: &str) -> Value {
    let file = bench.dag("dag.toml", &format!("id = 'ends'\n[defaults]\nretry_delay = '10ms'\n[tasks]\n{tasks}"));
    bench.run(["run".as_ref(), file.as_os_str(), "--json".as_ref()]).exits(code).json()
}

/// The line of a task with these params, and more keys.
fn task(id: &str, params: &str, more: &str) -> String {
    format!("{id} = {{ plugin = 'misbehave', params = {{ {params} }}, {more} }}\n")
}

/// The only task of a run failed at this try, for this reason.
#[track_caller]
fn assert_fails(tasks: &str, try_number: u32, code: &str, words: &[&str]) {
    let document = run(&Bench::seeded(), 1, tasks);
    assert_eq!(document["state"], "failed");
    let failed = &document["task_instances"][0];
    assert_eq!(failed["state"], "failed", "{failed:#}");
    assert_eq!(failed["try_number"], try_number, "{failed:#}");
    assert_eq!(failed["error"]["code"], code, "{failed:#}");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    assert_eq!((&failed["value"], &failed["outputs"]), (&Value::Null, &json!([])), "{failed:#}");
}

#[test]
fn a_trap_fails_with_its_kind_and_the_guest_s_last_words() {
    assert_fails(&task("a", "mode = 'unreachable'", ""), 1, "unreachable", &["trapped"]);
    let panic = task("a", "mode = 'panic', text = 'no such fish'", "");
    assert_fails(&panic, 1, "unreachable", &["trapped", "no such fish"]);
    assert_fails(&task("a", "mode = 'recursion'", ""), 1, "stack-overflow", &["recursion went too deep"]);
    assert_fails(&task("a", "mode = 'exit'", ""), 1, "exit", &["without an answer"]);
}

#[test]
fn a_trap_of_a_pure_try_is_not_tried_again_and_says_why() {
    let words = ["it would happen again", "pure"];
    assert_fails(&task("a", "mode = 'unreachable'", "retries = 3"), 1, "unreachable", &words);
}

#[test]
fn a_trap_of_a_try_that_asked_for_its_context_is_tried_again() {
    let again = task("a", "mode = 'unreachable', use_context = true", "retries = 2");
    assert_fails(&again, 3, "unreachable", &["trapped"]);
}

#[test]
fn a_loop_without_end_is_ended_by_its_execution_timeout_and_tried_again() {
    let endless = task("a", "mode = 'loop'", "execution_timeout = '300ms', retries = 1");
    assert_fails(&endless, 2, "deadline", &["execution_timeout of 0.3 s"]);
    let talking = task("a", "mode = 'host-call-loop'", "execution_timeout = '300ms'");
    assert_fails(&talking, 1, "deadline", &["execution_timeout"]);
}

#[test]
fn a_task_that_takes_more_memory_than_its_limit_fails_and_names_the_limit() {
    let hungry = task("a", "mode = 'allocate', bytes = 100000000", "memory = '32MiB'");
    assert_fails(&hungry, 1, "memory-limit", &["32 MiB", "raise `memory`"]);
}

#[test]
fn a_task_that_computes_more_than_its_limit_fails_at_once_and_names_the_limit() {
    let endless = task("a", "mode = 'loop'", "fuel = 1_000_000, retries = 2");
    assert_fails(&endless, 1, "fuel-limit", &["its limit of 1000000 units of fuel", "raise `fuel`"]);
}

#[test]
fn a_required_output_that_is_not_written_breaks_the_contract() {
    let silent = "a = { plugin = 'misbehave-required', retries = 3 }\n";
    assert_fails(silent, 1, "missing-output", &["broke its contract", "/out/out"]);
}

#[test]
fn an_output_that_is_not_declared_breaks_the_contract() {
    let elsewhere = task("a", "mode = 'write', path = '/out/elsewhere'", "retries = 3");
    assert_fails(&elsewhere, 1, "undeclared-output", &["broke its contract", "`elsewhere`", "`out`, `other`"]);
}

#[test]
fn a_result_that_cannot_be_kept_breaks_the_contract() {
    let not_json = task("a", "mode = 'not-json'", "retries = 3");
    assert_fails(&not_json, 1, "result-not-json", &["broke its contract", "not JSON"]);
    let other_shape = task("a", "mode = 'not-an-object'", "retries = 3");
    assert_fails(&other_shape, 1, "result-shape", &["does not meet its own schema", "object"]);
    let deep = task("a", "mode = 'deep-result', count = 200", "retries = 3");
    assert_fails(&deep, 1, "result-too-deep", &["deeper than 100"]);
}

#[test]
fn a_result_over_the_cap_is_refused_and_says_where_large_things_go() {
    let large = task("a", "mode = 'large-result', bytes = 300000", "retries = 3");
    assert_fails(&large, 1, "result-limit", &["300012 bytes", "256 KiB", "file"]);
}

#[test]
fn a_branch_needs_to_be_declared_and_to_choose_what_is_there() {
    let undeclared = task("a", "mode = 'branch', labels = ['a']", "retries = 3");
    assert_fails(&undeclared, 1, "branch-not-allowed", &["does not say `may-branch`"]);
    let unknown = "a = { plugin = 'misbehave-required', params = { write = true, branch = ['nowhere'] }, retries = 3 }\n\
        b = { plugin = 'misbehave', after = 'a' }\n";
    let document = run(&Bench::seeded(), 1, unknown);
    let failed = instance(&document, "a");
    assert_eq!((&failed["state"], &failed["try_number"]), (&json!("failed"), &json!(1)), "{failed:#}");
    assert_eq!(failed["error"]["code"], "unknown-branch");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("`nowhere`") && message.contains("`b`"), "{message}");
    assert_eq!(instance(&document, "b")["state"], "upstream_failed");
}

#[test]
fn a_retryable_failure_is_tried_until_its_tries_are_used() {
    assert_fails(
        &task("a", "mode = 'retryable', text = 'flaky', ms = 1", "retries = 2"),
        3,
        "flaky",
        &["worth a retry"],
    );
}

#[test]
fn a_permanent_failure_uses_no_retry() {
    let gate = task("a", "mode = 'permanent', text = 'quality-gate'", "retries = 3");
    assert_fails(&gate, 1, "quality-gate", &["told to fail for good"]);
}

#[test]
fn a_task_that_succeeds_at_its_third_try_keeps_the_first_two() {
    let bench = Bench::seeded();
    let document = run(&bench, 0, &task("a", "mode = 'fail-until', count = 3, ms = 1", "retries = 3"));
    let done = instance(&document, "a");
    assert_eq!((&done["state"], &done["try_number"], &done["error"]), (&json!("success"), &json!(3), &Value::Null));
    let shown = bench.run(["runs", "show", "ends", "latest", "a", "--json"]).exits(0).json();
    let tries = shown["tries"].as_array().unwrap();
    let numbers: Vec<_> = tries.iter().map(|earlier| earlier["try_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(tries.iter().all(|earlier| earlier["error"]["code"] == "not-yet"), "{shown:#}");
    for number in ["1", "2"] {
        let log = bench.run(["logs", "ends", "latest", "a", "--try", number]).exits(0);
        assert!(log.stdout.contains("told to fail until 3"), "{}", log.stdout);
    }
}

#[test]
fn skip_and_again_are_no_failures() {
    let bench = Bench::seeded();
    let tasks = format!(
        "{}{}{}",
        task("skips", "mode = 'skip', text = 'nothing new'", ""),
        task("waits", "mode = 'again', count = 2", ""),
        task("below", "mode = 'succeed'", "after = 'skips'")
    );
    let document = run(&bench, 0, &tasks);
    let expected = [("below", "skipped"), ("skips", "skipped"), ("waits", "success")];
    assert_eq!(states(&document), expected.map(|(task, state)| (task.to_owned(), state.to_owned())).into());
    let waited = instance(&document, "waits");
    assert_eq!((&waited["value"], &waited["try_number"]), (&json!({ "waited": 2 }), &json!(1)));
    assert_eq!(instance(&document, "skips")["error"]["message"], "nothing new");
    assert_eq!(instance(&document, "below")["try_number"], 0);
}

#[test]
fn what_a_failed_task_wrote_is_not_published_and_what_needs_it_does_not_run() {
    let bench = Bench::seeded();
    let tasks = format!(
        "{}{}",
        task("a", "mode = 'permanent', text = 'late', leave = 'half'", ""),
        "b = { plugin = 'misbehave', params = { mode = 'echo' }, inputs = { data = 'a.out' } }\n"
    );
    let document = run(&bench, 1, &tasks);
    assert_eq!(instance(&document, "a")["outputs"], json!([]));
    let below = instance(&document, "b");
    assert_eq!((&below["state"], &below["try_number"]), (&json!("upstream_failed"), &json!(0)));
    bench.run(["artifacts", "get", "latest", "a.out"]).exits(2).says(&["`a` is failed and published nothing"]);
}

#[test]
fn the_words_for_people_name_the_failure_and_its_log() {
    let bench = Bench::seeded();
    let file =
        bench.dag("dag.toml", "id = 'ends'\n[tasks.a]\nplugin = 'misbehave'\nparams = { mode = 'unreachable' }\n");
    let ran = bench.run(["run".as_ref(), file.as_os_str()]).exits(1);
    for words in ["a failed: unreachable: the task trapped", "dagwood logs ends manual__", "ends manual__"] {
        assert!(ran.stdout.contains(words), "`{words}` is not in\n{}", ran.stdout);
    }
}
