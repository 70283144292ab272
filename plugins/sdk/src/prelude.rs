//! What nearly every plugin needs: `use dagwood_sdk::prelude::*;`.
//!
//! `schemars` is in here because `#[derive(JsonSchema)]` writes paths that begin with it; a module that
//! derives it without this prelude says `use dagwood_sdk::{schemars, JsonSchema};`.

pub use crate::{
    Artifact, Failure, Input, Invocation, JsonSchema, Many, NoParams, One, Optional, Outcome, Output, Plugin, Request,
    ResultExt, Task, TaskResult, Value, context, json, metric, progress, schemars,
};
pub use crate::{debug, error, info, plugin, trace, warn};
