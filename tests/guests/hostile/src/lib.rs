//! What the hostile guests share: the contract's types, and ways to say what came of an attempt.
//!
//! Each folder beside this one is a case: `guest.rs` or `guest.wat` does one thing that a plugin must not get away with,
//! `case.toml` says what it is given and how it must end. A folder without either does not compile: see `build.rs`.
#![cfg(target_family = "wasm")]

/// What wit-bindgen makes of the contract.
pub mod bindings {
    #![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
    wit_bindgen::generate!({
        path: "../../../wit/dagwood_task@0.1.0",
        world: "task-plugin",
        pub_export_macro: true,
        default_bindings_module: "hostile::bindings",
    });
}

pub mod http;

use std::fmt::Display;

pub use bindings::dagwood::task::types::{
    Cardinality, Descriptor, Failure, Invocation, Outcome, Port, Problem, Request, Retry,
};
pub use bindings::dagwood::task::{context, log, metrics, progress};
pub use serde_json::{Value, json};

/// What `run` answers.
pub type Answer = Result<Outcome, Failure>;

/// Done with a value.
pub fn done(value: &Value) -> Answer {
    Ok(Outcome::Done(value.to_string()))
}

/// `"ok"`, or what went wrong: a denial is an error that a guest can handle.
pub fn came_of<T, E: Display>(result: Result<T, E>) -> Value {
    result.map_or_else(|error| json!(error.to_string()), |_| json!("ok"))
}

/// The params.
pub fn params(call: &Invocation) -> Value {
    serde_json::from_str(&call.params).unwrap_or_default()
}

/// A param that is text.
pub fn text(call: &Invocation, name: &str) -> String {
    params(call)[name].as_str().unwrap_or_default().to_owned()
}

/// A port of that name.
pub fn port(name: &str) -> Port {
    Port { name: name.to_owned(), description: String::new(), media_type: None, cardinality: Cardinality::Optional }
}

/// A description as it should be: `crate_name` is that of the guest.
pub fn plain(crate_name: &str) -> Descriptor {
    Descriptor {
        name: crate_name.replace('_', "-"),
        version: "1.0.0".to_owned(),
        summary: "Means harm".to_owned(),
        params_schema: r#"{"type":"object"}"#.to_owned(),
        result_schema: None,
        inputs: vec![port("data")],
        outputs: vec![port("out")],
        may_branch: false,
        requests: Vec::new(),
        extra: Vec::new(),
    }
}

/// A guest that runs so, and describes itself so or as it should.
#[macro_export]
macro_rules! guest {
    (run: $run:expr) => {
        $crate::guest!(describe: $crate::plain(env!("CARGO_CRATE_NAME")), run: $run);
    };
    (describe: $describe:expr, run: $run:expr) => {
        mod exported {
            #![allow(unsafe_code, clippy::diverging_sub_expression, unreachable_code, reason = "what the contract needs")]
            use super::*;

            struct Guest;

            impl $crate::bindings::exports::dagwood::task::task::Guest for Guest {
                fn describe() -> $crate::Descriptor {
                    $describe
                }

                fn run(call: $crate::Invocation) -> $crate::Answer {
                    let run: fn($crate::Invocation) -> $crate::Answer = $run;
                    run(call)
                }
            }

            $crate::bindings::export!(Guest with_types_in $crate::bindings);
        }
    };
}
