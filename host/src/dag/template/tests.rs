use std::collections::BTreeMap;

use proptest::prelude::{any, prop_assert_eq, proptest};
use serde_json::{Value, json};

use crate::dag::template::{HoleKind, Name, Template, TemplateContext};

fn template(value: Value) -> Template {
    Template::parse(&value).unwrap()
}

fn mistake(text: &str) -> String {
    Template::parse(&json!({ "a": text })).unwrap_err().remove(0).message
}

fn render(value: Value) -> Result<Value, String> {
    let params = BTreeMap::from([
        ("n".to_owned(), json!(3)),
        ("list".to_owned(), json!([1, 2.5, "x", null])),
        ("nested".to_owned(), json!({ "deep": { "b": true } })),
    ]);
    let values = BTreeMap::from([("train".to_owned(), json!({ "loss": 0.5 })), ("my-task".to_owned(), json!(7))]);
    let context = TemplateContext {
        dag_id: "ml",
        task_id: "evaluate",
        run_id: "manual__1",
        logical_date: "2026-01-31T06:30:00Z".parse().unwrap(),
        data_interval: ("2026-01-30T06:30:00Z".parse().unwrap(), "2026-01-31T06:30:00.25Z".parse().unwrap()),
        params: &params,
        values: &values,
        event: None,
    };
    template(value).render(&context).map_err(|problem| problem.message)
}

#[test]
fn text_without_templates_stays_as_it_is() {
    let value = json!({ "a": "plain { } % text", "b": [1, null, { "c": "}}" }] });
    let template = template(value.clone());
    assert!(template.is_plain());
    assert_eq!(template.source(), value);
    assert_eq!(render(value.clone()).unwrap(), value);
}

#[test]
fn a_whole_expression_keeps_its_type() {
    let rendered = render(json!({
        "n": "{{ params.n }}",
        "sum": "{{ params.n + 1.5 }}",
        "list": "{{ params.list }}",
        "nested": "{{ params.nested.deep }}",
        "loss": "{{ values.train.loss }}",
        "text": "{{ params.n }} of {{ params.n }}",
        "space": " {{ params.n }}",
        "none": "{{ none }}",
        "map": "{{ {'a': [true]} }}",
    }));
    let expected = json!({
        "n": 3, "sum": 4.5, "list": [1, 2.5, "x", null], "nested": { "b": true }, "loss": 0.5, "text": "3 of 3",
        "space": " 3", "none": null, "map": { "a": [true] },
    });
    assert_eq!(rendered.unwrap(), expected);
}

#[test]
fn the_names_are_airflows() {
    let cases = [
        ("{{ ds }}", "2026-01-31"),
        ("{{ ds_nodash }}", "20260131"),
        ("{{ ts }}", "2026-01-31T06:30:00+00:00"),
        ("{{ ts_nodash }}", "20260131T063000"),
        ("{{ ts_nodash_with_tz }}", "20260131T063000+0000"),
        ("{{ logical_date }}", "2026-01-31T06:30:00+00:00"),
        ("{{ data_interval_start | ds }}", "2026-01-30"),
        ("{{ data_interval_end }}", "2026-01-31T06:30:00.250000+00:00"),
        ("{{ logical_date | strftime('%Y/%m') }}", "2026/01"),
        ("{{ ds | ds_add(-31) }}", "2025-12-31"),
        ("{{ dag.dag_id }}/{{ task.task_id }}/{{ run_id }}", "ml/evaluate/manual__1"),
    ];
    for (source, expected) in cases {
        assert_eq!(render(json!(source)).unwrap(), json!(expected), "{source}");
    }
}

#[test]
fn every_name_of_the_table_has_a_value() {
    for (name, _) in super::names::NAMES {
        let name = name.replace("NAME", "n").replace("TASK", "train");
        assert!(render(json!(format!("{{{{ {name} }}}}"))).is_ok(), "{name}");
        assert!(!template(json!(format!("{{{{ {name} }}}}"))).names().iter().any(|n| matches!(n, Name::Unknown(_))));
    }
}

#[test]
fn what_a_template_names_is_known_without_running_it() {
    let names = template(json!({
        "a": "{{ values.train.loss + params.n }} {{ ds }}",
        "b": ["{% for x in range(3) %}{{ x }}{{ values[\"my-task\"] }}{% endfor %}", "{{ params['n'] }}"],
        "c": "{{ dss }} {{ 'values[\"no\"]' }} {{ dag.dag }}",
        "d": "{{ params }}",
    }))
    .names();
    let expected = [
        Name::Param("n".into()),
        Name::AllParams,
        Name::Value("my-task".into()),
        Name::Value("train".into()),
        Name::Known("ds".into()),
        Name::Unknown("dag.dag".into()),
        Name::Unknown("dss".into()),
    ];
    assert_eq!(names, expected);
}

#[test]
fn values_alone_does_not_say_which_task() {
    assert!(mistake("{{ values }}").contains("which task"));
    assert!(mistake("{{ values[ds] }}").contains("which task"));
}

#[test]
fn holes_have_a_place_and_a_kind() {
    let template = template(json!({ "a": [1, "{{ ds }}"], "b": "on {{ ds }}" }));
    let holes: Vec<_> = template.holes().into_iter().map(|(path, hole)| (path.to_string(), hole.kind)).collect();
    assert_eq!(holes, [("a[1]".to_owned(), HoleKind::Value), ("b".to_owned(), HoleKind::Text)]);
    assert_eq!(template.with_placeholders("?"), json!({ "a": [1, null], "b": "?" }));
}

#[test]
fn broken_templates_are_all_found_with_their_place() {
    let broken = json!({ "a": "{{ ds", "b": { "c": ["{% if %}"] }, "d": "{{ ds }}" });
    let paths: Vec<_> = Template::parse(&broken).unwrap_err().iter().map(|m| m.path.to_string()).collect();
    assert_eq!(paths, ["a", "b.c[0]"]);
    assert_eq!(mistake("{{ ds | lowercase }}"), "there is no filter `lowercase`");
    assert_eq!(mistake("{% if ds is not funny %}{% endif %}"), "there is no test `funny`");
    assert!(Template::parse(&json!("{{ '| nothing' }} {{ ds | upper }} {{ ds is string }}")).is_ok());
    assert!(mistake("{% include 'x' %}").starts_with("this template is broken"));
}

#[test]
fn a_missing_value_is_an_error_that_names_the_param() {
    let error = render(json!({ "rate": "{{ values.train.accuracy }}" })).unwrap_err();
    assert!(error.contains("`{{ values.train.accuracy }}` of param `rate`"), "{error}");
    assert!(error.contains("has no value"), "{error}");
    assert!(render(json!("x{{ params.nested.nope }}")).is_err());
    assert!(render(json!("{{ [params.nope] }}")).is_err());
}

#[test]
fn what_is_no_json_is_refused() {
    assert!(render(json!("{{ 1e308 * 10 }}")).unwrap_err().contains("no JSON"));
    assert!(render(json!("{{ {1: 2} }}")).unwrap_err().contains("key"));
}

#[test]
fn endless_work_is_ended() {
    let loops = "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}";
    assert!(render(json!(loops)).unwrap_err().contains("fuel"));
    assert!(render(json!("{{ 'x' * 100000000 }}")).is_err());
}

#[test]
fn braces_can_be_written_plainly() {
    assert_eq!(render(json!("{% raw %}{{ ds }}{% endraw %}")).unwrap(), json!("{{ ds }}"));
    assert_eq!(render(json!("{{ '{{' }}")).unwrap(), json!("{{"));
    assert_eq!(render(json!("a{{ 1 }}\n")).unwrap(), json!("a1\n"));
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), jinja in "[{}%a-z\"'|. \\[\\]\\\\é#-]{0,30}") {
        for text in [text, jinja] {
            let value = json!({ "a": text });
            if let Ok(template) = Template::parse(&value) {
                prop_assert_eq!(template.source(), value);
                template.names();
            }
        }
    }
}
