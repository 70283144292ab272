use serde_json::{Value, json};

use crate::dag::params::{BadSchema, JsonSchema};
use crate::dag::template::Template;
use crate::dag::words::Suggest;

fn compile(schema: Value) -> JsonSchema {
    JsonSchema::compile(&schema).unwrap()
}

/// What is wrong with params whatever their templates become: path and message.
fn found(schema: &Value, params: Value) -> Vec<(String, String)> {
    let template = Template::parse(&params).unwrap();
    let findings = compile(schema.clone()).check_template(&template, &Suggest::default());
    findings.into_iter().map(|finding| (finding.path.to_string(), finding.message)).collect()
}

fn paths(schema: &Value, params: Value) -> Vec<String> {
    found(schema, params).into_iter().map(|found| found.0).collect()
}

#[test]
fn schemas_of_strangers_are_bounded() {
    let deep = (0..200).fold(json!({}), |inner, _| json!({ "not": inner }));
    assert_eq!(JsonSchema::compile(&deep).unwrap_err(), BadSchema::TooDeep);
    for elsewhere in ["https://example.com/x.json", "file:///etc/passwd", "#/nowhere"] {
        let error = JsonSchema::compile(&json!({ "$ref": elsewhere })).unwrap_err();
        assert!(matches!(error, BadSchema::Invalid(_)), "{elsewhere}");
    }
    let lookahead = json!({ "pattern": "(a+)+$(?=b)" });
    assert!(matches!(JsonSchema::compile(&lookahead).unwrap_err(), BadSchema::Invalid(_)));
    let doubling: Value = (0..40)
        .map(|n| {
            let next = json!({ "$ref": format!("#/$defs/a{}", n + 1) });
            (format!("a{n}"), json!({ "allOf": [next, next] }))
        })
        .chain([("a40".to_owned(), json!({}))])
        .collect::<serde_json::Map<_, _>>()
        .into();
    let doubling = json!({ "$defs": doubling, "$ref": "#/$defs/a0" });
    assert!(matches!(JsonSchema::compile(&doubling).unwrap_err(), BadSchema::TooLarge(_)));
}

#[test]
fn a_regular_expression_takes_linear_time() {
    let schema = compile(json!({ "pattern": "^(a+)+$" }));
    assert_eq!(schema.check(&json!("a".repeat(100_000) + "b")).len(), 1);
}

#[test]
fn schemas_that_refer_to_themselves_are_fine() {
    let tree = compile(json!({
        "type": "object",
        "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } },
        "additionalProperties": false,
    }));
    assert_eq!(tree.check(&json!({ "left": { "right": {} } })), []);
    assert_eq!(tree.check(&json!({ "left": { "rigt": {} } }))[0].path.to_string(), "left.rigt");
    compile(json!({ "allOf": [{ "$ref": "#" }] }));
}

#[test]
fn a_whole_expression_may_become_anything() {
    let schema = json!({
        "type": "object",
        "properties": {
            "n": { "type": "integer", "minimum": 3 },
            "list": { "type": "array", "items": { "type": "string" }, "minItems": 2, "uniqueItems": true },
            "choice": { "enum": ["a", "b"] },
        },
    });
    assert_eq!(
        paths(&schema, json!({ "n": "{{ params.n }}", "list": "{{ params.l }}", "choice": "{{ ds }}" })),
        [""; 0]
    );
    assert_eq!(paths(&schema, json!({ "list": ["{{ ds }}", "{{ ds }}"] })), [""; 0]);
    // What does not depend on the templates is found.
    assert_eq!(paths(&schema, json!({ "list": ["{{ ds }}"] })), ["list"]);
    assert_eq!(paths(&schema, json!({ "list": ["{{ ds }}", 5] })), ["list[1]"]);
    assert_eq!(paths(&schema, json!({ "n": { "x": "{{ ds }}" } })), ["n"]);
}

#[test]
fn text_with_templates_is_text() {
    let schema = json!({
        "properties": { "n": { "type": "integer" }, "s": { "type": "string", "minLength": 100, "pattern": "^z" } },
    });
    assert_eq!(paths(&schema, json!({ "n": "{{ ds }} ", "s": "x{{ ds }}" })), ["n"]);
}

#[test]
fn keys_count_whatever_they_hold() {
    let schema = json!({
        "type": "object", "properties": { "a": {} }, "required": ["b"], "additionalProperties": false, "maxProperties": 1,
    });
    assert_eq!(paths(&schema, json!({ "a": "{{ ds }}", "c": "{{ ds }}" })), ["", "c", "b"]);
}

#[test]
fn branches_count_only_if_none_can_fit() {
    let schema = json!({ "properties": { "model": { "oneOf": [
        { "type": "object", "properties": { "kind": { "const": "tree" }, "depth": { "type": "integer" } },
          "required": ["kind", "depth"], "additionalProperties": false },
        { "type": "object", "properties": { "kind": { "const": "linear" }, "rate": { "type": "number" } },
          "required": ["kind", "rate"], "additionalProperties": false },
    ] } } });
    assert_eq!(paths(&schema, json!({ "model": { "kind": "{{ ds }}", "depth": 3 } })), [""; 0]);
    assert_eq!(paths(&schema, json!({ "model": { "kind": "tree", "depth": "{{ ds }}" } })), [""; 0]);
    assert_eq!(paths(&schema, json!({ "model": { "kind": "{{ ds }}" } })).len(), 1);
    assert_eq!(paths(&schema, json!({ "model": { "kind": "tree", "rate": "{{ ds }}" } })).len(), 1);
}

#[test]
fn conditions_on_a_hole_decide_nothing() {
    let schema = json!({
        "properties": { "mode": {} },
        "if": { "properties": { "mode": { "const": "fast" } } },
        "then": { "required": ["speed"] },
        "else": { "required": ["care"] },
    });
    assert_eq!(paths(&schema, json!({ "mode": "{{ ds }}", "speed": 1 })), [""; 0]);
    assert_eq!(paths(&schema, json!({ "mode": "{{ ds }}", "care": 1 })), [""; 0]);
    assert_eq!(paths(&schema, json!({ "mode": "fast" })).len(), 1);
    let not = json!({ "not": { "required": ["a"], "properties": { "a": { "const": null } } } });
    assert_eq!(paths(&not, json!({ "a": "{{ ds }}" })), [""; 0]);
}

#[test]
fn findings_say_what_was_expected() {
    let schema = json!({ "properties": {
        "n": { "type": ["integer", "null"] }, "p": { "pattern": "^a" }, "m": { "multipleOf": 3 },
        "x": { "anyOf": [{ "type": "integer" }, { "type": "array" }] },
    } });
    let found = found(&schema, json!({ "n": "x", "p": "b", "m": 4, "x": true }));
    let messages: Vec<_> = found.iter().map(|found| found.1.as_str()).collect();
    let expected = [
        "expected null or an integer, found a string \"x\"",
        "\"b\" does not match \"^a\"",
        "4 is not a multiple of 3",
        "expected an integer or a list, found a boolean true",
    ];
    assert_eq!(messages, expected);
}
