//! The commands that show what was run, and what they print for programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::{Bench, Ran, instance, root};

/// A DAG that writes, talks and measures; `put` fails if it is told to.
const TALK: &str = "id = 'talk'\n\
    [params]\n\
    n = { default = 2, schema = { type = 'integer', minimum = 1 } }\n\
    mode = 'write'\n\
    [tasks.say]\n\
    plugin = 'misbehave'\n\
    params = { mode = 'interleave', count = '{{ params.n }}' }\n\
    [tasks.put]\n\
    plugin = 'misbehave'\n\
    params = { mode = '{{ params.mode }}', text = 'kept' }\n\
    [tasks.folder]\n\
    plugin = 'misbehave'\n\
    params = { mode = 'make-folder', path = '/out/other' }\n\
    [tasks.measure]\n\
    plugin = 'misbehave'\n\
    params = { mode = 'metrics', count = 4 }\n\
    inputs.data = 'put.out'\n\
    after = 'say'\n";

/// A home with that DAG.
fn talking() -> Bench {
    let bench = Bench::seeded();
    bench.dag("dag.toml", TALK);
    bench
}

fn run(bench: &Bench, more: &[&str]) -> Ran {
    bench.run(["run", "dag.toml", "--json"].iter().chain(more))
}

/// The names in an object are these.
#[track_caller]
fn assert_keys(object: &Value, names: &[&str]) {
    let found: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, names.iter().copied().collect(), "{object:#}");
}

#[track_caller]
fn assert_instant(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no instant"));
    assert!(text.parse::<jiff::Timestamp>().is_ok() && text.ends_with('Z'), "{text}");
}

const RUN_KEYS: &[&str] =
    &["dag_id", "run_id", "state", "logical_date", "start_date", "end_date", "duration", "task_instances"];
const INSTANCE_KEYS: &[&str] = &[
    "task_id",
    "map_index",
    "state",
    "try_number",
    "plugin",
    "plugin_digest",
    "start_date",
    "end_date",
    "duration",
    "value",
    "outputs",
    "metrics",
    "error",
];

#[test]
fn the_document_of_a_run_has_every_field_and_runs_show_prints_the_same() {
    let bench = talking();
    let document = run(&bench, &["--logical-date", "2026-01-31"]).exits(0).json();
    assert_keys(&document, RUN_KEYS);
    assert_eq!((&document["dag_id"], &document["state"]), (&json!("talk"), &json!("success")));
    assert!(document["run_id"].as_str().unwrap().starts_with("manual__"));
    assert_eq!(document["logical_date"], "2026-01-31T00:00:00Z");
    assert_instant(&document["start_date"]);
    assert_instant(&document["end_date"]);
    assert!(document["duration"].as_f64().unwrap() > 0.0);

    let tasks: Vec<_> = document["task_instances"].as_array().unwrap().iter().map(|task| &task["task_id"]).collect();
    assert_eq!(tasks, ["say", "put", "folder", "measure"], "in the order of the file");
    let put = instance(&document, "put");
    assert_keys(put, INSTANCE_KEYS);
    assert_eq!((&put["map_index"], &put["state"], &put["try_number"]), (&json!(-1), &json!("success"), &json!(1)));
    assert_eq!(
        (&put["plugin"], &put["value"], &put["error"]),
        (&json!("misbehave@0.1.0"), &json!({ "ok": 4 }), &Value::Null)
    );
    let digest = put["plugin_digest"].as_str().unwrap();
    assert!(digest.starts_with("blake3:") && digest.len() == "blake3:".len() + 64, "{digest}");
    assert_instant(&put["start_date"]);
    assert_instant(&put["end_date"]);
    assert!(put["duration"].as_f64().unwrap() > 0.0);
    let output = &put["outputs"][0];
    assert_eq!((&output["port"], &output["size_bytes"], &output["kind"]), (&json!("out"), &json!(4), &json!("file")));
    assert!(output["digest"].as_str().unwrap().starts_with("blake3:"), "{output}");
    assert_eq!(instance(&document, "measure")["metrics"], json!({ "loss": 0.25 }));

    let run_id = document["run_id"].as_str().unwrap();
    assert_eq!(bench.run(["runs", "show", "talk", run_id, "--json"]).exits(0).json(), document);
    assert_eq!(bench.run(["runs", "show", "dag.toml", "latest", "--json"]).exits(0).json(), document);
}

#[test]
fn the_document_of_a_failed_run_holds_those_that_never_started_too() {
    let bench = talking();
    let document = run(&bench, &["--param", "mode=permanent"]).exits(1).json();
    assert_eq!(document["state"], "failed");
    assert_eq!(document["reason"], "failed: `put`", "{document:#}");
    assert_eq!(instance(&document, "put")["error"], json!({ "code": "kept", "message": "told to fail for good" }));
    let below = instance(&document, "measure");
    assert_keys(below, INSTANCE_KEYS);
    assert_eq!((&below["state"], &below["try_number"]), (&json!("upstream_failed"), &json!(0)));
    assert_eq!((&below["start_date"], &below["value"], &below["outputs"]), (&Value::Null, &Value::Null, &json!([])));
}

#[test]
fn runs_are_listed_newest_first_with_their_total() {
    let bench = talking();
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json(), json!({ "dag_runs": [], "total_entries": 0 }));
    let first = run(&bench, &[]).exits(0).json();
    let second = run(&bench, &["--param", "mode=permanent"]).exits(1).json();
    let list = bench.run(["runs", "list", "--json"]).exits(0).json();
    assert_keys(&list, &["dag_runs", "total_entries"]);
    assert_eq!(list["total_entries"], 2);
    let ids: Vec<_> = list["dag_runs"].as_array().unwrap().iter().map(|run| &run["run_id"]).collect();
    assert_eq!(ids, [&second["run_id"], &first["run_id"]]);
    for key in ["dag_id", "run_id", "state", "logical_date", "start_date", "end_date", "duration"] {
        assert_eq!(list["dag_runs"][0][key], second[key], "{key}");
    }
    assert_eq!(list["dag_runs"][0]["run_type"], "manual");
    let failed = bench.run(["runs", "list", "talk", "--state", "failed", "--json"]).exits(0).json();
    assert_eq!((&failed["total_entries"], &failed["dag_runs"][0]["run_id"]), (&json!(1), &second["run_id"]));
    let limited = bench.run(["runs", "list", "--limit", "1", "--json"]).exits(0).json();
    assert_eq!((limited["dag_runs"].as_array().unwrap().len(), &limited["total_entries"]), (1, &json!(2)));
    bench.run(["runs", "list", "tlk"]).exits(2).says(&["no DAG `tlk`", "did you mean `talk`?"]);
    bench
        .run(["runs", "show", "talk", "manual__gone"])
        .exits(2)
        .says(&["no run `manual__gone`", "dagwood runs list talk"]);
    bench.run(["runs", "show", "talk", "latest", "pot"]).exits(2).says(&["no task `pot`", "did you mean `put`?"]);
}

#[test]
fn dags_that_were_run_are_listed() {
    let bench = talking();
    assert_eq!(bench.run(["dag", "list", "--json"]).exits(0).json(), json!({ "dags": [], "total_entries": 0 }));
    run(&bench, &[]).exits(0);
    run(&bench, &[]).exits(0);
    let list = bench.run(["dag", "list", "--json"]).exits(0).json();
    assert_keys(&list, &["dags", "total_entries"]);
    assert_eq!(
        (&list["total_entries"], &list["dags"][0]["dag_id"], &list["dags"][0]["runs"]),
        (&json!(1), &json!("talk"), &json!(2))
    );
    assert!(bench.run(["dag", "list"]).exits(0).stdout.contains("talk"));
}

#[test]
fn a_dag_is_shown_as_text_and_as_a_graph() {
    let bench = talking();
    let text = bench.run(["dag", "show", "dag.toml"]).exits(0).stdout;
    assert!(
        text.lines().any(|line| line.contains("measure") && line.contains("say") && line.contains("put")),
        "{text}"
    );
    let dot = bench.run(["dag", "show", "--dot", "dag.toml"]).exits(0).stdout;
    assert!(dot.starts_with("digraph \"talk\" {") && dot.trim_end().ends_with('}'), "{dot}");
    for edge in ["\"put\" -> \"measure\"", "\"say\" -> \"measure\""] {
        assert_eq!(dot.matches(edge).count(), 1, "{edge} in\n{dot}");
    }
    assert_eq!(dot.matches("->").count(), 2, "{dot}");
}

#[test]
fn logs_hold_stdout_stderr_and_log_calls_in_their_order() {
    let bench = talking();
    run(&bench, &[]).exits(0);
    let document = bench.run(["logs", "talk", "latest", "say", "--json"]).exits(0).json();
    assert_eq!(
        (&document["dag_id"], &document["task_id"], &document["try_number"]),
        (&json!("talk"), &json!("say"), &json!(1))
    );
    let lines = document["lines"].as_array().unwrap();
    let said: Vec<_> = lines
        .iter()
        .filter(|line| line["source"] != "host")
        .map(|line| (line["source"].as_str().unwrap(), line["message"].as_str().unwrap()))
        .collect();
    let expected = [
        ("log", "log 0"),
        ("stdout", "stdout 0"),
        ("stderr", "stderr 0"),
        ("log", "log 1"),
        ("stdout", "stdout 1"),
        ("stderr", "stderr 1"),
    ];
    assert_eq!(said, expected);
    lines.iter().for_each(|line| assert_instant(&line["ts"]));
    let text = bench.run(["logs", "talk", "latest", "say"]).exits(0).stdout;
    assert!(text.contains("info   | log 0") && text.contains("stderr | stderr 1"), "{text}");
    bench.run(["logs", "talk", "latest", "sai"]).exits(2).says(&["no task `sai`", "did you mean `say`?"]);
    bench.run(["logs", "talk", "latest", "say", "--try", "2"]).exits(2).says(&["no try 2", "its last is 1"]);
}

#[test]
fn what_a_task_says_cannot_move_the_terminal_s_cursor_or_pass_for_the_host() {
    let bench = Bench::seeded();
    bench.dag("dag.toml", "id = 'odd'\n[tasks.a]\nplugin = 'misbehave'\nparams = { mode = 'escapes' }\n");
    let ran = bench.run(["run", "dag.toml"]).exits(0);
    let log = bench.run(["logs", "odd", "latest", "a"]).exits(0);
    let shown = bench.run(["runs", "show", "odd", "latest", "a"]).exits(0);
    for text in [&ran.stdout, &ran.stderr, &log.stdout, &shown.stdout] {
        let harmful = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(harmful, None, "{text:?}");
    }
    for words in ["red", "first\\rover the first", "nul \\u{0} and bell \\u{7}", "\\u{202e}txet"] {
        assert!(log.stdout.contains(words), "`{words}` is not in\n{}", log.stdout);
    }
    let lines_of_the_guest = log.stdout.lines().filter(|line| line.contains("2000-01-01"));
    assert!(lines_of_the_guest.clone().count() > 0);
    for line in lines_of_the_guest {
        assert!(line.contains("stdout |") || line.contains("stderr |") || line.contains("warn   |"), "{line}");
    }
}

#[test]
fn artifacts_are_listed_and_got_out_as_what_they_are() {
    let bench = talking();
    let document = run(&bench, &[]).exits(0).json();
    let list = bench.run(["artifacts", "list", "--json"]).exits(0).json();
    assert_keys(&list, &["dag_id", "run_id", "artifacts", "total_entries"]);
    assert_eq!((&list["run_id"], &list["total_entries"]), (&document["run_id"], &json!(2)));
    assert_eq!(list["artifacts"][0]["digest"], instance(&document, "put")["outputs"][0]["digest"]);

    let get = |args: &[&str]| bench.run(["artifacts", "get"].iter().chain(args));
    assert_eq!(get(&["latest", "put.out", "-o", "-"]).exits(0).stdout, "kept");
    get(&["talk/latest", "put.out", "-o", "here.txt"]).exits(0);
    assert_eq!(std::fs::read_to_string(bench.path("here.txt")).unwrap(), "kept");
    bench.write("here.txt", "mine");
    get(&["latest", "put.out", "-o", "here.txt"]).exits(2).says(&["here.txt", "exists", "--force"]);
    assert_eq!(std::fs::read_to_string(bench.path("here.txt")).unwrap(), "mine");
    get(&["latest", "put.out", "-o", "here.txt", "--force"]).exits(0);
    assert_eq!(std::fs::read_to_string(bench.path("here.txt")).unwrap(), "kept");
    get(&["latest", "folder.other", "-o", "there"]).exits(0);
    assert_eq!(std::fs::read_dir(bench.path("there")).unwrap().count(), 1);
    get(&["latest", "folder.other", "-o", "-"]).exits(2).says(&["folder", "-o"]);
    get(&["latest", "put.oot"]).exits(2).says(&["nothing at a port `oot`", "put.out"]);
    get(&["latest", "put"]).exits(2).says(&["TASK.PORT"]);
    get(&["manual__gone", "put.out"]).exits(2).says(&["manual__gone"]);
}

#[test]
fn out_puts_results_under_readable_names() {
    let bench = talking();
    let ran = run(&bench, &["--out", "results"]).exits(0);
    ran.json();
    assert_eq!(std::fs::read_to_string(bench.path("results/put.out")).unwrap(), "kept");
    assert!(bench.path("results/folder.other").is_dir());
    assert_eq!(std::fs::read_dir(bench.path("results")).unwrap().count(), 2);
    ran.says(&["results in results"]);
    run(&bench, &["--out", "results"]).exits(0);
    assert_eq!(std::fs::read_dir(bench.path("results")).unwrap().count(), 2, "replaced, not added");
}

#[test]
fn a_place_for_results_that_cannot_be_is_found_before_the_run() {
    let bench = talking();
    bench.write("taken", "a file");
    run(&bench, &["--out", "taken"]).exits(2).says(&["taken", "--out"]);
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json()["total_entries"], 0);
}

#[test]
fn a_result_that_cannot_be_put_into_its_place_does_not_keep_the_others_from_theirs() {
    let bench = talking();
    std::fs::create_dir_all(bench.path("results/put.out")).unwrap();
    let ran = run(&bench, &["--out", "results"]).exits(2).says(&["put.out", "move it away"]);
    assert_eq!(ran.json()["state"], "success");
    assert!(bench.path("results/folder.other").is_dir());
}

#[test]
fn pools_are_made_changed_and_removed() {
    let bench = Bench::new();
    bench.run(["pools", "set", "api", "3", "--description", "calls of the API"]).exits(0);
    bench.run(["pools", "set", "api", "5", "--description", "calls of the API"]).exits(0);
    let pools = bench.run(["pools", "list", "--json"]).exits(0).json();
    let named = |at: usize| (&pools["pools"][at]["name"], &pools["pools"][at]["slots"]);
    assert_eq!(named(0), (&json!("api"), &json!(5)));
    assert_eq!(named(1), (&json!("default_pool"), &json!(128)));
    bench.run(["pools", "remove", "default_pool"]).exits(2).says(&["cannot be removed"]);
    bench.run(["pools", "remove", "api"]).exits(0);
    bench.run(["pools", "remove", "api"]).exits(2).says(&["no pool `api`"]);
}

#[test]
fn old_runs_go_with_their_logs_and_the_database_stays_sound() {
    let bench = talking();
    run(&bench, &[]).exits(0);
    let newest = run(&bench, &["--param", "n=3"]).exits(0).json();
    let clean = ["db", "clean", "--older-than", "0s", "--json"];
    let would = bench.run(clean.iter().chain(&["--dry-run"])).exits(0).json();
    assert_eq!((&would["total_entries"], &would["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(bench.run(clean).exits(0).json()["total_entries"], 1);
    let left = bench.run(["runs", "list", "--json"]).exits(0).json();
    assert_eq!((&left["total_entries"], &left["dag_runs"][0]["run_id"]), (&json!(1), &newest["run_id"]));
    assert_eq!(std::fs::read_dir(bench.home().join("logs/talk")).unwrap().count(), 1);
    // What the run that stays published is still there.
    assert_eq!(bench.run(["artifacts", "get", "latest", "put.out", "-o", "-"]).exits(0).stdout, "kept");
    assert!(bench.run(["db", "check"]).exits(0).stdout.contains("ok"));
    bench.run(["db", "migrate"]).exits(0);
    bench.run(["db", "clean", "--older-than", "soon"]).exits(2).says(&["soon"]);
}

#[test]
fn the_next_runs_of_a_schedule_are_shown() {
    let bench = Bench::seeded();
    let one = "[tasks.a]\nplugin = 'misbehave'\nparams = { mode = 'write', text = 'x' }\n";
    bench.dag(
        "berlin.toml",
        &format!("id = 'berlin'\nschedule = '30 2 * * *'\ntimezone = 'Europe/Berlin'\nwindow = 'previous'\n{one}"),
    );
    // The night of a clock change: 02:30 does not exist on the 29th.
    let next = bench
        .run(["dag", "next", "berlin.toml", "--count", "2", "--from", "2026-03-28T12:00:00", "--json"])
        .exits(0)
        .json();
    let expected = json!([
        { "run_after": "2026-03-29T01:00:00Z", "logical_date": "2026-03-28T01:30:00Z",
          "data_interval_start": "2026-03-28T01:30:00Z", "data_interval_end": "2026-03-29T01:00:00Z" },
        { "run_after": "2026-03-30T00:30:00Z", "logical_date": "2026-03-29T01:00:00Z",
          "data_interval_start": "2026-03-29T01:00:00Z", "data_interval_end": "2026-03-30T00:30:00Z" },
    ]);
    assert_eq!(next, expected);
    bench.dag("never.toml", &format!("id = 'never'\nschedule = '0 0 31 2 *'\n{one}"));
    bench.run(["dag", "next", "never.toml"]).exits(0).says(&["never"]);
    bench.run(["dag", "check", "never.toml"]).exits(0);
}

#[test]
fn a_dag_that_was_run_is_known_by_its_id() {
    let bench = talking();
    bench.run(["dag", "show", "talk"]).exits(2).says(&["no DAG `talk`"]);
    run(&bench, &[]).exits(0);
    assert!(bench.run(["dag", "show", "talk"]).exits(0).stdout.contains("measure"));
    let listed = bench.run(["dag", "list", "--json"]).exits(0).json();
    assert!(listed["dags"][0]["fileloc"].as_str().unwrap().ends_with("/dag.toml"), "{listed}");
    bench.run(["run", "talk"]).exits(0);
}

#[test]
fn wrong_parameters_are_wrong_calls_and_leave_no_run() {
    let bench = talking();
    let wrong = |more: &[&str], words: &[&str]| assert_eq!(run(&bench, more).exits(2).says(words).stdout, "");
    wrong(&["--param", "m=3"], &["no parameter `m`", "`n`"]);
    wrong(&["--param", "n=many"], &["`n`", "integer"]);
    wrong(&["--param", "n=0"], &["`n`", "less than 1"]);
    wrong(&["--param", "n"], &["name=value"]);
    wrong(&["--param", "n=18446744073709551617"], &["`n`", "64 bits"]);
    wrong(&["--logical-date", "soon"], &["soon", "2026-01-31"]);
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json()["total_entries"], 0);
    assert_eq!(instance(&run(&bench, &["--param", "n=3"]).exits(0).json(), "say")["value"], json!({ "said": 3 }));
}

#[test]
fn a_run_goes_on_under_its_id_where_it_failed() {
    let bench = talking();
    run(&bench, &["--resume", "latest"]).exits(2).says(&["talk"]);
    let failed = run(&bench, &["--param", "mode=permanent"]).exits(1).json();
    run(&bench, &["--resume", "manual__gone"]).exits(2).says(&["no run `manual__gone`", "dagwood runs list talk"]);
    bench.dag("dag.toml", &TALK.replace("'{{ params.mode }}'", "'write'"));
    let resumed = run(&bench, &["--resume", failed["run_id"].as_str().unwrap()]).exits(0).json();
    assert_eq!((&resumed["run_id"], &resumed["state"]), (&failed["run_id"], &json!("success")));
    assert_eq!(instance(&resumed, "put")["try_number"], 2, "it goes on counting");
    assert_eq!(instance(&resumed, "say"), instance(&failed, "say"), "what succeeded is not run again");
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json()["total_entries"], 1);
    run(&bench, &["--resume", "latest"]).exits(2).says(&["nothing to resume"]);
}

#[test]
fn a_finished_run_goes_on_with_a_task_that_is_new() {
    let bench = talking();
    let done = run(&bench, &[]).exits(0).json();
    bench.dag("dag.toml", &format!("{TALK}\n[tasks.late]\nplugin = 'misbehave'\nafter = ['put']\n"));
    let resumed = run(&bench, &["--resume", "latest"]).exits(0).json();
    assert_eq!((&resumed["run_id"], &resumed["state"]), (&done["run_id"], &json!("success")));
    assert_eq!(instance(&resumed, "late")["try_number"], 1);
    assert_eq!(instance(&resumed, "put"), instance(&done, "put"), "what succeeded is not run again");
}

#[test]
fn the_schema_is_json_and_takes_the_examples() {
    let bench = Bench::new();
    let schema = bench.run(["schema"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for example in ["ml_pipeline", "hello", "branching", "sensor"] {
        let text = std::fs::read_to_string(root().join("examples").join(example).join("dag.toml")).unwrap();
        let dag: Value = toml::from_str(&text).unwrap();
        let wrong: Vec<_> = validator.iter_errors(&dag).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{example}");
        let mut other = dag.clone();
        other["schedul"] = json!("@daily");
        assert!(!validator.is_valid(&other), "an unknown key is an error");
    }
    assert!(!bench.home().exists(), "no home is needed for it");
}

#[test]
fn completions_are_scripts_that_name_the_commands() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = bench.run(["completions", shell]).exits(0).stdout;
        for word in ["artifacts", "completions", "logs", "plugin", "schema"] {
            assert!(script.contains(word), "{shell} has no `{word}`");
        }
    }
    bench.run(["completions", "dos"]).exits(2).says(&["dos", "bash"]);
}

#[test]
fn wrong_calls_exit_with_2_and_say_what_would_be_right() {
    let bench = Bench::new();
    bench.run(["rum"]).exits(2).says(&["rum", "run"]);
    bench.run(["run"]).exits(2).says(&["<FILE>"]);
    bench.run(["run", "dag.toml", "--jsn"]).exits(2).says(&["--jsn", "--json"]);
    bench.run(["run", "nothing"]).exits(2).says(&["no DAG `nothing`", "path"]);
    bench.run(["artifacts", "list"]).exits(2).says(&["no run yet", "dagwood run FILE"]);
    assert_eq!(
        bench.run(["help", "runs", "list"]).exits(0).stdout,
        bench.run(["runs", "list", "--help"]).exits(0).stdout
    );
    let help = bench.run(["--help"]).exits(0).stdout;
    assert!(help.contains("Exit codes: 0 done; 1 the run failed; 2 the call or a file is wrong; 3 the host failed."));
}
