//! What people do to DAGs and runs: beside a server, and while there is none, on what a killed one left.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::{Bench, instance, states};
use crate::kit::{
    Beside, Server, WITNESS, bench, each, ended, eventually, number, run_count, runs, shown, ticks_pass, trigger,
    until_task,
};

/// One that succeeds, one that runs until it is ended (or does not, as the parameter says), one that waits for it.
const DAG: &str = r#"
id = "it"
params.mode = "loop"
max_active_runs = 1
defaults.execution_timeout = "10m"

[tasks.first]
plugin = 'misbehave'

[tasks.slow]
plugin = 'misbehave'
after = ["first"]
params = { mode = "{{ params.mode }}" }

[tasks.last]
plugin = 'misbehave'
after = ["slow"]
"#;

fn expected(first: &str, slow: &str, last: &str) -> BTreeMap<String, String> {
    [("first", first), ("slow", slow), ("last", last)].map(|(task, state)| (task.to_owned(), state.to_owned())).into()
}

/// A run whose second task runs, or ran when the server was killed.
fn under_way(beside: Beside) -> (Bench, Option<Server>, String) {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "slow", "running");
    let server = beside.leave(server);
    (bench, server, run)
}

/// A run that is at its end.
fn over(beside: Beside, mode: &str) -> (Bench, Option<Server>, String) {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    let mode = format!("mode={mode}");
    let ran = bench.run(["trigger", "it", "--param", &mode, "--wait", "--json"]);
    let run = ran.json()["run_id"].as_str().unwrap().to_owned();
    (bench, beside.leave(server), run)
}

/// The run as a server leaves it that is there, or comes now.
#[track_caller]
fn at_its_end(bench: &Bench, server: Option<Server>, run: &str) -> Value {
    let _server = server.unwrap_or_else(|| Server::start(bench));
    ended(bench, "it", run_count(bench, "it"));
    shown(bench, "it", run)
}

/// Tests of which each is done twice.
macro_rules! both {
    ($($test:ident => $beside:ident, $nobody:ident;)*) => {$(
        #[test]
        fn $beside() {
            $test(Beside::AServer);
        }

        #[test]
        fn $nobody() {
            $test(Beside::Nobody);
        }
    )*};
}

both! {
    pauses => a_paused_dag_makes_no_runs_until_the_pause_ends, a_dag_that_is_paused_without_a_server_stays_so;
    cancels_running => a_running_run_is_cancelled, a_run_that_a_killed_server_left_running_is_cancelled;
    cancels_queued => a_queued_run_is_cancelled, a_queued_run_is_cancelled_without_a_server;
    clears_failed => only_what_failed_is_cleared, only_what_failed_is_cleared_without_a_server;
    clears_downstream => a_task_is_cleared_with_what_comes_after_it,
        a_task_is_cleared_with_what_comes_after_it_without_a_server;
    clears_running => a_running_task_is_cleared_and_runs_again,
        a_task_that_a_killed_server_left_running_is_cleared_and_runs_again;
    clears_dry => a_dry_run_of_a_clear_changes_nothing, a_dry_run_of_a_clear_changes_nothing_without_a_server;
    clears_queued => a_clear_of_a_queued_run_does_not_push_it_in, a_clear_of_a_queued_run_does_not_push_it_in_without_a_server;
    marks_success => a_running_task_is_marked_a_success_and_the_run_goes_on,
        a_task_that_a_killed_server_left_running_is_marked_a_success_and_the_run_goes_on;
    marks_failed => a_running_task_is_marked_failed, a_task_that_a_killed_server_left_running_is_marked_failed;
    marks_over => a_task_of_a_run_at_its_end_is_marked, a_task_of_a_run_at_its_end_is_marked_without_a_server;
    refuses => what_is_not_there_is_refused, what_is_not_there_is_refused_without_a_server;
}

fn pauses(beside: Beside) {
    let bench =
        bench(&[("it.toml", "id = \"it\"\nschedule = \"every 1s\"\n[tasks.one]\nplugin = 'misbehave'\n"), WITNESS]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    let server = beside.leave(server);
    bench.run(["dag", "pause", "it", "--reason", "on holiday"]).exits(0);
    let before = run_count(&bench, "it");
    let server = server.unwrap_or_else(|| Server::start(&bench));
    ticks_pass(&bench, "witness");
    assert_eq!(run_count(&bench, "it"), before);
    let list = bench.run(["dag", "list", "--json"]).exits(0).json();
    assert_eq!(list["dags"][0]["paused_reason"], "on holiday");
    let server = beside.leave(server);
    bench.run(["dag", "unpause", "it"]).exits(0);
    let _server = server.unwrap_or_else(|| Server::start(&bench));
    eventually("it runs again", || (run_count(&bench, "it") > before).then_some(()));
}

fn cancels_running(beside: Beside) {
    let (bench, server, run) = under_way(beside);
    bench.run(["runs", "cancel", "it", "latest", "--reason", "not needed"]).exits(0);
    let document = shown(&bench, "it", &run);
    assert_eq!((&document["state"], &document["reason"]), (&"failed".into(), &"not needed".into()));
    assert_eq!(states(&document), expected("success", "failed", "skipped"));
    bench.run(["runs", "cancel", "it", &run]).exits(2).says(&["at its end"]);
    // It stays so, and its place is free.
    let _server = server.unwrap_or_else(|| Server::start(&bench));
    bench.run(["trigger", "it", "--param", "mode=succeed", "--wait"]).exits(0);
    assert_eq!(shown(&bench, "it", &run), document);
}

fn cancels_queued(beside: Beside) {
    let (bench, server, first) = under_way(beside);
    let second = trigger(&bench, "it");
    bench.run(["runs", "cancel", "it", &second]).exits(0);
    let document = shown(&bench, "it", &second);
    assert_eq!(document["state"], "failed");
    assert_eq!(states(&document), expected("skipped", "skipped", "skipped"));
    let server = server.unwrap_or_else(|| Server::start(&bench));
    until_task(&bench, "it", "slow", "running");
    bench.run(["mark", "it", &first, "slow", "success"]).exits(0);
    assert_eq!(at_its_end(&bench, Some(server), &first)["state"], "success");
    assert_eq!(shown(&bench, "it", &second), document);
}

fn clears_failed(beside: Beside) {
    let (bench, server, run) = over(beside, "permanent");
    let before = shown(&bench, "it", &run);
    assert_eq!(states(&before), expected("success", "failed", "upstream_failed"));
    let told = bench.run(["clear", "it", &run, "--only-failed", "--json"]).exits(0).json();
    let tasks = json!([{"task_id": "slow", "state": "failed"}, {"task_id": "last", "state": "upstream_failed"}]);
    assert_eq!((&told["task_instances"], &told["dry_run"]), (&tasks, &false.into()));
    let after = at_its_end(&bench, server, &run);
    assert_eq!(after["state"], "failed");
    assert_eq!(states(&after), states(&before));
    assert_eq!(instance(&after, "first"), instance(&before, "first"));
    assert_eq!(instance(&after, "slow")["try_number"], 2);
    // The earlier try stays in its history.
    let task = bench.run(["runs", "show", "it", &run, "slow", "--json"]).exits(0).json();
    assert_eq!((&task["tries"][0]["try_number"], &task["tries"][0]["state"]), (&1.into(), &"failed".into()));
}

fn clears_downstream(beside: Beside) {
    let (bench, server, run) = over(beside, "succeed");
    let told = bench.run(["clear", "it", &run, "slow", "--downstream", "--json"]).exits(0).json();
    assert_eq!(told["total_entries"], 2);
    let after = at_its_end(&bench, server, &run);
    assert_eq!(after["state"], "success");
    let tries: Vec<_> =
        ["first", "slow", "last"].iter().map(|task| instance(&after, task)["try_number"].as_u64().unwrap()).collect();
    assert_eq!(tries, [1, 2, 2]);
}

fn clears_running(beside: Beside) {
    let (bench, server, run) = under_way(beside);
    bench.run(["clear", "it", &run, "slow"]).exits(0);
    let server = server.unwrap_or_else(|| Server::start(&bench));
    let again = "SELECT count(*) FROM task_instance WHERE task_id = 'slow' AND state = 'running' AND start_number = 2";
    eventually("it runs again", || (number(&bench, again) == 1).then_some(()));
    bench.run(["mark", "it", &run, "slow", "success"]).exits(0);
    let after = at_its_end(&bench, Some(server), &run);
    assert_eq!(states(&after), expected("success", "success", "success"));
    assert_eq!(number(&bench, "SELECT sum(lost_hosts) FROM task_instance"), 0);
}

#[test]
fn what_is_cleared_while_as_many_runs_run_as_may_waits_for_room() {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = Server::start(&bench);
    let over = bench.run(["trigger", "it", "--param", "mode=succeed", "--wait", "--json"]).exits(0).json();
    let over = over["run_id"].as_str().unwrap();
    let busy = trigger(&bench, "it");
    until_task(&bench, "it", "slow", "running");
    bench.run(["clear", "it", over]).exits(0);
    let waits = shown(&bench, "it", over);
    assert_eq!((waits["state"].as_str(), &states(&waits)), (Some("queued"), &expected("none", "none", "none")));
    let words = bench.run(["explain", "it", over]).exits(0).stdout;
    assert!(words.contains("max_active_runs = 1 of its DAG is reached"), "{words}");
    bench.run(["runs", "cancel", "it", &busy]).exits(0);
    eventually("it runs again", || (shown(&bench, "it", over)["state"] == "success").then_some(()));
    assert_eq!(instance(&shown(&bench, "it", over), "first")["try_number"], 2);
}

#[test]
fn what_is_cleared_without_a_server_does_not_run_all_at_once() {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    let over = [(); 3].map(|()| {
        let told = bench.run(["trigger", "it", "--param", "mode=succeed", "--wait", "--json"]).exits(0).json();
        told["run_id"].as_str().unwrap().to_owned()
    });
    server.stop();
    for run in &over {
        bench.run(["clear", "it", run]).exits(0);
    }
    assert_eq!(each(&runs(&bench, "it"), "state"), ["queued"; 3]);
    let server = Server::start(&bench);
    eventually("all ran again", || (each(&runs(&bench, "it"), "state") == ["success"; 3]).then_some(()));
    server.stop();
    let mut times: Vec<_> = runs(&bench, "it")
        .iter()
        .map(|run| ["start_date", "end_date"].map(|field| run[field].as_str().unwrap().to_owned()))
        .collect();
    times.sort();
    assert!(times.windows(2).all(|pair| pair[0][1] <= pair[1][0]), "one at a time: {times:?}");
}

fn clears_dry(beside: Beside) {
    let (bench, _server, run) = over(beside, "permanent");
    let before = shown(&bench, "it", &run);
    let told = bench.run(["clear", "it", &run, "last", "--upstream", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&told["total_entries"], &told["dry_run"]), (&3.into(), &true.into()));
    assert_eq!(shown(&bench, "it", &run), before);
}

fn clears_queued(beside: Beside) {
    let (bench, server, first) = under_way(beside);
    let second = trigger(&bench, "it");
    bench.run(["clear", "it", &second]).exits(0);
    assert_eq!(each(&runs(&bench, "it"), "state"), ["running", "queued"]);
    let server = server.unwrap_or_else(|| Server::start(&bench));
    until_task(&bench, "it", "slow", "running");
    assert_eq!(each(&runs(&bench, "it"), "state"), ["running", "queued"]);
    bench.run(["runs", "cancel", "it", &first]).exits(0);
    // Now there is room for it.
    let begun = format!("SELECT count(*) FROM dag_run WHERE run_id = '{second}' AND state = 'running'");
    eventually("the second runs", || (number(&bench, &begun) == 1).then_some(()));
    server.kill();
}

fn marks_success(beside: Beside) {
    let (bench, server, run) = under_way(beside);
    bench.run(["mark", "it", &run, "slow", "success", "--reason", "looked at by hand"]).exits(0);
    let after = at_its_end(&bench, server, &run);
    assert_eq!(after["state"], "success");
    assert_eq!(states(&after), expected("success", "success", "success"));
    assert!(instance(&after, "slow")["error"].to_string().contains("looked at by hand"), "{after}");
}

fn marks_failed(beside: Beside) {
    let (bench, server, run) = under_way(beside);
    bench.run(["mark", "it", &run, "slow", "failed", "--reason", "nonsense"]).exits(0);
    let after = at_its_end(&bench, server, &run);
    assert_eq!(after["state"], "failed");
    assert_eq!(states(&after), expected("success", "failed", "upstream_failed"));
}

fn marks_over(beside: Beside) {
    let (bench, server, run) = over(beside, "permanent");
    bench.run(["mark", "it", &run, "slow", "success", "--reason", "it was right"]).exits(0);
    let after = shown(&bench, "it", &run);
    assert_eq!(states(&after), expected("success", "success", "upstream_failed"));
    // What was stopped by it can run now.
    bench.run(["clear", "it", &run, "--only-failed"]).exits(0);
    let after = at_its_end(&bench, server, &run);
    assert_eq!(after["state"], "success");
    assert_eq!(states(&after), expected("success", "success", "success"));
    assert_eq!(instance(&after, "slow")["try_number"], 1);
}

fn refuses(beside: Beside) {
    let (bench, _server, run) = over(beside, "succeed");
    let before = shown(&bench, "it", &run);
    bench.run(["clear", "it", &run, "none"]).exits(2).says(&["none"]);
    bench.run(["mark", "it", &run, "none", "success"]).exits(2).says(&["none"]);
    bench.run(["clear", "it", "manual__none"]).exits(2).says(&["manual__none", "runs list"]);
    bench.run(["runs", "cancel", "it", &run]).exits(2).says(&["at its end"]);
    bench.run(["dag", "pause", "none"]).exits(2).says(&["none"]);
    bench.run(["backfill", "cancel", "7"]).exits(2).says(&["backfill 7"]);
    assert_eq!(shown(&bench, "it", &run), before);
}

#[test]
fn a_cleared_run_of_a_living_run_command_is_left_alone() {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = Server::start(&bench);
    let mut own = bench.command(["run", "dags/it.toml"]);
    own.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut own = Killed(own.spawn().unwrap());
    until_task(&bench, "it", "slow", "running");
    for call in [
        &["clear", "it", "latest"][..],
        &["runs", "cancel", "it", "latest"],
        &["mark", "it", "latest", "slow", "failed"],
    ] {
        bench.run(call).exits(2).says(&["dagwood run"]);
    }
    assert!(own.0.try_wait().unwrap().is_none());
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_mark_on_a_run_that_is_over_is_no_further_failed_run_of_its_dag() {
    let strict = DAG.replace("max_active_runs = 1", "max_active_runs = 1\nmax_consecutive_failed_dag_runs = 2");
    let bench = bench(&[("it.toml", &strict)]);
    let server = Server::start(&bench);
    bench.run(["trigger", "it", "--param", "mode=permanent", "--wait"]).exits(1);
    for _ in 0..3 {
        bench.run(["mark", "it", "latest", "slow", "failed"]).exits(0);
    }
    bench.run(["trigger", "it", "--param", "mode=succeed", "--wait"]).exits(0);
    let listed = bench.run(["dag", "list", "--json"]).exits(0).json();
    assert_eq!(listed["dags"][0]["is_paused"], false, "{listed:#}");
    let said = server.stop().stderr;
    assert_eq!(
        [" begins\n", " ends: "].map(|words| said.matches(words).count()),
        [2, 2],
        "a mark begins nothing:\n{said}"
    );
}

#[test]
fn failed_runs_in_a_row_are_counted_over_a_kill_of_the_server() {
    let strict = DAG.replace("max_active_runs = 1", "max_active_runs = 1\nmax_consecutive_failed_dag_runs = 2");
    let bench = bench(&[("it.toml", &strict)]);
    let fail = || bench.run(["trigger", "it", "--param", "mode=permanent", "--wait"]).exits(1);
    let is_paused = || bench.run(["dag", "list", "--json"]).exits(0).json()["dags"][0]["is_paused"].clone();
    let server = Server::start(&bench);
    fail();
    server.kill();
    let server = Server::start(&bench);
    assert_eq!(is_paused(), false);
    fail();
    assert_eq!(is_paused(), true);
    server.stop();
}

#[test]
fn a_run_that_waits_cannot_be_marked() {
    let bench = bench(&[("it.toml", DAG)]);
    let server = Server::start(&bench);
    bench.run(["dag", "pause", "it"]).exits(0);
    let run = trigger(&bench, "it");
    bench.run(["mark", "it", &run, "first", "success"]).exits(2).says(&["has not begun"]);
    assert_eq!(shown(&bench, "it", &run)["state"], "queued");
    server.stop();
}
