//! A branching plugin: of the tasks directly below it, only the chosen go on.

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// What to choose by.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How many rows there are.
    rows: u64,
    /// From this many rows on, the way is `large`.
    #[serde(default = "a_thousand")]
    large_from: u64,
    /// Labels that go on whatever is chosen.
    #[serde(default)]
    always: Vec<String>,
}

fn a_thousand() -> u64 {
    1_000
}

#[derive(Serialize, JsonSchema)]
struct Choice {
    way: &'static str,
    rows: u64,
}

struct Choose;

impl Task for Choose {
    type Params = Params;
    type Value = Choice;

    fn plugin() -> Plugin {
        plugin!().may_branch()
    }

    fn run(params: Params, _call: &Invocation) -> TaskResult<Choice> {
        let way = if params.rows >= params.large_from { "large" } else { "small" };
        info!(rows = params.rows, large_from = params.large_from; "going the way `{way}`");
        let mut chosen = params.always;
        chosen.insert(0, way.to_owned());
        Ok(Outcome::branch(Choice { way, rows: params.rows }, chosen))
    }
}

dagwood_sdk::export!(Choose);

#[cfg(test)]
mod tests;
