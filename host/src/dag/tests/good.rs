use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::{GOOD, found, warned};
use crate::dag::model::{Dag, TriggerRule, Wire};
use crate::dag::params::fill_params;
use crate::dag::testing::{checked, known};
use crate::dag::{Draft, PluginSource, check, show};
use crate::ids::{Digest, PortName, TaskIx};
use crate::schedule::{Catchup, ClockChanges, DstFold, DstGap, Window};

fn dag(text: &str) -> Dag {
    let checked = checked(text);
    assert_eq!(checked.diagnostics, []);
    checked.dag.unwrap()
}

/// A task and what comes before the rest of it.
fn noop(rest: &str) -> String {
    format!("id = 'x'\n{rest}\n[tasks.a]\nplugin = 'noop'\n")
}

fn upstream<'a>(dag: &'a Dag, id: &str) -> Vec<&'a str> {
    let ix = dag.find(id).unwrap();
    dag.edges.upstream.of(ix).iter().map(|up| dag.task(*up).unwrap().id.as_str()).collect()
}

#[test]
fn a_file_becomes_a_dag() {
    let dag = dag(GOOD);
    assert_eq!(dag.id.as_str(), "ml_pipeline");
    assert_eq!(dag.settings.owner.as_deref(), Some("you"));
    assert_eq!(dag.settings.schedule.as_deref(), Some("@daily"));
    assert_eq!(dag.settings.start_date, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(dag.settings.tags, ["ml"]);
    let ids: Vec<_> = dag.tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["preprocess_data", "train_model", "evaluate_model"]);
    assert_eq!(upstream(&dag, "evaluate_model"), ["preprocess_data", "train_model"]);
    assert_eq!(dag.edges.order, [TaskIx(0), TaskIx(1), TaskIx(2)]);
    assert_eq!(dag.edges.downstream.of(TaskIx(0)), [TaskIx(1), TaskIx(2)]);
}

#[test]
fn inputs_become_wires() {
    let dag = dag(GOOD);
    let port = |name: &str| PortName::new(name).unwrap();
    let file = Wire::File { path: PathBuf::from("data/penguins.csv") };
    assert_eq!(*dag.tasks[0].inputs, [(port("data"), file)]);
    let model = Wire::Port { task: TaskIx(1), port: port("model"), required: true };
    let [loss, model_input, ..] = &dag.tasks[2].inputs[..] else { panic!("{:?}", dag.tasks[2].inputs) };
    assert_eq!(*model_input, (port("model"), model));
    assert_eq!(*loss, (port("loss"), Wire::Value { task: TaskIx(1) }));
    assert!(dag.tasks[2].inputs.is_sorted_by_key(|(port, _)| port));
    assert_eq!(*dag.tasks[2].template_values, [TaskIx(1)]);
}

#[test]
fn defaults_hold_where_a_task_says_nothing() {
    let text = "id = 'x'\n[defaults]\nretries = 3\nretry_delay = '10ms'\nmemory = '1GiB'\ndeterministic = false\n\
        handles = 64\n[tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\nretries = 0\nmemory = 65536\ndeterministic = true\n\
        trigger_rule = 'all_done'\nseed = 7\npriority_weight = -2\nexecution_timeout = '1m'\nafter = 'a'\n\
        handles = 100\nfuel = 5000\nmetric_points = 0\nlog = '1KiB'\nresult = '1MiB'\n";
    let dag = dag(text);
    let (a, b) = (&dag.tasks[0], &dag.tasks[1]);
    assert_eq!((a.terms.retry.retries, a.terms.retry.delay), (3, Duration::from_millis(10)));
    assert_eq!((b.terms.retry.retries, b.terms.retry.delay), (0, Duration::from_millis(10)));
    assert_eq!((a.terms.limits.memory_bytes, b.terms.limits.memory_bytes), (1 << 30, 65536));
    assert_eq!((a.terms.deterministic, b.terms.deterministic), (false, true));
    assert_eq!((b.terms.trigger_rule, b.terms.seed, b.terms.priority_weight), (TriggerRule::AllDone, Some(7), -2));
    assert_eq!((a.terms.priority_weight, a.terms.retry.exponential_backoff), (1, false));
    assert_eq!(b.terms.limits.execution_timeout, Duration::from_secs(60));
    assert_eq!((a.terms.limits.handles, a.terms.limits.metric_points), (64, 100_000));
    assert_eq!((b.terms.limits.handles, b.terms.limits.metric_points), (100, 0));
    assert_eq!((a.terms.limits.fuel, b.terms.limits.fuel), (None, Some(5_000)));
    assert_eq!((b.terms.limits.log_bytes, b.terms.limits.result_bytes), (1 << 10, 1 << 20));
    assert_eq!(a.terms.reschedule_timeout, Duration::from_secs(7 * 86_400));
}

#[test]
fn flow_and_after_order_tasks() {
    let text = "id = 'x'\nflow = ['a >> b >> [c, d]', '[c,d]>>e<<a', 'a >> b']\n\
        [tasks.a]\nplugin='noop'\n[tasks.b]\nplugin='noop'\n[tasks.c]\nplugin='noop'\n[tasks.d]\nplugin='noop'\n\
        [tasks.e]\nplugin='noop'\nafter = ['b', 'd']\n";
    let dag = dag(text);
    assert_eq!(upstream(&dag, "b"), ["a"]);
    assert_eq!(upstream(&dag, "c"), ["b"]);
    assert_eq!(upstream(&dag, "e"), ["a", "b", "c", "d"]);
}

#[test]
fn settings_are_read() {
    let text = noop(
        "timezone = 'europe/berlin'\nstart_date = '2026-07-01'\nend_date = 2026-07-02T01:00:00+00:00\n\
         window = 'previous'\ndst_gap = 'skip'\ndst_fold = 'both'\nmax_active_runs = 1\nmax_active_tasks = 2\n\
         dagrun_timeout = '2h'\ncatchup = { window = '3d', max = 10 }\nschedule = '30 6 * * MON-FRI'",
    );
    let settings = dag(&text).settings;
    assert_eq!(settings.timezone, "Europe/Berlin");
    assert_eq!(settings.start_date, Some("2026-06-30T22:00:00Z".parse().unwrap()));
    assert_eq!(settings.end_date, Some("2026-07-02T01:00:00Z".parse().unwrap()));
    assert_eq!(settings.window, Window::Previous);
    assert_eq!(settings.clock_changes, ClockChanges { gap: DstGap::Skip, fold: DstFold::Both });
    assert_eq!((settings.max_active_runs, settings.max_active_tasks), (1, 2));
    assert_eq!(settings.dagrun_timeout, Some(Duration::from_secs(7200)));
    let window = Some(Duration::from_secs(3 * 86_400));
    assert_eq!(settings.catchup, Catchup::Within { window, max: Some(10) });
    assert_eq!(dag(&noop("catchup = true")).settings.catchup, Catchup::All);
}

#[test]
fn plugins_have_three_sources_and_tasks_may_name_registered_ones() {
    let draft = Draft::from_toml(
        "id = 'x'\n[plugins]\na = { path = '../a' }\nb = { file = 'b.wasm' }\nc = '0.1'\nd = { version = '*' }\n\
         [tasks.t]\nplugin = 'noop'\n[tasks.u]\nplugin = 'a'\n[tasks.v]\nplugin = 'noop'\n",
    );
    let names: Vec<_> = draft.plugins().iter().map(|plugin| plugin.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "noop"]);
    assert_eq!(draft.plugins()[0].source, PluginSource::Path { path: "../a".into() });
    assert_eq!(draft.plugins()[1].source, PluginSource::File { path: "b.wasm".into() });
    let PluginSource::Registered { requirement } = &draft.plugins()[2].source else { panic!("not registered") };
    assert!(requirement.matches(&semver::Version::new(0, 1, 7)));
    assert_eq!(draft.diagnostics(), []);
}

#[test]
fn labels_stand_for_tasks_below() {
    let text = "id = 'x'\nflow = 'pick >> [big, small]'\n[tasks.pick]\nplugin = 'pick'\n\
        branches = { large = 'big', all = ['small', 'big', 'big'] }\n\
        [tasks.big]\nplugin = 'noop'\n[tasks.small]\nplugin = 'noop'\n";
    let branches = dag(text).tasks.remove(0).terms.branches.clone();
    assert_eq!(branches["large"], [TaskIx(1)]);
    assert_eq!(branches["all"], [TaskIx(1), TaskIx(2)]);
}

#[test]
fn parameters_have_defaults_and_schemas() {
    let text = noop(
        "[params]\nn = 3\nlist = [1, 2]\nlimits = { default = 1, schema = { type = 'integer' }, description = 'x' }\nneeded = {}",
    );
    let dag = dag(&text);
    let given = [("n".to_owned(), json!(4)), ("needed".to_owned(), json!("x"))].into();
    let filled = fill_params(&dag, given).unwrap();
    assert_eq!(json!(filled), json!({ "n": 4, "list": [1, 2], "limits": 1, "needed": "x" }));
    let given = [("limits".to_owned(), json!("x")), ("m".to_owned(), json!(4))].into();
    let wrong: Vec<String> = fill_params(&dag, given).unwrap_err().iter().map(ToString::to_string).collect();
    let expected = [
        "the parameter `limits` cannot be that: expected an integer, found a string \"x\"",
        "the parameter `needed` has no default and must be given",
        "this DAG has no parameter `m`: did you mean `n`?",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn a_date_in_params_becomes_a_string() {
    let text = "id = 'x'\n[tasks.a]\nplugin = 'noop'\nparams = { d = 2026-01-31, t = 2026-01-31T06:30:00Z, x = 1.0, n = 0xff }\n";
    let params = dag(text).tasks.remove(0).params.source();
    let canonical = crate::dag::json::canonical(&params);
    assert_eq!(canonical, r#"{"d":"2026-01-31","n":255,"t":"2026-01-31T06:30:00Z","x":1.0}"#);
}

#[test]
fn the_version_depends_on_the_text_and_on_the_plugins() {
    let version = |text: &str, plugin: &[u8]| {
        let mut catalog = known();
        let Some(Ok(noop)) = catalog.plugins.get_mut("noop") else { panic!("no noop") };
        noop.digest = Digest::of(plugin);
        check(&Draft::from_toml(text), &catalog).dag.unwrap().version
    };
    let text = noop("");
    assert_eq!(version(&text, b"1"), version(&text, b"1"));
    assert_ne!(version(&text, b"1"), version(&text, b"2"));
    assert_ne!(version(&text, b"1"), version(&format!("{text}#"), b"1"));
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let text = noop("schedule_interval = '@daily'");
    assert_eq!(
        warned(&text),
        [(2, "schedule_interval".into(), "`schedule_interval` is the old name of `schedule`".into())]
    );
    let text = noop("schedule = '0 0 31 2 *'");
    assert_eq!(warned(&text)[0].2, "this schedule never fires: no month 2 has a day 31");
    let text = noop("[plugins]\ntrain = '0.1'");
    assert_eq!(warned(&text), [(3, "train".into(), "no task uses the plugin `train`".into())]);
}

#[test]
fn optional_inputs_under_early_rules_are_warned_of() {
    let text = |rule: &str| {
        format!(
            "id = 'x'\n[tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\n[tasks.j]\nplugin = 'join'\n\
             trigger_rule = '{rule}'\ninputs.a = 'a.out'\ninputs.v = 'b.value'\n"
        )
    };
    for rule in ["one_failed", "one_success", "one_done", "always"] {
        let lines: Vec<_> = warned(&text(rule)).into_iter().map(|(line, piece, _)| (line, piece)).collect();
        assert_eq!(lines, [(9, "'a.out'".to_owned()), (10, "'b.value'".to_owned())], "{rule}");
    }
    for rule in ["all_success", "all_done", "none_failed"] {
        assert_eq!(warned(&text(rule)), [], "{rule}");
        assert_eq!(found(&text(rule)), [], "{rule}");
    }
}

#[test]
fn a_dag_is_shown_by_levels() {
    let shown = show::text(&dag(GOOD));
    let expected = "ml_pipeline  @daily  Which penguin is it?\n\
        1  preprocess_data  preprocess@0.1.0\n\
        2  train_model      train@0.1.0       after preprocess_data\n\
        3  evaluate_model   evaluate@0.1.0    after preprocess_data, train_model\n";
    assert_eq!(shown, expected);
}

#[test]
fn a_dag_is_shown_for_graphviz() {
    let text = "id = 'a.b'\ndescription = \"\\u001b[31m\"\n[tasks.one]\nplugin = 'noop'\n[tasks.two-2]\nplugin = 'noop'\nafter = 'one'\n\
        [tasks.three]\nplugin = 'join'\ninputs.a = 'one.out'\ninputs.v = 'one.value'\n";
    let dag = dag(text);
    let shown = show::dot(&dag);
    assert!(shown.starts_with("digraph \"a.b\" {"), "{shown}");
    assert!(shown.contains("  \"one\" -> \"two-2\" [style=dashed];"), "{shown}");
    assert!(shown.contains("  \"one\" -> \"three\" [label=\"out, value\"];"), "{shown}");
    assert!(shown.contains("  \"one\" [label=\"one\\nnoop@0.1.0\"];"), "{shown}");
    assert!(!show::text(&dag).contains('\u{1b}'));
}

#[test]
fn an_empty_table_of_grants_asks_for_nothing() {
    assert_eq!(found(&format!("{}grants = {{ http = [], env = {{}} }}\n", noop(""))), []);
}

#[test]
fn params_that_are_written_otherwise_stay_so() {
    let text = "id = 'x'\n[tasks.a]\nplugin = 'noop'\nparams = { x = 0.0 }\n[tasks.b]\nplugin = 'noop'\nparams = { x = -0.0 }\n\
        [tasks.c]\nplugin = 'noop'\nparams = { x = 0.0 }\n";
    let dag = dag(text);
    let written = |at: usize| dag.tasks[at].params.source().to_string();
    assert_eq!([written(0), written(1)], [r#"{"x":0.0}"#, r#"{"x":-0.0}"#]);
    assert!(std::sync::Arc::ptr_eq(&dag.tasks[0].params, &dag.tasks[2].params), "what is alike is one");
}
