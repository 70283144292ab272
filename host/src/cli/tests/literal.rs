use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::{prop_assert_eq, proptest};
use serde_json::{Value, json};

use crate::cli::commands::literal;
use crate::dag::template::{Template, TemplateContext};

#[test]
fn what_holds_no_template_is_left_alone() {
    let value = json!({"a": "{ } { %", "b": [1, null, true, "x"], "c": {"d": "{#"}});
    assert_eq!(literal(value.clone()), value);
}

/// What the template `value` becomes.
fn rendered(value: &Value) -> Result<Value, String> {
    let (nothing, at) = (BTreeMap::new(), Timestamp::UNIX_EPOCH);
    let context = TemplateContext {
        dag_id: "d",
        task_id: "t",
        run_id: "r",
        logical_date: at,
        data_interval: (at, at),
        params: &nothing,
        values: &nothing,
        event: None,
    };
    let template = Template::parse(value).map_err(|mistakes| format!("{mistakes:?}"))?;
    template.render(&context).map_err(|problem| problem.message)
}

#[test]
fn what_looks_like_a_template_becomes_one_that_gives_it_back() {
    let texts =
        ["{{ ds }}", "{{", "a {% if x %} b {# c #} {{{ d }}}", "{{{{", "\"{{\" 'x' \\ é {%", "{{ }}\n", "-{{-\n -}}"];
    for text in texts {
        let value = literal(json!({ "deep": [text] }));
        assert_ne!(value, json!({ "deep": [text] }));
        assert_eq!(rendered(&value), Ok(json!({ "deep": [text] })), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "[{}%#\" a\n\\\\-]{0,12}") {
        prop_assert_eq!(rendered(&literal(json!(text))), Ok(json!(text)));
    }
}
