use super::{Measure, REPORT, TEXT};
use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;

#[test]
fn a_text_in_the_params_is_measured() {
    let tried = Harness::<Measure>::new()
        .params(json!({"text": "four"}))
        .run();
    assert_eq!(tried.done(), json!({"characters": 4}));
    assert_eq!(tried.output_text(REPORT), "four\n4 characters\n");
}

#[test]
fn a_file_goes_before_the_params() {
    let tried = Harness::<Measure>::new().input(TEXT, "naïve").run();
    assert_eq!(tried.done(), json!({"characters": 5}));
}

#[test]
fn without_params_and_inputs_there_is_a_result_too() {
    assert!(matches!(
        Harness::<Measure>::new().run().answer(),
        Ok(dagwood_sdk::Outcome::Done(_))
    ));
}

#[test]
fn an_empty_text_is_refused_for_good() {
    let tried = Harness::<Measure>::new().params(json!({"text": ""})).run();
    assert_eq!(
        (tried.failure().code(), tried.failure().is_retryable()),
        ("empty-text", false)
    );
}
