//! Callbacks and deadlines: real components, started since something happened.

use serde_json::{Value, json};

use crate::common::instance;
use crate::kit::{Server, bench, database, ended, eventually, number, shown, trigger, until_task};

const FLAKY: &str = r#"
id = "flaky"
on_failure = { plugin = 'misbehave', params = { mode = "echo", text = "{{ event.message }}" } }
on_success = 'misbehave'

[defaults]
on_retry = { plugin = 'misbehave', params = { mode = "echo", text = "{{ event.task_id }}, try {{ event.try_number }}" } }

[tasks.fails]
plugin = 'misbehave'
params = { mode = "retryable", text = "no luck", ms = 1 }
retries = 1
on_failure = { plugin = 'misbehave', params = { mode = "echo", text = "{{ event.code }} on {{ ds }}" } }

[tasks.after]
plugin = 'misbehave'
after = "fails"
"#;

/// Waits until all callbacks of all runs are over; gives those of a run.
#[track_caller]
fn over(bench: &crate::common::Bench, dag: &str, run: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} callbacks are over"), || {
        let callbacks = shown(bench, dag, run)["callbacks"].as_array().cloned().unwrap_or_default();
        let is_over = |callback: &&Value| matches!(callback["state"].as_str(), Some("success" | "failed"));
        (callbacks.iter().filter(is_over).count() == count).then_some(callbacks)
    })
}

/// What the plugin of a callback was told: its text, and what happened.
#[track_caller]
fn told(bench: &crate::common::Bench, dag: &str, callback: &Value) -> (String, Value) {
    let run = shown(bench, dag, callback["run_id"].as_str().unwrap());
    let value = &instance(&run, callback["kind"].as_str().unwrap())["value"];
    let params: Value = serde_json::from_str(value["params"].as_str().unwrap()).unwrap();
    assert_eq!(value["values"][0]["name"], "event");
    let event = serde_json::from_str(value["values"][0]["value"].as_str().unwrap()).unwrap();
    (params["text"].as_str().unwrap_or_default().to_owned(), event)
}

#[test]
fn a_retry_a_failure_and_the_end_of_the_run_are_told_each_to_its_own_task() {
    let bench = bench(&[("flaky.toml", FLAKY)]);
    let _server = Server::start(&bench);
    let run = trigger(&bench, "flaky");
    let callbacks = over(&bench, "flaky", &run, 3);
    let kinds: Vec<_> = callbacks.iter().map(|callback| (&callback["kind"], &callback["task_id"])).collect();
    let fails = json!("fails");
    assert_eq!(
        kinds,
        [(&json!("on_retry"), &fails), (&json!("on_failure"), &fails), (&json!("on_failure"), &Value::Null)]
    );
    let told: Vec<_> = callbacks.iter().map(|callback| told(&bench, "flaky", callback)).collect();
    assert_eq!(told[0].0, "fails, try 1");
    assert!(told[1].0.starts_with("no luck on 20"), "{}", told[1].0);
    assert_eq!(told[2].0, "failed: `fails`");
    let event = &told[1].1;
    assert_eq!((&event["run_id"], &event["dag_id"], &event["state"]), (&json!(run), &json!("flaky"), &json!("failed")));
    assert_eq!((&event["try_number"], &event["max_tries"], &event["value"]), (&json!(2), &json!(2), &Value::Null));

    let listed = bench.run(["runs", "list", "flaky", "--json"]).exits(0).json();
    assert_eq!(listed["total_entries"], 1, "the runs of callbacks are no runs of the DAG");
    let listed = bench.run(["runs", "list", "flaky", "--callbacks", "--json"]).exits(0).json();
    assert_eq!((&listed["total_entries"], &listed["dag_runs"][0]["run_type"]), (&json!(3), &json!("callback")));
    let text = bench.run(["runs", "show", "flaky", "latest"]).exits(0).stdout;
    assert!(text.contains("CALLBACK") && text.contains("on_retry"), "{text}");
    let id = callbacks[1]["run_id"].as_str().unwrap();
    bench.run(["explain", "flaky", id, "on_failure"]).exits(0);
    bench.run(["logs", "flaky", id, "on_failure"]).exits(0);
}

#[test]
fn the_run_of_a_callback_can_be_cleared_and_is_told_the_same() {
    let bench = bench(&[("flaky.toml", FLAKY)]);
    let _server = Server::start(&bench);
    let run = trigger(&bench, "flaky");
    let before = over(&bench, "flaky", &run, 3).remove(1);
    let id = before["run_id"].as_str().unwrap();
    let first = told(&bench, "flaky", &before);
    bench.run(["clear", "flaky", id]).exits(0);
    eventually("it ran again", || {
        let again = shown(&bench, "flaky", id);
        (again["state"] == "success" && instance(&again, "on_failure")["try_number"] == 2).then_some(())
    });
    assert_eq!(told(&bench, "flaky", &before), first);
    assert_eq!(over(&bench, "flaky", &run, 3).len(), 3, "that starts no callback");
    let refused = bench.run(["run", "dags/flaky.toml", "--resume", id]).exits(2);
    assert!(refused.stderr.contains("is of a callback"), "{}", refused.stderr);
}

#[test]
fn a_callback_that_was_under_way_when_the_server_was_killed_is_started_again_and_never_twice() {
    let lines = "id = \"it\"\n[tasks.a]\nplugin = 'misbehave'\n\
        on_success = { plugin = 'misbehave', params.mode = \"loop\", execution_timeout = \"10m\" }\n";
    let bench = bench(&[("it.toml", lines)]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "on_success", "running");
    server.kill();
    let _server = Server::start(&bench);
    let query = "SELECT count(*) FROM task_instance WHERE task_id = 'on_success' AND state = 'running'
                   AND start_number = 2 AND lost_hosts = 1";
    eventually("it runs again", || (number(&bench, query) == 1).then_some(()));
    assert_eq!(number(&bench, "SELECT count(*) FROM callback"), 1);
    let callback = shown(&bench, "it", &run)["callbacks"][0].clone();
    bench.run(["runs", "cancel", "it", callback["run_id"].as_str().unwrap()]).exits(0);
    assert_eq!(over(&bench, "it", &run, 1)[0]["state"], "failed");
    assert_eq!(shown(&bench, "it", &run)["state"], "success", "what it is about is as it was");
}

#[test]
fn what_a_command_without_a_server_ends_calls_when_there_is_one() {
    let lines = "id = \"it\"\non_failure = 'misbehave'\n[tasks.a]\nplugin = 'misbehave'\nparams.mode = \"loop\"\n\
        execution_timeout = \"10m\"\n";
    let bench = bench(&[("it.toml", lines)]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "a", "running");
    server.kill();
    bench.run(["runs", "cancel", "it", &run]).exits(0);
    let waits = shown(&bench, "it", &run)["callbacks"][0].clone();
    assert_eq!((&waits["kind"], &waits["run_id"]), (&json!("on_failure"), &Value::Null));
    let text = bench.run(["runs", "show", "it", "latest"]).exits(0).stdout;
    assert!(text.contains("waits for a server"), "{text}");
    let _server = Server::start(&bench);
    assert_eq!(over(&bench, "it", &run, 1)[0]["state"], "success");
}

#[test]
fn a_run_that_is_late_is_told_and_goes_on() {
    let lines = "id = \"late\"\ndeadline = { after = \"run_start\", of = \"200ms\" }\n\
        on_deadline = { plugin = 'misbehave', params = { mode = \"echo\", text = \"{{ event.deadline }}\" } }\n\
        [tasks.a]\nplugin = 'misbehave'\nparams.mode = \"loop\"\nexecution_timeout = \"10m\"\n";
    let bench = bench(&[("late.toml", lines)]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "late");
    let callback = over(&bench, "late", &run, 1).remove(0);
    server.until("is late: its deadline was");
    let document = shown(&bench, "late", &run);
    assert_eq!((&callback["kind"], &document["state"]), (&json!("on_deadline"), &json!("running")));
    let due = document["missed_deadline"].as_str().unwrap();
    assert_eq!(told(&bench, "late", &callback).0, due);
    let start: jiff::Timestamp = document["start_date"].as_str().unwrap().parse().unwrap();
    let due: jiff::Timestamp = due.parse().unwrap();
    assert_eq!(due.duration_since(start), jiff::SignedDuration::from_millis(200));
    let words = bench.run(["explain", "late", &run]).exits(0).stdout;
    assert!(words.contains("it missed its deadline"), "{words}");
    bench.run(["runs", "cancel", "late", &run]).exits(0);
    ended(&bench, "late", 2);
    assert_eq!(number(&bench, "SELECT count(*) FROM callback"), 1, "once");
    drop(database(&bench));
}

#[test]
fn a_run_in_the_foreground_waits_for_its_callbacks_and_shows_them() {
    let bench = bench(&[("flaky.toml", FLAKY)]);
    let ran = bench.run(["run", "dags/flaky.toml"]).exits(1);
    assert!(ran.stdout.contains("on_retry") && ran.stdout.contains("CALLBACK"), "{}", ran.stdout);
    let open = "SELECT count(*) FROM callback JOIN dag_run ON dag_run.callback = callback.id WHERE state <> 'success'";
    assert_eq!((number(&bench, "SELECT count(*) FROM callback"), number(&bench, open)), (3, 0));
}
