//! A plugin for the host's tests: an output that is required, and a branch that is allowed.

use dagwood_sdk::prelude::*;
use serde::Deserialize;

/// What to do.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Params {
    /// Write `out`.
    write: bool,
    /// Labels to branch to.
    branch: Option<Vec<String>>,
}

const OUT: Output<One> = Output::one("out").about("Must be written").media_type("text/plain");

struct Required;

impl Task for Required {
    type Params = Params;
    type Value = Value;

    fn plugin() -> Plugin {
        plugin!().output(OUT).may_branch()
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Value> {
        if params.write {
            std::fs::write(call.output(OUT), "written")?;
        }
        let value = json!({ "wrote": params.write });
        Ok(match params.branch {
            Some(labels) => Outcome::branch(value, labels),
            None => Outcome::Done(value),
        })
    }
}

dagwood_sdk::export!(Required);

#[cfg(test)]
mod tests;
