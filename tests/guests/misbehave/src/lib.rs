//! A plugin for the host's tests: it does whatever a plugin may do or must not, as its param `mode` says.
//!
//! Written on the contract and wit-bindgen alone. `params.rs` lists the modes with a line each; to add one, add it there
//! and to the file of its kind in `modes/`. A mode that tries something forbidden answers with what came of it, as
//! `{"ok": …}` or `{"error": …}`, so that a test can tell a denial from a trap.
//!
//! Nothing in here is built natively.
#![cfg(target_family = "wasm")]

mod answer;
mod modes;
mod params;

/// What wit-bindgen makes of the contract, and the export.
mod bindings {
    #![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
    wit_bindgen::generate!({ path: "../../../wit/dagwood_task@0.1.0", world: "task-plugin" });

    use super::Misbehave;
    export!(Misbehave with_types_in self);
}

use answer::{Answer, permanent};
use bindings::dagwood::task::types::{Cardinality, Descriptor, Failure, Invocation, Outcome, Port};
use bindings::dagwood::task::{context, log};
use params::{Mode, Params};

struct Misbehave;

impl bindings::exports::dagwood::task::task::Guest for Misbehave {
    fn describe() -> Descriptor {
        Descriptor {
            name: "misbehave".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            params_schema: params::SCHEMA.to_owned(),
            result_schema: Some(r#"{"type":"object"}"#.to_owned()),
            inputs: vec![port("data", Cardinality::Optional), port("many", Cardinality::Many)],
            outputs: vec![port("out", Cardinality::Optional), port("other", Cardinality::Optional)],
            may_branch: false,
            requests: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn run(call: Invocation) -> Result<Outcome, Failure> {
        let params: Params =
            serde_json::from_str(&call.params).map_err(|error| permanent("bad-params", &error.to_string()))?;
        if params.use_context {
            context::current();
        }
        if let Some(note) = &params.note {
            log::log(log::Level::Info, note, &[]);
        }
        if let Some(text) = &params.leave {
            std::fs::write("/out/out", text).map_err(|error| permanent("cannot-write", &error.to_string()))?;
        }
        act(&call, &params)
    }
}

fn port(name: &str, cardinality: Cardinality) -> Port {
    Port { name: name.to_owned(), description: String::new(), media_type: None, cardinality }
}

fn act(call: &Invocation, params: &Params) -> Answer {
    use modes::{answers, chatter, files, hunger, outside, traps};
    match params.mode {
        Mode::Succeed => answers::succeed(),
        Mode::Echo => answers::echo(call, params),
        Mode::NotJson => answers::not_json(),
        Mode::NotAnObject => answers::not_an_object(),
        Mode::LargeResult => answers::large_result(params),
        Mode::DeepResult => answers::deep_result(params),
        Mode::Branch => answers::branch(params),
        Mode::Skip => answers::skip(params),
        Mode::Again => answers::again(call, params),
        Mode::Retryable => answers::retryable(params),
        Mode::Permanent => answers::permanently(params),
        Mode::FailUntil => answers::fail_until(params),

        Mode::Unreachable => traps::unreachable(),
        Mode::Panic => traps::panics(params),
        Mode::Abort => traps::abort(),
        Mode::Exit => traps::exit(params),
        Mode::Recursion => traps::recursion(),
        Mode::BigFrames => traps::big_frames(),

        Mode::Loop => hunger::endless_loop(),
        Mode::HostCallLoop => hunger::host_call_loop(),
        Mode::Busy => hunger::busy(params),
        Mode::Sleep => hunger::sleep(params),
        Mode::Poll => hunger::poll(params),
        Mode::Allocate => hunger::allocate(params),
        Mode::Handles => hunger::handles(params),
        Mode::RandomBytes => hunger::random_bytes(params),

        Mode::Write => files::write(params),
        Mode::Append => files::append(params),
        Mode::Touch => files::touch(params),
        Mode::WriteMany => files::write_many(params),
        Mode::MakeFolder => files::make_folder(params),
        Mode::Sparse => files::sparse(params),
        Mode::Symlink => files::symlink(params),
        Mode::HardLink => files::hard_link(params),
        Mode::Rename => files::rename(params),
        Mode::Truncate => files::truncate(params),
        Mode::Remove => files::remove(params),
        Mode::Read => files::read(params),
        Mode::List => files::list(params),
        Mode::Stat => files::stat(params),

        Mode::Clock => outside::clock(params),
        Mode::Random => outside::random(),
        Mode::Environment => outside::environment(),
        Mode::Tcp => outside::tcp(params),
        Mode::Udp => outside::udp(params),
        Mode::LookUp => outside::look_up(params),

        Mode::Log => chatter::log(params),
        Mode::LogMany => chatter::log_many(params),
        Mode::LogFields => chatter::log_fields(params),
        Mode::Escapes => chatter::escapes(),
        Mode::Interleave => chatter::interleave(params),
        Mode::RawOutput => chatter::raw_output(params),
        Mode::Metrics => chatter::metrics(params),
        Mode::NanMetric => chatter::nan_metric(),
        Mode::Progress => chatter::progress(params),
    }
}
