//! What `describe` makes of the trait.

use dagwood_sdk::__private::Exported;
use dagwood_sdk::bindings::dagwood::task::types::{Cardinality, Descriptor};
use dagwood_sdk::bindings::exports::dagwood::task::task::Guest;
use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// How to split.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only the schema is looked at")]
struct Params {
    /// The part kept for testing.
    #[serde(default = "quarter")]
    #[schemars(range(min = 0.0, max = 1.0))]
    test_fraction: f64,
    target: String,
}

fn quarter() -> f64 {
    0.25
}

#[derive(Serialize, JsonSchema)]
struct Sizes {
    train: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<u64>,
}

const DATA: Input<One> = Input::one("data").about("A table").media_type("text/csv");
const HINTS: Input<Optional> = Input::optional("hints");
const PARTS: Input<Many> = Input::many("parts");
const TRAIN: Output<One> = Output::one("train").about("To learn from").media_type("application/x-parquet");
const PLOT: Output<Optional> = Output::optional("plot");

struct Split;

impl Task for Split {
    type Params = Params;
    type Value = Sizes;

    fn plugin() -> Plugin {
        plugin!()
            .input(DATA)
            .input(HINTS)
            .input(PARTS)
            .output(TRAIN)
            .output(PLOT)
            .may_branch()
            .request(Request::memory("2GiB", "the whole table is held"))
    }

    fn run(_: Params, _: &Invocation) -> TaskResult<Sizes> {
        Ok(Outcome::Done(Sizes { train: 0, test: None }))
    }
}

struct Anything;

impl Task for Anything {
    type Params = Value;
    type Value = Value;

    fn plugin() -> Plugin {
        Plugin::new("anything", "1.0.0", "Takes and gives anything")
    }

    fn run(params: Value, _: &Invocation) -> TaskResult<Value> {
        Ok(Outcome::Done(params))
    }
}

fn describe<T: Task>() -> Descriptor {
    Exported::<T>::describe()
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn name_version_and_summary_are_those_of_the_crate() {
    let found = describe::<Split>();
    assert_eq!((found.name.as_str(), found.version.as_str()), ("dagwood-sdk", env!("CARGO_PKG_VERSION")));
    assert_eq!(found.summary, "Write dagwood task plugins in Rust");
}

#[test]
fn ports_keep_their_order_words_and_cardinality() {
    let found = describe::<Split>();
    let inputs: Vec<_> = found.inputs.iter().map(|port| (port.name.as_str(), port.cardinality)).collect();
    assert_eq!(inputs, [("data", Cardinality::One), ("hints", Cardinality::Optional), ("parts", Cardinality::Many)]);
    let outputs: Vec<_> = found.outputs.iter().map(|port| (port.name.as_str(), port.cardinality)).collect();
    assert_eq!(outputs, [("train", Cardinality::One), ("plot", Cardinality::Optional)]);
    assert_eq!(found.inputs[0].description, "A table");
    assert_eq!(found.inputs[0].media_type.as_deref(), Some("text/csv"));
    assert_eq!(found.inputs[1].media_type, None);
}

#[test]
fn branching_and_requests_are_declared() {
    let found = describe::<Split>();
    assert!(found.may_branch);
    let request = &found.requests[0];
    assert_eq!((request.kind.as_str(), request.value.as_str()), ("memory", "2GiB"));
    assert_eq!(request.reason, "the whole table is held");
    assert!(!describe::<Anything>().may_branch);
}

#[test]
fn the_params_schema_says_what_is_required_what_is_known_and_what_the_words_are() {
    let schema = parse(&describe::<Split>().params_schema);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["description"], "How to split.");
    assert_eq!(schema["required"], json!(["target"]));
    assert_eq!(schema["additionalProperties"], json!(false));
    let fraction = &schema["properties"]["test_fraction"];
    assert_eq!(fraction["description"], "The part kept for testing.");
    assert_eq!((&fraction["default"], &fraction["maximum"]), (&json!(0.25), &json!(1.0)));
}

#[test]
fn the_result_schema_is_that_of_what_is_written() {
    let schema = parse(&describe::<Split>().result_schema.expect("Sizes has a shape"));
    assert_eq!(schema["required"], json!(["train"]), "a field that may be skipped is not required");
}

#[test]
fn a_free_value_has_no_result_schema_and_free_params_are_any_object() {
    let found = describe::<Anything>();
    assert_eq!(found.result_schema, None);
    assert_eq!(parse(&found.params_schema), json!({"type": "object"}));
}

#[test]
fn a_task_without_params_refuses_every_key() {
    struct Nothing;
    impl Task for Nothing {
        type Params = NoParams;
        type Value = ();
        fn plugin() -> Plugin {
            Plugin::new("nothing", "1.0.0", "Does nothing")
        }
        fn run(_: NoParams, _: &Invocation) -> TaskResult<()> {
            Ok(Outcome::Done(()))
        }
    }
    let schema = parse(&describe::<Nothing>().params_schema);
    assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
    let result = parse(&describe::<Nothing>().result_schema.expect("null is a shape"));
    assert_eq!(result["type"], "null");
}
