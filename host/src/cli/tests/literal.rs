use serde_json::{Value, json};

use crate::cli::commands::literal;
use crate::dag::template::{Template, TemplateContext};

#[test]
fn what_holds_no_template_is_left_alone() {
    let value = json!({"a": "{ } { %", "b": [1, null, true, "x"], "c": {"d": "{#"}});
    assert_eq!(literal(value.clone()), value);
}

#[test]
fn what_looks_like_a_template_becomes_one_that_gives_it_back() -> Result<(), Box<dyn std::error::Error>> {
    let texts = ["{{ ds }}", "{{", "a {% if x %} b {# c #} {{{ d }}}", "{{{{", "\"{{\" 'x' \\ é {%"];
    for text in texts {
        let value = literal(json!({ "deep": [text] }));
        assert_ne!(value, json!({ "deep": [text] }));
        let (template, mistakes) = Template::parse(&value);
        assert_eq!(mistakes, [], "{text}");
        let given: Value = template.render(&TemplateContext::default())?;
        assert_eq!(given, json!({ "deep": [text] }));
    }
    Ok(())
}
