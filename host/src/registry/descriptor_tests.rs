use serde_json::{Value, json};

use super::{is_plugin_name, problems};
use crate::contract::{Cardinality, Descriptor, Port, Request};
use crate::registry::testing::descriptor;

fn with_schema(schema: Value) -> Descriptor {
    Descriptor { params_schema: schema, ..descriptor("train 0.1.0") }
}

fn port(name: &str) -> Port {
    Port { name: name.to_owned(), description: String::new(), media_type: None, cardinality: Cardinality::One }
}

#[test]
fn names_are_lower_case_words_joined_by_hyphens() {
    for name in ["train", "train-2", "a-b-c", "x1"] {
        assert!(is_plugin_name(name), "{name}");
    }
    let long = "a".repeat(65);
    for name in ["", "-a", "a-", "a--b", "Train", "1a", "a_b", "a.b", "a/b", "ä", "a b", "a\n", &long] {
        assert!(!is_plugin_name(name), "{name:?}");
    }
}

#[test]
fn a_good_description_has_no_problems() {
    assert_eq!(problems(&descriptor("train 0.1.0")), Vec::<String>::new());
    assert_eq!(problems(&with_schema(json!(true))), Vec::<String>::new());
    let with_pattern = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}});
    assert_eq!(problems(&with_schema(with_pattern)), Vec::<String>::new());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let wrong = Descriptor {
        name: "No Name".to_owned(),
        inputs: vec![port("../x"), port("a"), port("a")],
        outputs: vec![port(""), port("a")],
        requests: vec![Request { kind: "root".to_owned(), value: String::new(), reason: String::new() }],
        result_schema: Some(json!({"type": "nonsense"})),
        ..descriptor("train 0.1.0")
    };
    let found = problems(&wrong);
    let parts = [
        "name \"No Name\"",
        "input port \"../x\"",
        "\"a\" is there twice",
        "output port \"\"",
        "result-schema",
        "requests \"root\"",
    ];
    for part in parts {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part} in {found:#?}");
    }
    assert_eq!(found.len(), parts.len(), "{found:#?}");
}

#[test]
fn a_schema_must_stand_by_itself_and_be_matched_in_linear_time() {
    let cases = [
        ("a remote reference", json!({"$ref": "https://example.com/schema.json"})),
        ("a reference to a file", json!({"$ref": "file:///etc/passwd"})),
        ("a look-ahead", json!({"pattern": "(?=a)(a+)+$"})),
        ("a back reference", json!({"pattern": r"(a)\1"})),
        ("no schema", json!("object")),
    ];
    for (what, schema) in cases {
        let found = problems(&with_schema(schema));
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        assert!(found[0].contains("params-schema"), "{what}: {found:?}");
    }
}

#[test]
fn a_schema_of_ten_thousand_levels_is_refused() {
    let mut schema = json!({});
    for _ in 0..10_000 {
        // The macro would copy the document by recursion.
        schema = Value::Object(serde_json::Map::from_iter([("not".to_owned(), schema)]));
    }
    let mut descriptor = with_schema(schema);
    let found = problems(&descriptor);
    assert!(found[0].contains("deeper than 100 levels"), "{found:?}");
    // Dropping the document recurses, so it is taken apart by hand.
    let mut rest = std::mem::take(&mut descriptor.params_schema);
    while let Some(inner) = rest.get_mut("not") {
        rest = inner.take();
    }
}

#[test]
fn endless_lists_of_ports_are_refused() {
    let many = Descriptor { inputs: (0..1000).map(|n| port(&format!("p{n}"))).collect(), ..descriptor("train 0.1.0") };
    assert!(problems(&many)[0].contains("1000 input ports"), "{:?}", problems(&many));
}
