//! Runs of the past that people want.

use serde_json::{Value, json};

use crate::common::Bench;
use crate::kit::{
    Beside, Server, WITNESS, bench, each, ended, eventually, number, run_count, runs, shown, ticks_pass, until_task,
};

/// Seen now for the first time, so ticks of the past count only where they are asked for.
fn dag(mode: &str) -> String {
    format!(
        "id = \"it\"\nschedule = \"@daily\"\n[tasks.one]\nplugin = 'misbehave'\n\
         params = {{ mode = \"{mode}\", text = \"{{{{ ds }}}}\" }}\nexecution_timeout = \"10m\"\n"
    )
}

const DAYS: [&str; 3] = ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"];

fn create(bench: &Bench, further: &[&str]) -> Value {
    let call = ["backfill", "create", "it", "--from", "2024-01-01", "--to", "2024-01-03", "--json"];
    bench.run(call.iter().chain(further)).exits(0).json()
}

fn list(bench: &Bench) -> Value {
    bench.run(["backfill", "list", "--json"]).exits(0).json()["backfills"].clone()
}

/// Waits until the newest backfill is over.
#[track_caller]
fn over(bench: &Bench) -> Value {
    eventually("the backfill is over", || {
        let newest = list(bench)[0].clone();
        (!newest["completed_at"].is_null() || !newest["ended_at"].is_null()).then_some(newest)
    })
}

fn makes(beside: Beside) {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    let server = beside.serve(&bench);
    let told = create(&bench, &[]);
    assert_eq!((&told["total_entries"], &told["dry_run"]), (&3.into(), &false.into()));
    assert!(told["id"].is_i64(), "{told}");
    let server = server.unwrap_or_else(|| Server::start(&bench));
    let runs = ended(&bench, "it", 3);
    over(&bench);
    server.stop();
    assert_eq!(each(&runs, "logical_date"), DAYS);
    assert_eq!(each(&runs, "state"), ["success"; 3]);
    assert_eq!(each(&runs, "run_type"), ["backfill"; 3]);
    assert_eq!(runs[0]["run_id"], "backfill__2024-01-01T00:00:00Z");
}

#[test]
fn a_backfill_makes_the_runs_of_its_time() {
    makes(Beside::AServer);
}

#[test]
fn a_backfill_that_is_made_without_a_server_waits_for_the_next_one() {
    makes(Beside::Nobody);
}

#[test]
fn a_dry_run_of_a_backfill_makes_nothing() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    let told = {
        let _server = Server::start(&bench);
        create(&bench, &["--dry-run"])
    };
    let dates = DAYS.map(|date| json!({ "logical_date": date, "again": false }));
    assert_eq!((&told["runs"], &told["id"]), (&json!(dates), &Value::Null));
    assert_eq!(create(&bench, &["--dry-run"])["runs"], json!(dates));
    assert_eq!(run_count(&bench, "it"), 0);
    assert_eq!(list(&bench), json!([]));
}

#[test]
fn a_backfill_may_begin_with_the_newest() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    let server = Server::start(&bench);
    create(&bench, &["--newest-first", "--max-active-runs", "1"]);
    let mut runs = ended(&bench, "it", 3);
    server.stop();
    runs.sort_by_key(|run| run["start_date"].as_str().unwrap().to_owned());
    let newest_first: Vec<_> = DAYS.iter().rev().copied().collect();
    assert_eq!(each(&runs, "logical_date"), newest_first);
    // One at a time.
    for pair in runs.windows(2) {
        assert!(pair[0]["end_date"].as_str() <= pair[1]["start_date"].as_str(), "{pair:?}");
    }
}

#[test]
fn a_backfill_leaves_runs_that_are_there_as_they_are() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    let _server = Server::start(&bench);
    create(&bench, &[]);
    let before = ended(&bench, "it", 3);
    assert_eq!(create(&bench, &[])["total_entries"], 0);
    assert_eq!(runs(&bench, "it"), before);
}

/// Waits for the day before; the first day fails.
const AFTER_THE_DAY_BEFORE: &str = "id = \"it\"\nschedule = \"@daily\"\n[tasks.one]\nplugin = 'misbehave'\n\
     params = { mode = \"{{ 'permanent' if ds == '2024-01-01' else 'succeed' }}\" }\ndepends_on_past = true\n";

fn of_day(bench: &Bench, day: &str, further: &[&str]) {
    let call = ["backfill", "create", "it", "--from", day, "--to", day];
    bench.run(call.iter().chain(further)).exits(0);
}

fn until_day(bench: &Bench, day: &str, state: &str) {
    eventually(&format!("{day} is {state}"), || {
        let found = runs(bench, "it").into_iter().find(|run| run["logical_date"].as_str().unwrap().starts_with(day))?;
        (found["state"] == state).then_some(())
    });
}

#[test]
fn a_run_made_in_between_is_the_past_of_the_one_that_waits() {
    let bench = bench(&[("it.toml", AFTER_THE_DAY_BEFORE)]);
    let server = Server::start(&bench);
    of_day(&bench, "2024-01-01", &[]);
    until_day(&bench, "2024-01-01", "failed");
    of_day(&bench, "2024-01-03", &[]);
    until_day(&bench, "2024-01-03", "running");
    of_day(&bench, "2024-01-02", &[]);
    until_day(&bench, "2024-01-02", "running");
    bench.run(["mark", "it", "backfill__2024-01-02T00:00:00Z", "one", "success", "--reason", "by hand"]).exits(0);
    until_day(&bench, "2024-01-03", "success");
    server.stop();
}

#[test]
fn a_run_does_not_wait_for_a_past_that_was_cancelled_before_it_began() {
    let bench = bench(&[("it.toml", AFTER_THE_DAY_BEFORE)]);
    let server = Server::start(&bench);
    create(&bench, &["--newest-first", "--max-active-runs", "1"]);
    until_day(&bench, "2024-01-03", "running");
    until_day(&bench, "2024-01-02", "queued");
    bench.run(["runs", "cancel", "it", "backfill__2024-01-02T00:00:00Z"]).exits(0);
    until_day(&bench, "2024-01-03", "success");
    server.stop();
}

fn reprocesses(which: &str, beside: Beside) {
    let bench = bench(&[("it.toml", &dag("permanent"))]);
    let server = Server::start(&bench);
    create(&bench, &[]);
    let before = ended(&bench, "it", 3);
    assert_eq!(each(&before, "state"), ["failed"; 3]);
    over(&bench);
    // One of them is a success.
    let good = before[1]["run_id"].as_str().unwrap();
    bench.run(["mark", "it", good, "one", "success"]).exits(0);
    bench.run(["clear", "it", before[0]["run_id"].as_str().unwrap()]).exits(0);
    ended(&bench, "it", 3);
    let server = beside.leave(server);
    let told = create(&bench, &["--reprocess", which]);
    assert!(told["runs"].as_array().unwrap().iter().all(|run| run["again"] == true), "{told}");
    let server = server.unwrap_or_else(|| Server::start(&bench));
    over(&bench);
    let after = runs(&bench, "it");
    server.stop();
    assert_eq!(each(&after, "run_id"), each(&before, "run_id"));
    let tries: Vec<_> = each(&after, "run_id")
        .iter()
        .map(|run| shown(&bench, "it", run)["task_instances"][0]["try_number"].as_u64().unwrap())
        .collect();
    assert_eq!(tries, [3, 2, 2]);
}

#[test]
fn a_backfill_runs_failed_runs_again_under_their_ids() {
    reprocesses("failed", Beside::AServer);
}

#[test]
fn a_backfill_runs_completed_runs_again_under_their_ids() {
    reprocesses("completed", Beside::AServer);
}

#[test]
fn a_backfill_without_a_server_has_the_next_one_run_them_again() {
    reprocesses("completed", Beside::Nobody);
}

fn cancels(beside: Beside) {
    let bench = bench(&[("it.toml", &dag("loop"))]);
    let server = Server::start(&bench);
    let id = create(&bench, &["--max-active-runs", "1"])["id"].to_string();
    until_task(&bench, "it", "one", "running");
    let server = beside.leave(server);
    bench.run(["backfill", "cancel", &id]).exits(0);
    let cancelled = list(&bench)[0].clone();
    assert_eq!(each(&runs(&bench, "it"), "state"), ["running", "failed", "failed"], "{cancelled}");
    bench.run(["backfill", "cancel", &id]).exits(2).says(&["under way"]);
    let server = server.unwrap_or_else(|| Server::start(&bench));
    // The one that ran goes on.
    until_task(&bench, "it", "one", "running");
    let first = runs(&bench, "it")[0]["run_id"].as_str().unwrap().to_owned();
    bench.run(["mark", "it", &first, "one", "success"]).exits(0);
    assert_eq!(each(&ended(&bench, "it", 3), "state"), ["success", "failed", "failed"]);
    server.stop();
}

#[test]
fn a_cancelled_backfill_starts_no_more_runs_and_those_that_run_go_on() {
    cancels(Beside::AServer);
}

#[test]
fn a_backfill_is_cancelled_without_a_server() {
    cancels(Beside::Nobody);
}

#[test]
fn a_backfill_is_never_in_the_way_of_scheduled_runs() {
    let slow = "id = \"it\"\nschedule = \"every 1s\"\nmax_active_runs = 1\nparams.none = \"\"\n[tasks.one]\n\
                plugin = 'misbehave'\nparams = { mode = \"{{ 'loop' if run_type_is_backfill else 'succeed' }}\" }\n";
    // A run cannot know what made it, so the slow ones are those of a certain year.
    let slow = slow.replace("run_type_is_backfill", "ds < '2020-01-01'");
    let bench = bench(&[("it.toml", &slow), WITNESS]);
    let server = Server::start(&bench);
    let call = ["backfill", "create", "it", "--from", "2019-01-01T00:00:00Z", "--to", "2019-01-01T00:00:09Z"];
    bench.run(call.iter().chain(&["--max-active-runs", "2"])).exits(0);
    until_task(&bench, "it", "one", "running");
    let scheduled = "SELECT count(*) FROM dag_run WHERE dag_id = 'it' AND run_type = 'scheduled' AND state = 'success'";
    let before = number(&bench, scheduled);
    eventually("scheduled runs go on", || (number(&bench, scheduled) >= before + 3).then_some(()));
    let active = "SELECT count(*) FROM dag_run WHERE dag_id = 'it' AND run_type = 'backfill' AND state = 'running'";
    assert_eq!(number(&bench, active), 2);
    server.kill();
}

#[test]
fn a_backfill_that_a_kill_interrupts_goes_on_in_its_order_and_ends() {
    let bench = bench(&[("it.toml", &dag("busy").replace("text =", "count = 20, text ="))]);
    let server = Server::start(&bench);
    create(&bench, &["--newest-first", "--max-active-runs", "1"]);
    until_task(&bench, "it", "one", "running");
    server.kill();
    let server = Server::start(&bench);
    let mut runs = ended(&bench, "it", 3);
    over(&bench);
    server.stop();
    runs.sort_by_key(|run| run["end_date"].as_str().unwrap().to_owned());
    let newest_first: Vec<_> = DAYS.iter().rev().copied().collect();
    assert_eq!(each(&runs, "logical_date"), newest_first);
    assert_eq!(each(&runs, "state"), ["success"; 3]);
}

#[test]
fn a_backfill_whose_last_run_is_cancelled_without_a_server_is_over() {
    let bench = bench(&[("it.toml", &dag("loop")), WITNESS]);
    let server = Server::start(&bench);
    create(&bench, &[]);
    server.kill();
    for run in runs(&bench, "it") {
        bench.run(["runs", "cancel", "it", run["run_id"].as_str().unwrap()]).exits(0);
    }
    let server = Server::start(&bench);
    ticks_pass(&bench, "witness");
    over(&bench);
    server.stop();
}

#[test]
fn what_has_no_ticks_has_nothing_to_backfill() {
    let bench = bench(&[("it.toml", "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\n")]);
    let _server = Server::start(&bench);
    let call = ["backfill", "create", "it", "--from", "2024-01-01", "--to", "2024-01-03"];
    bench.run(call).exits(2).says(&["no schedule"]);
}
