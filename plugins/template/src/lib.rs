//! The plugin `{{name}}`: one type that implements `Task`, and one line that exports it.

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// What people may set. The words here are shown to them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Used when nothing is wired to the input `text`.
    #[serde(default = "hello")]
    text: String,
}

fn hello() -> String {
    "Hello from {{name}}".to_owned()
}

/// The small result, which other tasks and people see.
#[derive(Serialize, JsonSchema)]
struct Length {
    characters: usize,
}

const TEXT: Input<Optional> = Input::optional("text")
    .about("A text to measure")
    .media_type("text/plain");
const REPORT: Output<One> = Output::one("report")
    .about("The text and its length")
    .media_type("text/plain");

struct Measure;

impl Task for Measure {
    type Params = Params;
    type Value = Length;

    fn plugin() -> Plugin {
        plugin!().input(TEXT).output(REPORT)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Length> {
        let text = match call.optional_input(TEXT) {
            Some(file) => file.read_to_string()?,
            None => params.text,
        };
        if text.is_empty() {
            return Err(Failure::permanent(
                "empty-text",
                "there is nothing to measure",
            ));
        }
        let characters = text.chars().count();
        info!(characters = characters; "measured");
        std::fs::write(
            call.output(REPORT),
            format!("{text}\n{characters} characters\n"),
        )?;
        Ok(Outcome::Done(Length { characters }))
    }
}

dagwood_sdk::export!(Measure);

#[cfg(test)]
mod tests;
