//! Small helpers.

use serde_json::json;

use crate::sandbox::text::{bytes_for_people, cut};
use crate::sandbox::world::canonical;

#[test]
fn json_for_a_guest_has_one_form() {
    let value: serde_json::Value =
        serde_json::from_str(r#"{ "b": [1, 2.50, -0.0, 1e3], "a": {"z": null, "é": "\n\""} }"#).unwrap();
    assert_eq!(canonical(&value), r#"{"a":{"z":null,"é":"\n\""},"b":[1,2.5,-0.0,1000.0]}"#);
    assert_eq!(canonical(&json!({})), "{}");
    assert_eq!(canonical(&json!([])), "[]");
}

#[test]
fn long_text_is_cut_between_characters() {
    assert_eq!(cut("short", 5), "short");
    assert_eq!(cut("aéé", 4), "aé… (2 bytes cut off)");
    assert_eq!(cut("é", 0), "… (2 bytes cut off)");
}

#[test]
fn sizes_are_said_in_the_largest_unit_that_fits() {
    assert_eq!(bytes_for_people(512 << 20), "512 MiB");
    assert_eq!(bytes_for_people(2 << 30), "2 GiB");
    assert_eq!(bytes_for_people(1_000), "1000 bytes");
    assert_eq!(bytes_for_people(0), "0 bytes");
}
