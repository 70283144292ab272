//! Between the typed trait and the contract's own types. Everything but the export itself also works natively, so
//! that the testing harness runs the very code that a component runs.

use crate::bindings::dagwood::task::types as raw;
use crate::bindings::exports::dagwood::task::task::Guest;
use crate::failure::Retry;
use crate::invocation::Folders;
use crate::{Failure, Invocation, Outcome, Task};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::Duration;

/// Makes a [`Task`](crate::Task) the one that this crate's component runs. Once per crate. Natively there is
/// nothing to export; it only counts as a use of the task.
#[macro_export]
macro_rules! export {
    ($task:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::__private as sdk;
            type Exported = sdk::Exported<$task>;
            sdk::__export_task_plugin! { Exported with_types_in sdk::bindings }
        };
        #[cfg(not(target_family = "wasm"))]
        const _: fn() = $crate::__private::used::<$task>;
    };
}

/// What `export!` names natively, so that the compiler does not call the whole task dead code.
pub fn used<T: Task>() {}

/// A [`Task`] as a component exports it.
pub struct Exported<T>(PhantomData<T>);

impl<T: Task> Guest for Exported<T> {
    fn describe() -> raw::Descriptor {
        describe::<T>()
    }

    fn run(invocation: raw::Invocation) -> Result<raw::Outcome, raw::Failure> {
        run::<T>(invocation, Folders::of_the_sandbox())
    }
}

pub(crate) fn describe<T: Task>() -> raw::Descriptor {
    let plugin = T::plugin();
    raw::Descriptor {
        name: plugin.name,
        version: plugin.version,
        summary: plugin.summary,
        params_schema: params_schema::<T::Params>(),
        result_schema: result_schema::<T::Value>(),
        inputs: plugin.inputs.into_iter().map(crate::port::Port::describe).collect(),
        outputs: plugin.outputs.into_iter().map(crate::port::Port::describe).collect(),
        may_branch: plugin.may_branch,
        requests: plugin.requests.into_iter().map(crate::Request::describe).collect(),
        extra: Vec::new(),
    }
}

/// Params are always an object: a schema that allows anything (that of a [`Value`]) is narrowed to that.
fn params_schema<P: JsonSchema>() -> String {
    let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<P>();
    if allows_anything(&schema) { r#"{"type":"object"}"#.to_owned() } else { schema.as_value().to_string() }
}

fn result_schema<V: JsonSchema>() -> Option<String> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<V>();
    (!allows_anything(&schema)).then(|| schema.as_value().to_string())
}

/// Whether nothing but names and words stand in the schema.
fn allows_anything(schema: &Schema) -> bool {
    match schema.as_value() {
        Value::Bool(allows) => *allows,
        Value::Object(keys) => keys.keys().all(|key| matches!(key.as_str(), "$schema" | "title" | "description")),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

pub(crate) fn run<T: Task>(invocation: raw::Invocation, folders: Folders) -> Result<raw::Outcome, raw::Failure> {
    answer::<T>(invocation, folders).map_err(raw::Failure::from)
}

fn answer<T: Task>(mut invocation: raw::Invocation, folders: Folders) -> Result<raw::Outcome, Failure> {
    let params = std::mem::take(&mut invocation.params);
    let params = parse_params(&params)?;
    match T::run(params, &Invocation::new(invocation, folders))? {
        Outcome::Done(value) => Ok(raw::Outcome::Done(to_json(&value)?)),
        Outcome::Branch { value, chosen } => {
            Ok(raw::Outcome::Branch(raw::Branching { value: to_json(&value)?, chosen }))
        }
        Outcome::Skipped(reason) => Ok(raw::Outcome::Skipped(reason)),
        Outcome::Again { after, state } => {
            Ok(raw::Outcome::Again(raw::Wait { after_ms: millis(after), state: state.map(|state| state.to_string()) }))
        }
    }
}

/// A host gives `{}` where a DAG has no params; an empty document or `null` is taken as the same.
fn parse_params<P: serde::de::DeserializeOwned>(json: &str) -> Result<P, Failure> {
    let json = match json.trim() {
        "" | "null" => "{}",
        object => object,
    };
    serde_json::from_str(json)
        .map_err(|error| Failure::permanent("bad-params", format!("the params do not fit: {error}")))
}

fn to_json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::permanent("bad-value", format!("the result cannot be written as JSON: {error}")))
}

/// Rounded up, so that no wait becomes shorter; capped, since the contract has 64 bits.
fn millis(duration: Duration) -> u64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).unwrap_or(u64::MAX)
}

impl From<Failure> for raw::Failure {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, details, retry } = failure;
        let problem = raw::Problem { code, message, details: details.map(|details| details.to_string()) };
        match retry {
            Retry::Never => Self::Permanent(problem),
            Retry::AfterTasksDelay => Self::Retryable(raw::Retry { problem, after_ms: None }),
            Retry::After(delay) => Self::Retryable(raw::Retry { problem, after_ms: Some(millis(delay)) }),
        }
    }
}
