use super::Act;
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;

#[test]
fn it_works_unless_told_otherwise() {
    assert_eq!(Harness::<Act>::new().run().done(), json!({"worked": true}));
}

#[test]
fn it_skips_with_its_reason() {
    let tried = Harness::<Act>::new().params(json!({"end": "skip", "because": "nothing new"})).run();
    assert_eq!(tried.skipped(), "nothing new");
}

#[test]
fn it_fails_for_good() {
    let tried = Harness::<Act>::new().params(json!({"end": "fail", "because": "no disk"})).run();
    assert_eq!((tried.failure().message(), tried.failure().is_retryable()), ("no disk", false));
}
