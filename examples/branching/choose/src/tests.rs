use super::Choose;
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;

#[test]
fn the_way_is_large_from_the_limit_on() {
    for (rows, way) in [(0, "small"), (999, "small"), (1_000, "large"), (u64::MAX, "large")] {
        let tried = Harness::<Choose>::new().params(json!({ "rows": rows })).run();
        assert_eq!(tried.chosen(), [way], "{rows} rows");
    }
}

#[test]
fn labels_that_always_go_on_are_chosen_too() {
    let tried = Harness::<Choose>::new().params(json!({"rows": 1, "always": ["audit"]})).run();
    assert_eq!(tried.chosen(), ["small", "audit"]);
}

#[test]
fn rows_are_required() {
    assert!(Harness::<Choose>::new().run().failure().message().contains("missing field `rows`"));
}
