//! Each kind of wrong file: the line, the piece that is marked, the message.

use super::{GOOD, found, hint};

/// A file with one task, and these lines at its top and in its task.
fn file(top: &str, task: &str) -> String {
    format!("id = 'x'\n{top}\n[tasks.a]\nplugin = 'noop'\n{task}\n")
}

/// The only thing wrong with a file: where, and what.
fn only(text: &str) -> (usize, String, String) {
    let mut found = found(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn assert_only(text: &str, line: usize, piece: &str, message: &str) {
    assert_eq!(only(text), (line, piece.to_owned(), message.to_owned()), "{text}");
}

#[test]
fn every_syntax_error_is_reported() {
    let lines: Vec<_> =
        found("id = 'x\nschedule = @daily\n[tasks.a\nplugin = 'noop'\n").into_iter().map(|f| f.0).collect();
    assert_eq!(lines, [1, 2, 3]);
    assert!(found("id = 'x'\nid = 'y'\n[tasks.a]\nplugin = 'noop'\n")[0].2.contains("duplicate key"));
}

#[test]
fn unknown_keys_get_a_hint() {
    assert_only(&file("schedul = '@daily'", ""), 2, "schedul", "unknown key `schedul`");
    assert_eq!(hint(&file("schedul = '@daily'", "")), "did you mean `schedule`?");
    assert_only(&file("", "retrys = 3"), 5, "retrys", "unknown key `retrys`");
    assert_only(&file("[defaults]\ninputs = {}", ""), 3, "inputs", "unknown key `inputs`");
    assert_only(&file("[plugins]\nnoop = { pth = 'x' }", ""), 3, "pth", "unknown key `pth`");
    let found = found(&file("", "inputs.x = { path = 'x' }"));
    let expected = [(5, "x", "`file` is missing"), (5, "path", "unknown key `path`")];
    assert_eq!(found.iter().map(|(l, p, m)| (*l, p.as_str(), m.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn keys_of_later_versions_say_so() {
    assert_only(&file("", "expand = 'x'"), 5, "expand", "`expand` is not supported in this version");
}

#[test]
fn missing_keys_name_the_place() {
    assert_only("[tasks.a]\nplugin = 'noop'\n", 1, "", "`id` is missing");
    assert_only("id = 'x'\n[tasks.a]\n", 2, "a", "`plugin` is missing");
    assert_eq!(only("id = 'x'\n").2, "`tasks` is missing");
    assert_only("id = 'x'\n[tasks]\n", 2, "tasks", "a DAG has at least one task");
    assert_only(&file("", "inputs.x = {}"), 5, "x", "`file` is missing");
}

#[test]
fn wrong_types_say_what_was_expected() {
    assert_only(&file("description = 5", ""), 2, "5", "expected a string, found an integer 5");
    assert_only(&file("tags = ['a', 1]", ""), 2, "1", "expected a string, found an integer 1");
    assert_only(&file("flow = 5", ""), 2, "5", "expected a string or a list, found an integer 5");
    assert_only(&file("", "inputs = 'x'"), 5, "'x'", "expected a table, found a string \"x\"");
    assert_only(&file("", "retries = 'many'"), 5, "'many'", "expected an integer, found a string \"many\"");
    assert_only(&file("", "inputs.x = 5"), 5, "5", "expected a string or a table, found an integer 5");
    assert_only(&file("", "after = ['a', {}]").replace("'a', ", ""), 5, "{}", "expected a string, found a table");
    assert_only(&file("", "memory = true"), 5, "true", "expected an integer or a string, found a boolean true");
    assert_only("id = 'x'\ntasks = 5\n", 2, "5", "expected a table, found an integer 5");
}

#[test]
fn numbers_have_a_range() {
    assert_only(&file("", "retries = -1"), 5, "-1", "-1 is less than 0");
    assert_only(&file("", "retries = 99999999999"), 5, "99999999999", "99999999999 is more than 10000");
    assert_only(&file("max_active_runs = 0", ""), 2, "0", "0 is less than 1");
    assert_only(&file("", "priority_weight = 3000000000"), 5, "3000000000", "3000000000 is more than 2147483647");
    assert!(only(&file("", "seed = 99999999999999999999")).2.contains("64 bits"));
}

#[test]
fn words_are_listed() {
    let (line, piece, message) = only(&file("", "trigger_rule = 'all_sucess'"));
    assert_eq!((line, piece.as_str()), (5, "'all_sucess'"));
    assert!(message.starts_with("\"all_sucess\" is not one of `all_success`, `all_failed`"), "{message}");
    assert_eq!(hint(&file("", "trigger_rule = 'all_sucess'")), "did you mean `all_success`?");
    assert_only(&file("window = 'next'", ""), 2, "'next'", "\"next\" is not one of `previous`");
}

#[test]
fn numbers_that_json_cannot_hold_are_refused() {
    for number in ["inf", "-inf", "nan", "1e999"] {
        let (line, piece, message) = only(&file("", &format!("params = {{ a = [1, {number}] }}")));
        assert_eq!((line, piece.as_str()), (5, number));
        assert!(message.contains("JSON"), "{message}");
    }
}

#[test]
fn ids_have_their_characters() {
    assert!(only("id = 'a b'\n[tasks.a]\nplugin = 'noop'\n").2.starts_with("`a b` cannot be a DAG's id"));
    let (line, piece, message) = only("id = 'x'\n[tasks.'a.b']\nplugin = 'noop'\n");
    assert_eq!((line, piece.as_str()), (2, "'a.b'"));
    assert!(message.starts_with("`a.b` cannot be a task's id"), "{message}");
    assert!(
        only(&file("", "inputs.'a/b' = 'b.value'\n[tasks.b]\nplugin = 'noop'")).2.contains("cannot be an input's name")
    );
}

#[test]
fn unknown_plugins_get_a_hint() {
    let text = file("", "").replace("noop", "nop");
    assert_only(&text, 4, "'nop'", "there is no plugin `nop`: it is neither in `[plugins]` nor registered");
    assert_eq!(hint(&text), "did you mean `noop`?");
    let text = file("[plugins]\nmine = '0.1'", "").replace("noop", "mine");
    assert_only(&text, 3, "mine", "no plugin `mine` is registered");
}

#[test]
fn sources_of_plugins_are_checked() {
    let text = |source: &str| file(&format!("[plugins]\nnoop = {source}"), "");
    let needs = "the plugin `noop` needs one of `path`, `file` and `version`";
    let one = "the plugin `noop` takes only one of `path`, `file` and `version`";
    assert_only(&text("{ path = 'a', file = 'b' }"), 3, "{ path = 'a', file = 'b' }", one);
    assert_only(&text("{}"), 3, "{}", needs);
    assert_only(&text("{ path = '' }"), 3, "''", "this is no path");
    assert!(only(&text("'zero'")).2.starts_with("`zero` is no version requirement"));
}

#[test]
fn inputs_are_held_against_ports() {
    let text = GOOD.replace("inputs.data =", "inputs.dta =");
    let expected = [
        (17, "preprocess_data", "the input `data` of `preprocess_data` is not wired; the plugin `preprocess` needs it"),
        (19, "dta", "the plugin `preprocess` has no input `dta`"),
    ];
    let found = found(&text);
    assert_eq!(found.iter().map(|(l, p, m)| (*l, p.as_str(), m.as_str())).collect::<Vec<_>>(), expected);

    let text = GOOD.replace("preprocess_data.train", "preprocess_data.trian");
    assert_only(&text, 24, "trian", "the task `preprocess_data` has no output `trian`");
    assert_eq!(hint(&text), "did you mean `train`?");
    let text = GOOD.replace("preprocess_data.train", "preproces_data.train");
    assert_only(&text, 24, "preproces_data", "there is no task `preproces_data`");
    let text = GOOD.replace("\"train_model.model\"", "\"train_model\"");
    assert_only(&text, 30, "\"train_model\"", "`train_model` is no output of a task");
    assert_eq!(hint(&text), "the outputs of `train_model` are `train_model.model` and `train_model.value`");
    let text = GOOD.replace("train_model.model", "train_model.value");
    assert_only(
        &text,
        30,
        "\"train_model.value\"",
        "the input `model` takes a file, but `train_model.value` is the result of `train_model`",
    );
    let text = file("", "inputs.x = { file = '' }");
    assert_only(&text, 5, "{ file = '' }", "this is no path");
    let text = "id = 'x'\n[tasks.a]\nplugin = 'noop'\n[tasks.j]\nplugin = 'join'\ninputs.c = 'a.out'\n";
    assert_only(text, 6, "c", "the input `c` takes many files, which is not supported in this version");
}

#[test]
fn a_wrong_wire_is_not_reported_as_missing_too() {
    let text = GOOD.replace("inputs.data = { file = \"data/penguins.csv\" }", "inputs.data = 5");
    assert_only(&text, 19, "5", "expected a string or a table, found an integer 5");
    let text = GOOD.replace("target = \"species\"", "target = nan");
    assert!(only(&text).2.contains("`nan`"));
}

#[test]
fn unknown_tasks_get_a_hint() {
    assert_only(&file("", "after = ['b']"), 5, "'b'", "there is no task `b`");
    assert_only(&file("", "after = 'b'"), 5, "'b'", "there is no task `b`");
    assert_only(&file("flow = 'a >> bb'", ""), 2, "bb", "there is no task `bb`");
    assert_only(&file("", "params.x = '{{ values.bb }}'"), 5, "'{{ values.bb }}'", "there is no task `bb`");
    assert_eq!(hint(&file("", "after = 'aa'")), "did you mean `a`?");
    assert_eq!(hint(&file("", "after = 'other'")), "the tasks are `a`");
}

#[test]
fn flows_are_read_to_the_end() {
    assert_only(
        &file("flow = 'a =>  b'", ""),
        2,
        "=",
        "`=` does not belong here: a flow is made of tasks, `>>`, `<<`, `[`, `,` and `]`",
    );
    assert_only(&file("flow = 'a >> '", ""), 2, "'", "expected a task or a list of tasks, found the end");
    assert_only(&file("flow = 'a a'", ""), 2, "a", "expected `>>` or `<<`, found `a`");
    assert_only(&file("flow = ['a >> [a']", ""), 2, "'", "expected `,` or `]`, found the end");
    assert_only(&file("flow = 'a >> []'", ""), 2, "]", "expected a task, found `]`");
}

#[test]
fn cycles_are_named_whole() {
    let text = "id = 'x'\nflow = 'a >> b >> c'\n[tasks.a]\nplugin = 'noop'\nafter = ['c']\n[tasks.b]\nplugin = 'noop'\n\
        [tasks.c]\nplugin = 'noop'\n[tasks.d]\nplugin = 'noop'\nafter = 'e'\n[tasks.e]\nplugin = 'join'\ninputs.a = 'd.out'\n\
        [tasks.f]\nplugin = 'noop'\nparams.x = '{{ values.f }}'\n";
    let found = found(text);
    let messages: Vec<_> = found.iter().map(|(line, _, message)| (*line, message.as_str())).collect();
    let expected = [
        (2, "these tasks wait for each other: a → b → c → a"),
        (15, "these tasks wait for each other: d → e → d"),
        (18, "`f` waits for itself"),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn cycles_that_share_tasks_are_all_named() {
    let text = "id = 'x'\nflow = ['a >> b >> a', 'b >> c >> b']\n[tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\n\
        [tasks.c]\nplugin = 'noop'\n";
    let messages: Vec<_> = found(text).into_iter().map(|found| found.2).collect();
    let expected = ["these tasks wait for each other: a → b → a", "these tasks wait for each other: b → c → b"];
    assert_eq!(messages, expected);
}

#[test]
fn params_are_held_against_the_plugin() {
    let text = GOOD.replace("target =", "targt =");
    let found = found(&text);
    let expected = [
        (20, "params", "the params of the plugin `preprocess`: `target` is missing"),
        (20, "targt", "the plugin `preprocess` has no param `targt`"),
    ];
    assert_eq!(found.iter().map(|(l, p, m)| (*l, p.as_str(), m.as_str())).collect::<Vec<_>>(), expected);
    let text = GOOD.replace("0.25", "2");
    assert_only(&text, 20, "2", "the param `test_fraction` of the plugin `preprocess`: 2 is more than 1");
    let text = GOOD.replace("logistic_regression", "logistic");
    assert_eq!(only(&text).1, "\"logistic\"");
}

#[test]
fn templates_are_checked_as_far_as_they_are_known() {
    let text = GOOD.replace("{{ params.rate }}", "{{ params.rat }}");
    assert_only(&text, 25, "\"{{ params.rat }}\"", "there is no parameter `rat`");
    assert_eq!(hint(&text), "did you mean `rate`?");
    let text = GOOD.replace("{{ params.rate }}", "{{ dss }}");
    assert_only(&text, 25, "\"{{ dss }}\"", "templates have no name `dss`");
    let text = GOOD.replace("{{ params.rate }}", "{{ params.rate }} epochs");
    assert_eq!(only(&text).2, "the param `epochs` of the plugin `train`: expected an integer, found a string \"…\"");
    let text = GOOD.replace("{{ params.rate }}", "{{ params.rate");
    assert!(only(&text).2.starts_with("this template is broken"));
    let text = GOOD.replace("values.train_model.loss", "values");
    assert!(only(&text).2.contains("which task"));
}

#[test]
fn schedules_zones_and_dates_are_checked() {
    assert_only(&file("schedule = '0 25 * * *'", ""), 2, "25", "`25` is no hour: 0 to 23");
    assert_only(&file("schedule = '@dayly'", ""), 2, "@dayly", "`@dayly` is no schedule");
    assert_only(&file("timezone = 'Europe/Berln'", ""), 2, "'Europe/Berln'", "there is no time zone `Europe/Berln`");
    assert_eq!(hint(&file("timezone = 'Europe/Berln'", "")), "did you mean `Europe/Berlin`?");
    assert_only(&file("start_date = 'soon'", ""), 2, "'soon'", "`soon` is no date");
    assert_only(&file("start_date = 07:30:00", ""), 2, "07:30:00", "`07:30:00` is no date");
    let both = file("start_date = 2026-01-02\nend_date = 2026-01-01", "");
    assert_only(&both, 3, "2026-01-01", "`end_date` is before `start_date`, so no run is ever scheduled");
    let both = file("schedule = '@daily'\nschedule_interval = '@daily'", "");
    assert_eq!(only(&both).2, "`schedule_interval` is the old name of `schedule`, which is there too");
}

#[test]
fn durations_and_sizes_are_checked() {
    assert_only(&file("", "retry_delay = '5 minutes'"), 5, "5 minutes", "`5 minutes` is no duration");
    assert_only(&file("", "execution_timeout = '0s'"), 5, "'0s'", "this must be longer than zero");
    assert_only(&file("dagrun_timeout = '1w'", ""), 2, "1w", "`w` is no unit of time");
    assert_only(&file("catchup = { window = '1x' }", ""), 2, "1x", "`x` is no unit of time");
    assert_only(&file("", "memory = '1 GB'"), 5, "'1 GB'", "` GB` is no unit of size");
    assert_only(&file("", "memory = '512'"), 5, "'512'", "`512` has no unit");
    assert_only(&file("", "memory = 0"), 5, "0", "this must be more than zero");
    assert_only(&file("", "scratch = '99999999TiB'"), 5, "'99999999TiB'", "this is more than any machine has");
    assert_only(&file("[defaults]\nresult = 1", ""), 3, "1", "this is too little: 4 bytes is the least");
}

#[test]
fn branches_are_checked() {
    assert_only(&file("", "branches = { x = 'a' }"), 5, "branches", "the plugin `noop` does not branch");
    let text = "id = 'x'\nflow = 'p >> a >> b'\n[tasks.p]\nplugin = 'pick'\nbranches = { x = ['b', 'c'] }\n\
        [tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\n";
    let found = found(text);
    let expected = [
        (5, "'b'", "`b` does not stand directly below `p`, so that branch cannot choose it"),
        (5, "'c'", "there is no task `c`"),
    ];
    assert_eq!(found.iter().map(|(l, p, m)| (*l, p.as_str(), m.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn keys_and_modes_of_grants_are_known() {
    assert_only(&file("", "grants = { htp = [] }"), 5, "htp", "unknown key `htp`");
    let mount = "grants = { mounts = [{ host = '/a', guest = '/b', mode = 'rx' }] }";
    assert_only(&file("", mount), 5, "'rx'", "\"rx\" is not one of `ro` and `rw`");
}

#[test]
fn defaults_of_parameters_fit_their_schema() {
    let text = file("[params]\nrate = { default = 'x', schema = { type = 'integer' } }", "");
    assert_only(
        &text,
        3,
        "'x'",
        "the default of `rate` does not fit its schema: expected an integer, found a string \"x\"",
    );
    let text = file("[params]\nrate = { schema = { type = 'int' } }", "");
    assert!(only(&text).2.starts_with("the schema of the parameter `rate` cannot be used"));
    let text = file("[params]\nrate = { a = 1 }", "");
    assert_only(&text, 3, "a", "unknown key `a`");
}

#[test]
fn everything_is_found_at_once() {
    let text = "id = 'x y'\nschedul = 1\nflow = 'a >> z'\n[tasks.a]\nplugin = 'nop'\nretry_delay = 'x'\nafter = 'q'\n\
        [tasks.b]\nretries = 'x'\nafter = 'b'\ninputs.x = 'a.y.z'\n";
    let lines: Vec<_> = found(text).into_iter().map(|found| found.0).collect();
    assert_eq!(lines, [1, 2, 3, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_file_with_nothing_but_mistakes_is_given_up() {
    let mut text = "id = 'x'\n[tasks.a]\nplugin = 'noop'\n".to_owned();
    (0..5_000).for_each(|n| text.push_str(&format!("key{n} = 1\n")));
    let diagnostics = crate::dag::testing::checked(&text).diagnostics;
    assert_eq!(diagnostics.len(), 1_001);
    assert_eq!(diagnostics.last().unwrap().message, "1 more are not shown");
}

#[test]
fn limits_beyond_what_may_be_given_are_refused() {
    let task = |line: &str| format!("id = 'x'\n[tasks.a]\nplugin = 'noop'\n{line}\n");
    assert_only(&task("memory = '5GiB'"), 4, "'5GiB'", "this is too much: 4 GiB is the most");
    assert_only(&task("memory = '1KiB'"), 4, "'1KiB'", "this is too little: 64 KiB is the least");
    assert_only(&task("scratch = '1TiB'"), 4, "'1TiB'", "this is too much: 100 GiB is the most");
    assert_only(&task("execution_timeout = '25h'"), 4, "'25h'", "a try may take 1d at most");
    assert_only(&task("log = '2GiB'"), 4, "'2GiB'", "this is too much: 1 GiB is the most");
    assert_only(&task("result = '17MiB'"), 4, "'17MiB'", "this is too much: 16 MiB is the most");
    assert_only(&task("handles = 8"), 4, "8", "8 is less than 32");
    assert_only(&task("metric_points = 10000001"), 4, "10000001", "10000001 is more than 10000000");
}
