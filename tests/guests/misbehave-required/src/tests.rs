use super::{OUT, Required};
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;

#[test]
fn it_writes_only_when_told() {
    assert_eq!(Harness::<Required>::new().run().failure().code(), "broken-contract");
    let tried = Harness::<Required>::new().params(json!({"write": true})).run();
    assert_eq!(tried.output_text(OUT), "written");
}

#[test]
fn it_branches_to_what_it_is_told() {
    let tried = Harness::<Required>::new().params(json!({"write": true, "branch": ["a"]})).run();
    assert_eq!(tried.chosen(), ["a"]);
}
