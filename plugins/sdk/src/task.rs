//! The trait that a plugin implements.

use crate::{Invocation, Plugin, TaskResult};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One kind of task. A type that implements it is made a component by [`export!`](crate::export!).
pub trait Task {
    /// The parameters. Their JSON Schema is shown to people and checked by the host before `run`: doc comments become
    /// descriptions, `#[serde(default)]` makes a field optional, `#[serde(deny_unknown_fields)]` refuses typing
    /// mistakes. [`NoParams`] if there are none; a [`serde_json::Value`] takes any object.
    type Params: DeserializeOwned + JsonSchema;

    /// The small result, given to downstream tasks as JSON (256 KiB at most unless the host says otherwise). `()` if
    /// there is none; a [`serde_json::Value`] may be anything and has no schema.
    type Value: Serialize + JsonSchema;

    /// What this plugin is: name, version, ports, requests. Called when the plugin is registered, without inputs.
    fn plugin() -> Plugin;

    /// Runs one try.
    ///
    /// # Errors
    /// A [`Failure`](crate::Failure), which says whether another try is worth it. A plain error turned into one by
    /// `?` is permanent.
    fn run(params: Self::Params, call: &Invocation) -> TaskResult<Self::Value>;
}

/// For a task without parameters: `type Params = NoParams;`. Refuses every key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}
