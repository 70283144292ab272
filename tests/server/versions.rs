//! A run keeps the DAG that it began with.

use crate::common::Bench;
use crate::kit::{Server, bench, echoed, number, serve, shown, trigger, until_task};

fn dag(words: &str) -> String {
    format!(
        "id = \"it\"\n[tasks.slow]\nplugin = 'misbehave'\nparams = {{ mode = \"loop\" }}\nexecution_timeout = \"10m\"\n\
         [tasks.last]\nplugin = 'misbehave'\nafter = [\"slow\"]\nparams = {{ mode = \"echo\", text = \"{words}\" }}\n"
    )
}

#[track_caller]
fn goes_on(bench: &Bench, run: &str, words: &str) {
    bench.run(["mark", "it", run, "slow", "success"]).exits(0);
    until_task(bench, "it", "last", "success");
    assert_eq!(echoed(&shown(bench, "it", run), "last")["text"], words);
}

#[test]
fn a_run_that_is_under_way_keeps_its_version_when_the_file_changes() {
    let bench = bench(&[("it.toml", &dag("one"))]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "slow", "running");
    serve(&bench, "it.toml", &dag("two"));
    server.until("`it` has a new version");
    goes_on(&bench, &run, "one");

    let versions = bench.run(["dag", "versions", "it", "--json"]).exits(0).json();
    assert_eq!(versions["total_entries"], 2);
    let current: Vec<_> =
        versions["dag_versions"].as_array().unwrap().iter().map(|one| one["is_current"].clone()).collect();
    assert_eq!(current, [true, false]);
    let first = versions["dag_versions"][1]["version"].as_str().unwrap();
    let text = bench.run(["dag", "versions", "it", "--show", first]).exits(0).stdout;
    assert!(text.contains("text = \"one\""), "{text}");
}

#[test]
fn a_run_keeps_its_version_over_a_kill_and_a_change_while_no_server_runs() {
    let bench = bench(&[("it.toml", &dag("one"))]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "slow", "running");
    server.kill();
    serve(&bench, "it.toml", &dag("two"));
    let _server = Server::start(&bench);
    until_task(&bench, "it", "slow", "running");
    goes_on(&bench, &run, "one");
    assert_eq!(number(&bench, "SELECT count(*) FROM dag_version"), 2);
}

#[test]
fn a_queued_run_keeps_the_version_that_it_was_triggered_with() {
    let bench = bench(&[("it.toml", &dag("one"))]);
    Server::start(&bench).stop();
    let run = trigger(&bench, "it");
    serve(&bench, "it.toml", &dag("two"));
    let _server = Server::start(&bench);
    until_task(&bench, "it", "slow", "running");
    goes_on(&bench, &run, "one");
}
