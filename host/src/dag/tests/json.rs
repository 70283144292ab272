use proptest::prelude::{any, prop_assert_eq, proptest};
use serde_json::{Value, json};

use crate::dag::json::{canonical, nests_at_most};

#[test]
fn canonical_json_is_sorted_and_has_no_white_space() {
    let value: Value =
        serde_json::from_str(r#"{ "b": [1, 2.0, -0.5e3], "a": {"é": null, "z": "\" \n"}, "B": true }"#).unwrap();
    assert_eq!(canonical(&value), r#"{"B":true,"a":{"z":"\" \n","é":null},"b":[1,2.0,-500.0]}"#);
}

#[test]
fn depth_counts_arrays_and_objects() {
    assert!(nests_at_most(&json!(1), 0));
    assert!(nests_at_most(&json!({ "a": [1] }), 2));
    assert!(!nests_at_most(&json!({ "a": [1] }), 1));
    assert!(nests_at_most(&json!([]), 1));
}

proptest! {
    #[test]
    fn canonical_json_reads_as_the_same_value(text in any::<String>(), number in any::<f64>(), integer in any::<i64>()) {
        let value = json!({ &text: [number, integer, &text] });
        let read: Value = serde_json::from_str(&canonical(&value)).unwrap();
        prop_assert_eq!(canonical(&read), canonical(&value));
        prop_assert_eq!(read[&text][1].as_i64(), Some(integer));
    }
}
