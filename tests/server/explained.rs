//! Why something does or does not run.

use crate::common::Bench;
use crate::kit::{Beside, Server, bench, trigger, until_task};

const DAG: &str = r#"
id = "it"
schedule = "@daily"
max_active_runs = 1
defaults.execution_timeout = "10m"

[tasks.slow]
plugin = 'misbehave'
params = { mode = "loop" }

[tasks.last]
plugin = 'misbehave'
after = ["slow"]
"#;

#[track_caller]
fn explains(bench: &Bench, call: &[&str], words: &[&str]) {
    let lines = bench.run([&["explain"], call, &["--json"]].concat()).exits(0).json()["lines"].to_string();
    for word in words {
        assert!(lines.contains(word), "`{word}` is not in {lines}");
    }
}

fn explained(beside: Beside) -> (Bench, Option<Server>, String, String) {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    let first = trigger(&bench, "it");
    until_task(&bench, "it", "slow", "running");
    let second = trigger(&bench, "it");
    (bench, beside.leave(server), first, second)
}

#[test]
fn a_dag_a_run_and_a_task_are_explained() {
    let (bench, _server, first, second) = explained(Beside::AServer);
    explains(
        &bench,
        &["it"],
        &["`@daily`", "ticks next at", "max_active_runs = 1", "1 runs are running, 1 are queued"],
    );
    explains(&bench, &["it", &first], &["is running"]);
    explains(&bench, &["it", &first, "slow"], &["task `slow` is running"]);
    explains(&bench, &["it", &first, "last"], &["task `last` is none", "all_success", "`slow` is running"]);
    explains(&bench, &["it", &second], &["is queued", "max_active_runs = 1"]);
    bench.run(["dag", "pause", "it", "--reason", "on holiday"]).exits(0);
    explains(&bench, &["it"], &["paused (on holiday)"]);
    explains(&bench, &["it", &second], &["is queued", "paused"]);
    bench.run(["explain", "it", &first, "none"]).exits(2).says(&["no task `none`"]);
    bench.run(["explain", "it", "manual__none"]).exits(2).says(&["manual__none"]);
}

#[test]
fn without_a_server_that_is_the_reason() {
    let (bench, _server, first, second) = explained(Beside::Nobody);
    explains(&bench, &["it"], &["no server", "1 runs are running, 1 are queued"]);
    explains(&bench, &["it", &first], &["is running", "no server"]);
    explains(&bench, &["it", &second], &["is queued", "no server"]);
    explains(&bench, &["it", &second, "last"], &["task `last` is none", "no server"]);
}

#[test]
fn a_dag_whose_file_is_gone_is_explained() {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    std::fs::remove_file(bench.path("dags/it.toml")).unwrap();
    server.until("`it` is gone");
    explains(&bench, &["it"], &["no file of the served folder"]);
    let run = trigger(&bench, "it");
    explains(&bench, &["it", &run], &["is queued", "no file of the served folder"]);
}
