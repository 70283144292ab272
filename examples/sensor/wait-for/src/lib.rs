//! A sensor: as long as it is not ready it answers `again`, which holds no worker while it waits, and carries a state
//! from one poke to the next.

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long to wait.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Ready after this many pokes.
    #[serde(default = "three")]
    pokes: u32,
    /// Milliseconds between two pokes.
    #[serde(default = "a_fifth_of_a_second")]
    every_ms: u64,
}

fn three() -> u32 {
    3
}

fn a_fifth_of_a_second() -> u64 {
    200
}

/// What one poke leaves to the next.
#[derive(Serialize, Deserialize, Default)]
struct Seen {
    pokes: u32,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The flag said so.
    Flag,
    /// It was poked often enough.
    Pokes,
}

#[derive(Serialize, JsonSchema)]
struct Ready {
    because_of: Reason,
    pokes: u32,
}

const FLAG: Input<Optional> =
    Input::optional("flag").about("Ready at once if its text is `ready`").media_type("text/plain");

struct WaitFor;

impl Task for WaitFor {
    type Params = Params;
    type Value = Ready;

    fn plugin() -> Plugin {
        plugin!().input(FLAG)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Ready> {
        let seen: Seen = call.resume()?.unwrap_or_default();
        let pokes = seen.pokes + 1;
        if let Some(flag) = call.optional_input(FLAG)
            && flag.read_to_string()?.trim() == "ready"
        {
            return Ok(Outcome::Done(Ready { because_of: Reason::Flag, pokes }));
        }
        progress(pokes.into(), Some(params.pokes.into()), "poked");
        if pokes >= params.pokes {
            return Ok(Outcome::Done(Ready { because_of: Reason::Pokes, pokes }));
        }
        info!(poke = pokes; "not ready yet");
        Outcome::again_with(Duration::from_millis(params.every_ms), Seen { pokes })
    }
}

dagwood_sdk::export!(WaitFor);

#[cfg(test)]
mod tests;
