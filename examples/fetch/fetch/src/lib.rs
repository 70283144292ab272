//! Sends one HTTP request. Where it may go is for the DAG to grant: `grants.http`.
//!
//! Secrets never come in here: the environment variable of a secret holds a placeholder, and the host puts the value in
//! its place when the request leaves.

pub mod request;
#[cfg(target_family = "wasm")]
mod send;

use std::collections::BTreeMap;

use dagwood_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// What to ask for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where the request goes, such as `https://api.example.com/v1/rates?day=2026-01-01`.
    pub url: String,
    /// `GET` by default.
    #[serde(default = "get")]
    pub method: String,
    /// Headers. `${NAME}` in a value stands for an environment variable: a secret's placeholder is in one.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What to send along.
    #[serde(default)]
    pub body: String,
}

fn get() -> String {
    "GET".to_owned()
}

/// What came back.
#[derive(Serialize, JsonSchema)]
pub struct Fetched {
    /// The status, from 200 to 299.
    pub status: u16,
    /// What it says it is.
    pub content_type: Option<String>,
    /// Size of the body.
    pub bytes: u64,
}

#[cfg(target_family = "wasm")]
const BODY: Output<One> = Output::one("body").about("The body of the answer");

#[cfg(target_family = "wasm")]
struct Fetch;

#[cfg(target_family = "wasm")]
impl Task for Fetch {
    type Params = Params;
    type Value = Fetched;

    fn plugin() -> Plugin {
        plugin!().output(BODY).request(dagwood_sdk::Request::http("*", "the host of the param `url`"))
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Fetched> {
        let request = request::read(&params, |name| std::env::var(name).ok())?;
        let mut file = std::fs::File::create(call.output(BODY))?;
        Ok(Outcome::Done(send::send(&request, &mut file)?))
    }
}

#[cfg(target_family = "wasm")]
dagwood_sdk::export!(Fetch);
