//! A plugin that ends as it is told, to see what trigger rules make of it.

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// How to end.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default)]
    end: End,
    /// Said in the log, as the reason of a skip, or as the message of a failure.
    #[serde(default)]
    because: String,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
enum End {
    /// Finish with the value `{"worked": true}`.
    #[default]
    Work,
    /// Count as skipped.
    Skip,
    /// Fail for good.
    Fail,
}

#[derive(Serialize, JsonSchema)]
struct Worked {
    worked: bool,
}

struct Act;

impl Task for Act {
    type Params = Params;
    type Value = Worked;

    fn plugin() -> Plugin {
        plugin!()
    }

    fn run(params: Params, _call: &Invocation) -> TaskResult<Worked> {
        match params.end {
            End::Work => {
                info!("worked {}", params.because);
                Ok(Outcome::Done(Worked { worked: true }))
            }
            End::Skip => Ok(Outcome::skipped(params.because)),
            End::Fail => Err(Failure::permanent("told-to-fail", params.because)),
        }
    }
}

dagwood_sdk::export!(Act);

#[cfg(test)]
mod tests;
