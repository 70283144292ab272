//! What a try is given.

use dagwood_sdk::prelude::*;
use dagwood_sdk::testing::Harness;
use serde::Serialize;

const DATA: Input<One> = Input::one("data");
const HINTS: Input<Optional> = Input::optional("hints");
const PARTS: Input<Many> = Input::many("parts");
const COPY: Output<Optional> = Output::optional("copy");

#[derive(Serialize, JsonSchema)]
struct Given {
    data: String,
    hints: Option<String>,
    parts: Vec<(Vec<u32>, String)>,
    loss: Option<f64>,
    scores: Vec<i64>,
    seed: u64,
    name: String,
}

/// Gives back what it is given.
struct Tell;

impl Task for Tell {
    type Params = NoParams;
    type Value = Given;

    fn plugin() -> Plugin {
        Plugin::new("tell", "0.1.0", "Tells what it was given").input(DATA).input(HINTS).input(PARTS).output(COPY)
    }

    fn run(_: NoParams, call: &Invocation) -> TaskResult<Given> {
        let parts = call.inputs(PARTS).into_iter().map(|part| Ok((part.index.clone(), part.read_to_string()?)));
        std::fs::write(call.scratch().join("note"), "gone later")?;
        Ok(Outcome::Done(Given {
            data: call.input(DATA)?.read_to_string()?,
            hints: call.optional_input(HINTS).map(Artifact::read_to_string).transpose()?,
            parts: parts.collect::<Result<_, Failure>>()?,
            loss: call.value("loss")?,
            scores: call.values("score")?,
            seed: call.seed(),
            name: context::current().task_id,
        }))
    }
}

#[test]
fn inputs_values_and_seed_arrive() {
    let tried = Harness::<Tell>::new()
        .input(DATA, "a,b")
        .input(PARTS, "zero")
        .input(PARTS, "one")
        .value("loss", 0.5)
        .value("score", 3)
        .value("score", 4)
        .seed(u64::MAX)
        .run();
    let expected = json!({
        "data": "a,b", "hints": null, "parts": [[[0], "zero"], [[1], "one"]],
        "loss": 0.5, "scores": [3, 4], "seed": u64::MAX, "name": "task",
    });
    assert_eq!(tried.done(), expected);
}

#[test]
fn an_optional_input_is_there_when_it_was_wired() {
    let tried = Harness::<Tell>::new().input(DATA, "").input(HINTS, "left").run();
    assert_eq!(tried.done()["hints"], "left");
}

#[test]
fn a_required_input_that_the_test_forgot_is_named() {
    let tried = Harness::<Tell>::new().run();
    assert_eq!(tried.failure().message(), "the test gives nothing to the input `data`");
}

#[test]
fn an_input_that_the_plugin_does_not_know_is_named() {
    let tried = Harness::<Tell>::new().input(DATA, "").input("date", "").run();
    assert_eq!(tried.failure().message(), "`plugin` does not declare the input `date`");
}

#[test]
fn a_file_of_the_wrong_kind_names_its_port() {
    let tried = Harness::<Tell>::new().input(DATA, [0xff, 0xfe]).run();
    assert_eq!(tried.failure().code(), "unreadable-input");
    assert!(tried.failure().message().starts_with("cannot read the input `data`: "), "{:?}", tried.failure());
}

#[test]
fn an_upstream_value_of_another_shape_is_named() {
    let tried = Harness::<Tell>::new().input(DATA, "").value("loss", "much").run();
    assert_eq!(tried.failure().code(), "bad-value");
    assert!(tried.failure().message().contains("`loss`"), "{:?}", tried.failure());
}

#[test]
fn a_folder_is_copied_in_as_a_folder() {
    struct List;
    impl Task for List {
        type Params = NoParams;
        type Value = Vec<String>;
        fn plugin() -> Plugin {
            Plugin::new("list", "0.1.0", "Lists a folder").input(DATA)
        }
        fn run(_: NoParams, call: &Invocation) -> TaskResult<Vec<String>> {
            let entries = std::fs::read_dir(call.input(DATA)?)?;
            let mut names = entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<Result<Vec<_>, Failure>>()?;
            names.sort();
            Ok(Outcome::Done(names))
        }
    }
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");
    assert_eq!(Harness::<List>::new().input_path(DATA, wit).run().done(), json!(["task.wit"]));
}

#[test]
fn the_context_is_what_the_test_set_and_asking_is_noticed() {
    let asked = Harness::<Tell>::new().input(DATA, "").run();
    assert!(asked.used_context());
    let refused = Harness::<Tell>::new().input(DATA, [0xff]).run();
    assert!(!refused.used_context(), "it failed before it asked");
}
