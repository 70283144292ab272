use super::{GREETING, Greet};
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;

#[test]
fn the_world_is_greeted_unless_somebody_is_named() {
    assert_eq!(Harness::<Greet>::new().run().done(), json!({"text": "Hello, world!"}));
    let tried = Harness::<Greet>::new().params(json!({"name": "Ada"})).run();
    assert_eq!(tried.done(), json!({"text": "Hello, Ada!"}));
    assert_eq!(tried.output_text(GREETING), "Hello, Ada!");
}

#[test]
fn the_greeting_does_not_depend_on_the_run() {
    assert!(!Harness::<Greet>::new().run().used_context());
}

#[test]
fn an_unknown_param_is_refused() {
    let tried = Harness::<Greet>::new().params(json!({"nmae": "Ada"})).run();
    assert_eq!(tried.failure().code(), "bad-params");
}
