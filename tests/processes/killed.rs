//! Runs that are ended from outside, kindly or not.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::common::{Bench, instance, states};
use crate::started::Started;

/// What the task that is ended leaves in `/out` before it begins to loop.
const HALF: &str = "half an artifact";

/// One task that publishes, one that runs until it is ended (or does not, as the parameter says), one that waits for it.
/// The limit is there so that a test that fails comes to an end too.
const DAG: &str = r#"
id = "ended"
params.mode = "loop"
defaults.execution_timeout = "10m"

[tasks.first]
plugin = 'misbehave'
params = { mode = "write", text = "kept" }

[tasks.slow]
plugin = 'misbehave'
after = ["first"]
params = { mode = "{{ params.mode }}", leave = "half an artifact" }

[tasks.last]
plugin = 'misbehave'
after = ["slow"]
"#;

/// A bench with the DAG, and a run of it whose second task runs.
fn under_way() -> (Bench, Started) {
    let bench = Bench::seeded();
    bench.dag("dag.toml", DAG);
    let mut run = Started::new(bench.command(["run", "dag.toml", "--json"]));
    run.until("slow: running");
    (bench, run)
}

fn shown(bench: &Bench) -> Value {
    bench.run(["runs", "show", "ended", "latest", "--json"]).exits(0).json()
}

fn expected(slow: &str, last: &str) -> std::collections::BTreeMap<String, String> {
    [("first", "success"), ("slow", slow), ("last", last)]
        .map(|(task, state)| (task.to_owned(), state.to_owned()))
        .into()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// No file of the folder holds what the ended task had written.
#[track_caller]
fn has_no_half(folder: &Path) {
    let halves: Vec<_> =
        files(folder).into_iter().filter(|file| std::fs::read(file).unwrap() == HALF.as_bytes()).collect();
    assert!(halves.is_empty(), "{halves:?}");
}

/// The folders of tries: none is left, apart from the guard's file.
#[track_caller]
fn scratch_is_empty(bench: &Bench) {
    let left: Vec<_> =
        std::fs::read_dir(bench.home().join("scratch")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[test]
fn a_task_that_runs_is_shown_as_running_by_another_process() {
    let (bench, _run) = under_way();
    let document = shown(&bench);
    assert_eq!(document["state"], "running");
    assert_eq!(states(&document), expected("running", "none"));
}

#[test]
fn a_killed_run_is_failed_once_anybody_looks() {
    let (bench, run) = under_way();
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, -9);
    has_no_half(&bench.home().join("artifacts"));

    let list = bench.run(["runs", "list", "--json"]).exits(0).json();
    let runs = list["dag_runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((&runs[0]["state"], &runs[0]["reason"]), (&"failed".into(), &"its process ended".into()));

    let document = shown(&bench);
    assert_eq!(states(&document), expected("failed", "skipped"));
    assert_eq!(instance(&document, "slow")["error"]["message"], "its process ended");
    assert_eq!(instance(&document, "slow")["outputs"], serde_json::json!([]));
    assert_eq!(instance(&document, "first")["outputs"][0]["port"], "out");
}

#[test]
fn a_run_after_a_killed_one_succeeds_and_sweeps_what_it_left() {
    let (bench, run) = under_way();
    run.signal(Signal::KILL);
    run.end();

    let next = bench.run(["run", "dag.toml", "--param", "mode=succeed", "--json"]).exits(0).json();
    assert_eq!(states(&next), expected("success", "success"));
    scratch_is_empty(&bench);
    let list = bench.run(["runs", "list", "--json"]).exits(0).json();
    let ended: Vec<_> = list["dag_runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(ended, ["success", "failed"]);
}

#[test]
fn a_killed_run_is_resumed_without_its_finished_tasks() {
    let (bench, run) = under_way();
    run.signal(Signal::KILL);
    run.end();
    let killed = shown(&bench);
    let run_id = killed["run_id"].as_str().unwrap();

    let ran = bench.run(["run", "dag.toml", "--resume", run_id, "--param", "mode=succeed", "--json"]).exits(0);
    assert!(!ran.stderr.contains("first: "), "{}", ran.stderr);
    let resumed = ran.json();
    assert_eq!(resumed["run_id"], run_id);
    assert_eq!(resumed["state"], "success");
    assert_eq!(states(&resumed), expected("success", "success"));
    // Not a try of it more, to the microsecond.
    assert_eq!(instance(&resumed, "first"), instance(&killed, "first"));
    assert_eq!(instance(&resumed, "slow")["try_number"], 2);
    assert_eq!(bench.run(["runs", "list", "--json"]).json()["total_entries"], 1);

    let artifact = format!("ended/{run_id}");
    bench.run(["artifacts", "get", &artifact, "first.out", "-o", "kept.txt"]).exits(0);
    assert_eq!(std::fs::read_to_string(bench.path("kept.txt")).unwrap(), "kept");
}

#[test]
fn a_run_that_still_lives_is_neither_ended_nor_resumed_by_another() {
    let (bench, run) = under_way();
    bench.dag("other.toml", "id = \"other\"\n[tasks.one]\nplugin = 'misbehave'\n");
    bench.run(["run", "other.toml"]).exits(0);
    let document = shown(&bench);
    assert_eq!(states(&document), expected("running", "none"));
    let run_id = document["run_id"].as_str().unwrap();
    bench.run(["run", "dag.toml", "--resume", run_id]).exits(2).says(&[run_id, "running in another process"]);
    drop(run);
}

fn ends_cleanly(signal: Signal) {
    let (bench, run) = under_way();
    run.signal(signal);
    let ran = run.end().exits(1).says(&["cancelling"]);
    let document = ran.json();
    assert_eq!(document["state"], "failed");
    assert_eq!(states(&document), expected("failed", "skipped"));
    assert_eq!(instance(&document, "slow")["error"]["code"], "cancelled");
    // What it printed is what is kept.
    assert_eq!(shown(&bench), document);
    scratch_is_empty(&bench);
    has_no_half(&bench.home());

    let run_id = document["run_id"].as_str().unwrap();
    let resumed =
        bench.run(["run", "dag.toml", "--resume", run_id, "--param", "mode=succeed", "--json"]).exits(0).json();
    assert_eq!(states(&resumed), expected("success", "success"));
    assert_eq!(instance(&resumed, "first")["try_number"], 1);
}

#[test]
fn an_interrupt_ends_a_run_cleanly() {
    ends_cleanly(Signal::INT);
}

#[test]
fn a_request_to_terminate_ends_a_run_cleanly() {
    ends_cleanly(Signal::TERM);
}

#[test]
fn a_terminal_that_goes_away_ends_a_run_cleanly() {
    ends_cleanly(Signal::HUP);
}
