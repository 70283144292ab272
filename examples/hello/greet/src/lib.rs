//! The smallest plugin: no inputs, one param, one output.

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// Whom to greet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// A name.
    #[serde(default = "everybody")]
    name: String,
}

fn everybody() -> String {
    "world".to_owned()
}

#[derive(Serialize, JsonSchema)]
struct Greeting {
    text: String,
}

const GREETING: Output<One> = Output::one("greeting").about("The greeting as a file").media_type("text/plain");

struct Greet;

impl Task for Greet {
    type Params = Params;
    type Value = Greeting;

    fn plugin() -> Plugin {
        plugin!().output(GREETING)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Greeting> {
        let text = format!("Hello, {}!", params.name);
        info!(name = params.name; "greeting");
        std::fs::write(call.output(GREETING), &text)?;
        Ok(Outcome::Done(Greeting { text }))
    }
}

dagwood_sdk::export!(Greet);

#[cfg(test)]
mod tests;
