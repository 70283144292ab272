//! Every kind of wrong DAG file: exit code 2, all mistakes at once, each with its place and a hint.

use serde_json::Value;

use crate::common::{Bench, Ran};

/// The file with all its mistakes; the plugins come last, so that its lines count from the first.
#[track_caller]
fn check(bench: &Bench, text: &str) -> Value {
    let file = bench.dag("dag.toml", text);
    let document = bench.run(["dag".as_ref(), "check".as_ref(), file.as_os_str(), "--json".as_ref()]).exits(2).json();
    assert_eq!(document["valid"], false);
    assert_eq!(document["file"], file.to_str().unwrap());
    document
}

/// Place and message of each mistake.
#[track_caller]
fn found(bench: &Bench, text: &str) -> Vec<(u64, u64, String)> {
    let document = check(bench, text);
    let mistakes = document["diagnostics"].as_array().unwrap().iter();
    mistakes
        .map(|mistake| {
            assert_eq!(mistake["severity"], "error", "{mistake}");
            let place = |key: &str| mistake[key].as_u64().unwrap();
            (place("line"), place("column"), mistake["message"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// The only mistake of a file is at this place, and its message and hint hold these words.
#[track_caller]
fn assert_only(bench: &Bench, text: &str, line: u64, column: u64, words: &str, hint: &str) {
    let document = check(bench, text);
    let mistakes = document["diagnostics"].as_array().unwrap();
    assert_eq!(mistakes.len(), 1, "{text}\n{mistakes:#?}");
    let mistake = &mistakes[0];
    assert_eq!((&mistake["line"], &mistake["column"]), (&line.into(), &column.into()), "{text}\n{mistake:#}");
    assert!(mistake["message"].as_str().unwrap().contains(words), "{text}\n{mistake:#}");
    assert!(mistake["hint"].as_str().unwrap_or_default().contains(hint), "{text}\n{mistake:#}");
}

/// A DAG of one task, with a line at its top and one in its task.
fn one_task(top: &str, task: &str) -> String {
    format!("id = 'x'\n{top}\n[tasks.a]\nplugin = 'misbehave'\n{task}\n")
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let bench = Bench::seeded();
    let text = "id = 'wrong one'\n\
        schedul = '@daily'\n\
        [tasks.a]\n\
        plugin = 'misbehav'\n\
        retry_delay = 'soon'\n\
        [tasks.b]\n\
        plugin = 'misbehave'\n\
        after = 'c'\n\
        params = { mod = 'x', count = -1 }\n\
        inputs.dat = 'a.out'\n";
    let expected = [
        (1, 6, "`wrong one` cannot be a DAG's id"),
        (2, 1, "unknown key `schedul`"),
        (4, 10, "there is no plugin `misbehav`"),
        (5, 16, "`soon` is no duration"),
        (8, 9, "there is no task `c`"),
        (9, 12, "the plugin `misbehave` has no param `mod`"),
        (9, 31, "the param `count` of the plugin `misbehave`: -1 is less than 0"),
        (10, 8, "the plugin `misbehave` has no input `dat`"),
    ];
    let found = found(&bench, text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((line, column, message), (expected_line, expected_column, words)) in found.iter().zip(expected) {
        assert_eq!((*line, *column), (expected_line, expected_column), "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn mistakes_are_shown_to_people_with_line_column_excerpt_and_hint() {
    let bench = Bench::seeded();
    let file = bench.dag("dag.toml", &one_task("schedul = '@daily'", "retrys = 3"));
    let words = [
        "dag.toml:2:1",
        "2 | schedul = '@daily'",
        "did you mean `schedule`?",
        "dag.toml:5:1",
        "`retrys`",
        "2 mistakes",
    ];
    for command in [&["dag", "check"][..], &["dag", "show"], &["run"]] {
        let ran = bench.run(command.iter().map(AsRef::as_ref).chain([file.as_os_str()])).exits(2).says(&words);
        assert_eq!(ran.stdout, "");
    }
    let runs = bench.run(["runs", "list", "--json"]).exits(0).json();
    assert_eq!(runs["total_entries"], 0, "a wrong file leaves no run");
}

#[test]
fn what_is_no_toml_is_refused_with_its_place() {
    let bench = Bench::seeded();
    let found = found(&bench, "id = 'x\nschedule = @daily\n[tasks.a\nplugin = 'misbehave'\n");
    assert_eq!(found.iter().map(|mistake| mistake.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_only(&bench, "id = 'x'\nid = 'y'\n[tasks.a]\nplugin = 'misbehave'\n", 2, 1, "duplicate key", "");
}

#[test]
fn a_cycle_is_named_with_its_whole_path() {
    let bench = Bench::seeded();
    let text = "id = 'x'\n\
        flow = 'a >> b'\n\
        [tasks.a]\n\
        plugin = 'misbehave'\n\
        after = 'c'\n\
        [tasks.b]\n\
        plugin = 'misbehave'\n\
        [tasks.c]\n\
        plugin = 'misbehave'\n\
        inputs.data = 'b.out'\n";
    let document = check(&bench, text);
    let mistake = &document["diagnostics"][0];
    assert_eq!(mistake["message"], "these tasks wait for each other: a → b → c → a");
    assert_eq!(mistake["hint"], "take out one of these");
    let notes: Vec<_> =
        mistake["notes"].as_array().unwrap().iter().map(|note| note["line"].as_u64().unwrap()).collect();
    assert_eq!(notes.len(), 3, "each edge of the cycle has its place: {mistake:#}");
    assert!([2, 5, 10].iter().all(|line| notes.contains(line)), "{mistake:#}");
    assert_only(&bench, &one_task("flow = 'a >> a'", ""), 2, 14, "`a` waits for itself", "");
}

#[test]
fn unknown_keys_and_missing_ones_are_named() {
    let bench = Bench::seeded();
    assert_only(&bench, &one_task("catchupp = true", ""), 2, 1, "unknown key `catchupp`", "did you mean `catchup`?");
    assert_only(&bench, &one_task("", "retrys = 3"), 5, 1, "unknown key `retrys`", "did you mean `retries`?");
    assert_only(&bench, "[tasks.a]\nplugin = 'misbehave'\n", 1, 1, "`id` is missing", "");
    assert_only(&bench, "id = 'x'\n[tasks.a]\n", 2, 8, "`plugin` is missing", "");
    assert_only(&bench, "id = 'x'\n[tasks]\n", 2, 2, "at least one task", "");
}

#[test]
fn values_of_the_wrong_type_or_range_are_refused() {
    let bench = Bench::seeded();
    assert_only(&bench, &one_task("description = 5", ""), 2, 15, "expected a string", "");
    assert_only(&bench, &one_task("", "retries = 'many'"), 5, 11, "expected an integer", "");
    assert_only(&bench, &one_task("", "retries = -1"), 5, 11, "-1 is less than 0", "");
    assert_only(&bench, &one_task("", "execution_timeout = '0s'"), 5, 21, "longer than zero", "");
    assert_only(&bench, &one_task("", "retry_delay = '5 minutes'"), 5, 16, "is no duration", "");
    assert_only(&bench, &one_task("", "memory = '1 GB'"), 5, 10, "no unit of size", "");
    assert_only(
        &bench,
        &one_task("", "trigger_rule = 'all_sucess'"),
        5,
        16,
        "not one of",
        "did you mean `all_success`?",
    );
    assert_only(&bench, &one_task("", "params = { bytes = nan }"), 5, 20, "JSON", "");
}

#[test]
fn schedules_zones_and_dates_are_checked() {
    let bench = Bench::seeded();
    assert_only(&bench, &one_task("schedule = '@dayly'", ""), 2, 13, "is no schedule", "");
    assert_only(&bench, &one_task("schedule = '0 25 * * *'", ""), 2, 15, "`25` is no hour", "");
    assert_only(
        &bench,
        &one_task("timezone = 'Europe/Berln'", ""),
        2,
        12,
        "no time zone",
        "did you mean `Europe/Berlin`?",
    );
    assert_only(&bench, &one_task("start_date = 'soon'", ""), 2, 14, "`soon` is no date", "");
}

#[test]
fn unknown_plugins_are_refused_wherever_they_should_come_from() {
    let bench = Bench::seeded();
    let other = |source: &str| format!("id = 'x'\nplugins.other = {source}\n[tasks.a]\nplugin = 'other'\n");
    let check = |text: &str| {
        bench.write("other.toml", text);
        bench.run(["dag", "check", "other.toml"]).exits(2)
    };
    check("id = 'x'\n[tasks.a]\nplugin = 'other'\n").says(&[
        "other.toml:3:10",
        "there is no plugin `other`",
        "registered",
    ]);
    check(&other("'0.1'")).says(&["other.toml:2:", "no plugin `other` is registered"]);
    check(&other("'zero'")).says(&["other.toml:2:", "`zero` is no version requirement"]);
    check(&other("{ path = 'a', file = 'b' }")).says(&["one of `path`, `file` and `version`"]);
    check(&other("{ file = 'gone.wasm' }")).says(&["other.toml:2:", "gone.wasm", "No such file"]);
    check(&other("{ path = 'gone' }")).says(&["other.toml:2:", "gone"]);
    bench.write("words.wasm", "no WebAssembly");
    check(&other("{ file = 'words.wasm' }")).says(&["other.toml:2:", "not WebAssembly"]);
}

#[test]
fn a_crate_that_was_not_built_is_not_built_by_a_check() {
    let bench = Bench::new();
    bench.run(["plugin", "new", "fresh"]).exits(0);
    bench.write("dag.toml", "id = 'x'\nplugins.fresh = { path = 'fresh' }\n[tasks.a]\nplugin = 'fresh'\n");
    bench.run(["dag", "check", "dag.toml"]).exits(2).says(&[
        "dag.toml:2:",
        "has not been built yet",
        "dagwood plugin build",
    ]);
    assert!(!bench.path("fresh/target").exists());
}

#[test]
fn inputs_ports_and_upstream_tasks_are_held_against_each_other() {
    let bench = Bench::seeded();
    assert_only(
        &bench,
        &one_task("", "inputs.dta = { file = 'x' }"),
        5,
        8,
        "has no input `dta`",
        "did you mean `data`?",
    );
    assert_only(&bench, &one_task("", "after = 'aa'"), 5, 9, "there is no task `aa`", "did you mean `a`?");
    assert_only(&bench, &one_task("flow = 'a >> '", ""), 2, 14, "expected a task", "");
    let two = |input: &str| format!("{}[tasks.b]\nplugin = 'misbehave'\ninputs.data = '{input}'\n", one_task("", ""));
    assert_only(&bench, &two("a.oot"), 8, 18, "the task `a` has no output `oot`", "did you mean `out`?");
    assert_only(&bench, &two("aa.out"), 8, 16, "there is no task `aa`", "did you mean `a`?");
    assert_only(&bench, &two("a.value"), 8, 15, "takes a file, but `a.value` is the result", "");
    let branch = one_task("", "branches = { x = 'a' }");
    assert_only(&bench, &branch, 5, 1, "the plugin `misbehave` does not branch", "");
}

#[test]
fn a_required_input_that_is_not_wired_is_named() {
    let bench = Bench::seeded();
    let file = bench.dag("dag.toml", "id = 'x'\n[tasks.a]\nplugin = 'train'\n");
    let check = bench.run(["dag".as_ref(), "check".as_ref(), file.as_os_str()]);
    check.exits(2).says(&["the input `train` of `a` is not wired", "the plugin `train` needs it"]);
}

#[test]
fn params_and_templates_are_checked_against_the_plugin() {
    let bench = Bench::seeded();
    assert_only(&bench, &one_task("", "params.mod = 'x'"), 5, 8, "has no param `mod`", "did you mean `mode`?");
    assert_only(&bench, &one_task("", "params.mode = 5"), 5, 15, "the param `mode`", "");
    assert_only(&bench, &one_task("", "params.text = '{{ dss }}'"), 5, 15, "templates have no name `dss`", "");
    assert_only(&bench, &one_task("", "params.text = '{{ params.q }}'"), 5, 15, "there is no parameter `q`", "");
    assert_only(&bench, &one_task("", "params.text = '{{ values.b.n }}'"), 5, 15, "there is no task `b`", "");
    assert_only(&bench, &one_task("", "params.text = '{{ ds '"), 5, 15, "this template is broken", "");
    assert_only(&bench, &one_task("", "params.count = '{{ ds }} times'"), 5, 16, "the param `count`", "");
    let declared = one_task("params.n = { default = 'x', schema = { type = 'integer' } }", "");
    assert_only(&bench, &declared, 2, 24, "does not fit its schema", "");
}

#[test]
fn grants_that_cannot_be_given_are_refused() {
    let bench = Bench::seeded();
    let text = one_task("", "grants = { env = { LANG = 'C' } }");
    assert_only(
        &bench,
        &text,
        5,
        27,
        "`LANG` may not be given: `allow.env` does not name it",
        "allow.env = [\"LANG\"]",
    );
    let text = one_task("", "grants = { secrets = ['TOKEN'] }");
    assert_only(&bench, &text, 5, 23, "the secret `TOKEN` can go nowhere", "grants.http = [\"api.example.com:443\"]");
}

#[test]
fn a_dag_file_that_cannot_be_read_is_a_wrong_call() {
    let bench = Bench::new();
    let quiet = |ran: Ran| assert_eq!(ran.stdout, "");
    quiet(
        bench
            .run(["run", "gone.toml", "--json"])
            .exits(2)
            .says(&["cannot read the DAG file gone.toml", "No such file"]),
    );
    quiet(bench.run(["dag", "check", "gone.toml", "--json"]).exits(2).says(&["gone.toml", "No such file"]));
    std::fs::create_dir(bench.path("folder.toml")).unwrap();
    quiet(bench.run(["run", "folder.toml"]).exits(2).says(&["folder.toml is a folder"]));
    rustix::fs::mkfifoat(rustix::fs::CWD, bench.path("pipe.toml"), rustix::fs::Mode::RWXU).unwrap();
    quiet(bench.run(["dag", "check", "pipe.toml"]).exits(2).says(&["pipe.toml", "no ordinary file"]));
    bench.write("latin.toml", b"id = 'x'\n# caf\xe9\n");
    quiet(bench.run(["run", "latin.toml"]).exits(2).says(&["latin.toml", "not UTF-8", "byte is number 15"]));
    bench.write("empty.toml", "");
    quiet(bench.run(["run", "empty.toml"]).exits(2).says(&["`id` is missing", "`tasks` is missing"]));
}

#[test]
fn a_right_file_is_valid_and_its_warnings_do_not_make_it_wrong() {
    let bench = Bench::seeded();
    let file = bench.dag("dag.toml", &one_task("schedule_interval = '@daily'", ""));
    let check = ["dag".as_ref(), "check".as_ref(), file.as_os_str()];
    let ran = bench.run(check).exits(0);
    assert!(ran.stdout.contains("1 task, 1 warning"), "{}", ran.stdout);
    let document = bench.run(check.into_iter().chain(["--json".as_ref()])).exits(0).json();
    assert_eq!((&document["valid"], &document["dag_id"]), (&true.into(), &"x".into()));
    assert_eq!(document["diagnostics"][0]["severity"], "warning");
    assert_eq!(document["diagnostics"][0]["line"], 2);
}
