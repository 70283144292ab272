//! Small helpers.

use serde_json::json;

use crate::sandbox::world::canonical;

#[test]
fn json_for_a_guest_has_one_form() {
    let value: serde_json::Value =
        serde_json::from_str(r#"{ "b": [1, 2.50, -0.0, 1e3], "a": {"z": null, "é": "\n\""} }"#).unwrap();
    assert_eq!(canonical(&value), r#"{"a":{"z":null,"é":"\n\""},"b":[1,2.5,-0.0,1000.0]}"#);
    assert_eq!(canonical(&json!({})), "{}");
    assert_eq!(canonical(&json!([])), "[]");
}
