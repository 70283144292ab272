use serde_json::{Value, json};

use crate::cli::param::{Declared, Param, read, read_all};

fn free(text: &str) -> Value {
    read(text, Declared::default())
}

#[test]
fn a_parameter_is_a_name_and_all_that_follows_the_first_equals_sign() {
    assert_eq!("a=b=c".parse(), Ok(Param { name: "a".to_owned(), text: "b=c".to_owned() }));
    assert_eq!("a=".parse(), Ok(Param { name: "a".to_owned(), text: String::new() }));
    assert!("a".parse::<Param>().is_err() && "=b".parse::<Param>().is_err() && "".parse::<Param>().is_err());
}

#[test]
fn what_is_json_is_json_and_the_rest_is_text() {
    assert_eq!(free("7"), json!(7));
    assert_eq!(free("true"), json!(true));
    assert_eq!(free("null"), json!(null));
    assert_eq!(free("[1, {\"a\": 2}]"), json!([1, {"a": 2}]));
    assert_eq!(free("\"7\""), json!("7"));
    assert_eq!(free("2026-01-01"), json!("2026-01-01"));
    assert_eq!(free("nan"), json!("nan"));
    assert_eq!(free(""), json!(""));
}

#[test]
fn a_declared_schema_decides_where_both_are_possible() {
    let with = |schema: &Value, text| read(text, Declared { schema: Some(schema), default: None });
    let (string, integer, either) = (json!({"type": "string"}), json!({"type": "integer"}), json!({}));
    assert_eq!(with(&string, "1.10"), json!("1.10"));
    assert_eq!(with(&string, "\"x\""), json!("x"));
    assert_eq!(with(&integer, "3"), json!(3));
    assert_eq!(with(&either, "3"), json!(3));
    // Neither fits: the check is to speak of the number that people see.
    assert_eq!(with(&integer, "3.5"), json!(3.5));
    assert_eq!(with(&integer, "three"), json!("three"));
    let choice = json!({"enum": ["true", "false"]});
    assert_eq!(with(&choice, "true"), json!("true"));
}

#[test]
fn without_a_schema_a_default_that_is_text_keeps_text() {
    let with = |default: &Value, text| read(text, Declared { schema: None, default: Some(default) });
    assert_eq!(with(&json!("0.1"), "1.10"), json!("1.10"));
    assert_eq!(with(&json!("0.1"), "\"quoted\""), json!("quoted"));
    assert_eq!(with(&json!(1), "1.10"), json!(1.1));
}

#[test]
fn a_schema_that_is_wrong_itself_is_left_to_the_check() {
    let broken = json!({"type": 7});
    assert_eq!(read("3", Declared { schema: Some(&broken), default: None }), json!(3));
}

#[test]
fn a_name_given_twice_is_a_mistake() {
    let param = |text: &str| Param { name: "a".to_owned(), text: text.to_owned() };
    let nothing = |_: &str| Declared::default();
    assert!(read_all(&[param("1"), param("1")], nothing).is_err());
    assert_eq!(read_all(&[param("1")], nothing).ok().and_then(|values| values.get("a").cloned()), Some(json!(1)));
}
