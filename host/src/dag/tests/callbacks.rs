//! Callbacks and deadlines in DAG files.

use std::time::Duration;

use super::{found, hint, warned};
use crate::dag::callback::{CallbackKind, Deadline, DeadlineReference};
use crate::dag::model::Dag;
use crate::dag::testing::checked;
use crate::ids::TaskIx;

fn file(top: &str, task: &str) -> String {
    format!("id = 'x'\n{top}\n[tasks.a]\nplugin = 'noop'\n{task}\n[tasks.b]\nplugin = 'noop'\n")
}

fn dag(text: &str) -> Dag {
    let checked = checked(text);
    checked.dag.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

#[track_caller]
fn assert_only(text: &str, line: usize, piece: &str, message: &str) {
    let found = found(text);
    let expected = [(line, piece.to_owned(), message.to_owned())];
    assert_eq!(found, expected);
}

#[test]
fn a_callback_is_a_dag_of_one_task_with_its_own_options() {
    let text = file(
        "on_success = 'noop'\n[params]\nto = 'me'",
        "on_failure = { plugin = 'join', params = { text = '{{ event.task_id }}', to = '{{ params.to }}' }, retries = 3 }",
    );
    let dag = dag(&text);
    assert!(warned(&text).is_empty());
    let own = dag.callbacks.of_run(CallbackKind::OnSuccess).unwrap();
    assert_eq!((own.id.as_str(), own.version, own.tasks.len()), ("x", dag.version, 1));
    assert_eq!(own.tasks[0].id.as_str(), "on_success");
    assert_eq!(own.tasks[0].terms.plugin_name, "noop");
    let failure = dag.callbacks.of_task(TaskIx(0), CallbackKind::OnFailure).unwrap();
    assert_eq!(failure.tasks[0].terms.plugin_name, "join");
    assert_eq!(failure.tasks[0].terms.retry.retries, 3);
    assert!(!failure.tasks[0].params.is_plain());
    assert!(dag.callbacks.of_task(TaskIx(1), CallbackKind::OnFailure).is_none());
    assert!(dag.callbacks.of_run(CallbackKind::OnFailure).is_none());
}

#[test]
fn defaults_give_every_task_a_callback_but_none_to_the_callbacks_and_the_run() {
    let dag = dag(&file("[defaults]\nretries = 7\non_failure = 'noop'\non_retry = 'noop'", "on_retry = 'join'"));
    let plugin =
        |task, kind| dag.callbacks.of_task(TaskIx(task), kind).map(|dag| dag.tasks[0].terms.plugin_name.clone());
    assert_eq!(plugin(0, CallbackKind::OnFailure).as_deref(), Some("noop"));
    assert_eq!(plugin(0, CallbackKind::OnRetry).as_deref(), Some("join"));
    assert_eq!(plugin(1, CallbackKind::OnRetry).as_deref(), Some("noop"));
    assert_eq!(plugin(1, CallbackKind::OnSuccess), None);
    assert!(dag.callbacks.of_run(CallbackKind::OnFailure).is_none());
    let callback = dag.callbacks.of_task(TaskIx(0), CallbackKind::OnFailure).unwrap();
    assert_eq!(callback.tasks[0].terms.retry.retries, 0, "`[defaults]` are of tasks");
    assert_eq!(callback.callbacks.all().count(), 0);
}

#[test]
fn plugins_that_only_callbacks_name_are_resolved_and_used() {
    let text = "id = 'x'\non_failure = 'pick'\n[plugins]\njoin = '0.1'\n[defaults]\non_success = 'join'\n[tasks.a]\nplugin = 'noop'\n";
    assert!(warned(text).is_empty());
    let named: Vec<_> = crate::dag::Draft::from_toml(text).plugins().iter().map(|plugin| plugin.name.clone()).collect();
    assert_eq!(named, ["join", "noop", "pick"]);
    assert_only(
        &file("on_failure = 'nop'", ""),
        2,
        "'nop'",
        "there is no plugin `nop`: it is neither in `[plugins]` nor registered",
    );
}

#[test]
fn what_is_wrong_with_a_callback_is_said_where_it_stands() {
    let bad = |callback: &str| file("", &format!("on_failure = {callback}"));
    assert_only(&bad("{ params = {} }"), 5, "on_failure", "`plugin` is missing");
    assert_only(&bad("{ plugin = 'noop', trigger_rule = 'always' }"), 5, "trigger_rule", "unknown key `trigger_rule`");
    assert_only(&bad("{ plugin = 'noop', memory = '1KiB' }"), 5, "'1KiB'", "this is too little: 64 KiB is the least");
    assert_only(
        &bad("{ plugin = 'noop', params.text = '{{ event.nothing }}' }"),
        5,
        "'{{ event.nothing }}'",
        "templates have no name `event.nothing`",
    );
    assert_only(
        &bad("{ plugin = 'noop', params.text = '{{ values.b }}' }"),
        5,
        "'{{ values.b }}'",
        "a callback is given no results of tasks",
    );
    assert_only(
        &bad("'train'"),
        5,
        "'train'",
        "the plugin `train` needs the input `train`, but a callback is given none",
    );
    let several = found(&bad("{ plugin = 'preprocess', params.test_fraction = 2 }"));
    assert_eq!(
        several.iter().map(|(line, piece, _)| (*line, piece.as_str())).collect::<Vec<_>>(),
        [(5, "on_failure"), (5, "params"), (5, "2")]
    );
}

#[test]
fn only_templates_of_callbacks_know_what_happened() {
    let text = file("", "params.text = '{{ event.run_id }}'");
    assert_only(
        &text,
        5,
        "'{{ event.run_id }}'",
        "templates have no name `event.run_id` here: only those of callbacks do",
    );
}

#[test]
fn a_deadline_counts_from_the_start_or_the_logical_date() {
    let deadline = |text: &str| dag(&file(text, "")).settings.deadline;
    let expected = |after, seconds| Some(Deadline { after, of: Duration::from_secs(seconds) });
    let text = "deadline = { after = 'run_start', of = '2h' }\non_deadline = 'noop'";
    assert_eq!(deadline(text), expected(DeadlineReference::RunStart, 7_200));
    let alone = "deadline = { after = 'logical_date', of = '1m' }";
    assert_eq!(deadline(alone), expected(DeadlineReference::LogicalDate, 60));
    assert_eq!(deadline(""), None);
}

#[test]
fn a_deadline_that_says_nothing_is_a_mistake() {
    assert_only(&file("deadline = { after = 'run_start', of = '0s' }", ""), 2, "'0s'", "this must be longer than zero");
    assert_only(&file("deadline = '2h'", ""), 2, "'2h'", "expected a table, found a string \"2h\"");
    let found = found(&file("deadline = { after = 'run' }", ""));
    assert_eq!(found.len(), 2, "{found:?}");
    let alone = file("on_deadline = 'noop'", "");
    assert_only(&alone, 2, "on_deadline", "`on_deadline` without a `deadline` is never started");
    assert!(hint(&alone).contains("deadline = {"));
    assert_only(&file("on_retry = 'noop'", ""), 2, "on_retry", "unknown key `on_retry`");
}
