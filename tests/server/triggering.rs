//! Runs that people want.

use crate::common::{Bench, instance};
use crate::kit::{Beside, Server, WITNESS, bench, each, echoed, ended, run_count, runs, shown, ticks_pass, trigger};

const DAG: &str = r#"
id = "it"
params.words = "by default"
params.mode = "echo"

[tasks.say]
plugin = 'misbehave'
params = { mode = "{{ params.mode }}", text = "{{ params.words }}", use_context = true }
"#;

fn words(bench: &Bench, run: &str) -> serde_json::Value {
    echoed(&shown(bench, "it", run), "say")["text"].clone()
}

#[test]
fn a_triggered_run_is_waited_for_and_has_its_params_and_its_date() {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = Server::start(&bench);
    let call = ["trigger", "it", "--param", "words=mine", "--logical-date", "2024-02-03T04:05:06Z", "--wait", "--json"];
    let told = bench.run(call).exits(0).json();
    assert_eq!((&told["dag_id"], &told["state"]), (&"it".into(), &"success".into()));
    let run = told["run_id"].as_str().unwrap();
    assert!(run.starts_with("manual__"), "{run}");
    assert_eq!(words(&bench, run), "mine");
    let document = shown(&bench, "it", run);
    assert_eq!(instance(&document, "say")["value"]["context"]["logical_date"], "2024-02-03T04:05:06Z");
    let list = runs(&bench, "it");
    assert_eq!(each(&list, "run_type"), ["manual"]);
    assert_eq!(each(&list, "logical_date"), ["2024-02-03T04:05:06Z"]);
    assert_eq!(each(&list, "data_interval_end"), ["2024-02-03T04:05:06Z"]);
}

#[test]
fn a_run_that_is_triggered_without_a_server_waits_for_the_next_one() {
    let bench = bench(&[("it.toml", DAG)]);
    Server::start(&bench).stop();
    let told = bench.run(["trigger", "it", "--param", "words=later", "--json"]).exits(0).json();
    assert_eq!(told["state"], "queued");
    assert_eq!(each(&runs(&bench, "it"), "state"), ["queued"]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    server.stop();
    assert_eq!(words(&bench, told["run_id"].as_str().unwrap()), "later");
}

#[test]
fn a_waited_run_that_fails_exits_as_a_failed_run_does() {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = Server::start(&bench);
    let ran = bench.run(["trigger", "it", "--param", "mode=permanent", "--wait", "--json"]).exits(1);
    assert_eq!(ran.json()["state"], "failed");
}

#[test]
fn nobody_waits_where_there_is_no_server() {
    let bench = bench(&[("it.toml", DAG)]);
    Server::start(&bench).stop();
    bench.run(["trigger", "it", "--wait"]).exits(2).says(&["no server", "dagwood serve"]);
    assert_eq!(run_count(&bench, "it"), 0);
}

fn refuses(beside: Beside) {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = beside.serve(&bench);
    bench.run(["trigger", "it", "--param", "word=1"]).exits(2).says(&["word", "words"]);
    bench.run(["trigger", "other"]).exits(2).says(&["other"]);
    assert_eq!(run_count(&bench, "it"), 0);
}

#[test]
fn what_does_not_fit_makes_no_run_beside_a_server() {
    refuses(Beside::AServer);
}

#[test]
fn what_does_not_fit_makes_no_run_without_a_server() {
    refuses(Beside::Nobody);
}

#[test]
fn two_runs_for_the_same_date_have_ids_of_their_own() {
    let bench = bench(&[("it.toml", DAG)]);
    let _server = Server::start(&bench);
    for _ in 0..2 {
        bench.run(["trigger", "it", "--logical-date", "2024-01-01", "--wait"]).exits(0);
    }
    let list = runs(&bench, "it");
    assert_eq!(each(&list, "logical_date"), ["2024-01-01T00:00:00Z"; 2]);
    assert_ne!(list[0]["run_id"], list[1]["run_id"]);
}

#[test]
fn a_triggered_run_of_a_paused_dag_waits_for_the_end_of_the_pause() {
    let bench = bench(&[("it.toml", DAG), WITNESS]);
    let _server = Server::start(&bench);
    bench.run(["dag", "pause", "it"]).exits(0);
    let run = trigger(&bench, "it");
    ticks_pass(&bench, "witness");
    assert_eq!(each(&runs(&bench, "it"), "state"), ["queued"]);
    bench.run(["dag", "unpause", "it"]).exits(0);
    ended(&bench, "it", 1);
    assert_eq!(words(&bench, &run), "by default");
}

#[test]
fn runs_by_hand_wait_for_room_in_the_order_in_which_they_came() {
    let bench = bench(&[(
        "it.toml",
        "id = \"it\"\nmax_active_runs = 1\n[tasks.one]\nplugin = 'misbehave'\nparams = { mode = \"busy\", count = 20 }\n",
    )]);
    Server::start(&bench).stop();
    let ids: Vec<_> = (0..4).map(|_| trigger(&bench, "it")).collect();
    let server = Server::start(&bench);
    ended(&bench, "it", 4);
    server.stop();
    let mut list = runs(&bench, "it");
    list.sort_by_key(|run| run["start_date"].as_str().unwrap().to_owned());
    assert_eq!(each(&list, "run_id"), ids);
}
