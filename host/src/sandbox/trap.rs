//! How a call that gave no answer ended: traps, limits and exits told apart, each by a short stable code.

use serde_json::{Value, json};
use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::guest::{Call, Guest};
use super::limits::{BACKTRACE_FRAMES, BACKTRACE_LINE_BYTES, HOSTCALL_BYTES, RANDOM_CALL_BYTES};
use super::wasi::filesystem::ledger::Refusal;
use crate::contract::Problem;
use crate::executor::port::Ended;
use crate::limits::TaskLimits;
use crate::text::{cut, exact_bytes};

/// A limit of one host call; ends the guest.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostLimit {
    /// More random bytes than the host makes at once.
    #[error("asked for {asked_bytes} random bytes at once")]
    RandomBytes {
        /// What was asked for.
        asked_bytes: u64,
    },
}

/// The host failed, not the guest.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostFault {
    /// A folder of the try cannot be used.
    #[error("the folder for {guest_path} cannot be opened: {source}")]
    Folder {
        /// What the guest calls it.
        guest_path: &'static str,
        /// What the machine says.
        source: std::io::Error,
    },
}

/// `context` was asked for where there is no try.
#[derive(Debug, thiserror::Error)]
#[error("`describe` asked for the run's context, and there is no run when a plugin is registered")]
pub(super) struct NoContext;

/// Names the end of a call that failed with `error`.
pub(super) fn ended(error: &wasmtime::Error, guest: &Guest, limits: &TaskLimits) -> Ended {
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Ended::Host(Problem::new("host", fault.to_string()));
    }
    let details = details(error, guest);
    let end = |code: &str, message: String| Problem { code: code.to_owned(), message, details: details.clone() };
    if let Some((code, message)) = limit_of_a_call(error, limits) {
        return Ended::Limit { problem: end(code, message), repeats: true };
    }
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        let (who, instead) = match guest.call {
            Call::Run => ("the task", "`run`"),
            Call::Describe => ("the plugin", "`describe`"),
        };
        let message = format!("{who} ended itself by exit({status}) without an answer; let {instead} return instead");
        return Ended::Trap(end("exit", message));
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return timeout(guest.call, limits, details);
    }
    if let (Some(Trap::OutOfFuel), Some(most)) = (trap, limits.fuel) {
        let message = format!("the task computed more than its limit of {most} units of fuel; raise `fuel`");
        return Ended::Limit { problem: end("fuel-limit", message), repeats: true };
    }
    // A guest that could not get what it asked for gives up by a trap, or before it begins, by an error.
    if trap.is_none_or(gives_up) {
        if guest.limiter.refused() {
            let problem = end("memory-limit", memory_message(guest.call, guest.limiter.limit_bytes()));
            return Ended::Limit { problem, repeats: true };
        }
        if let Some(refusal) = guest.files.ledger().refused() {
            let problem = end(scratch_code(refusal), scratch_message(refusal, limits));
            return Ended::Limit { problem, repeats: matches!(refusal, Refusal::Bytes | Refusal::Files) };
        }
    }
    match trap {
        Some(trap) => {
            let (code, what) = named(trap);
            Ended::Trap(end(code, format!("the task trapped: {what}{}", said(guest))))
        }
        None => {
            let what = cut(&error.root_cause().to_string(), BACKTRACE_LINE_BYTES);
            Ended::Trap(end("invalid-call", format!("the task broke the rules of a call: {what}")))
        }
    }
}

/// The end by the deadline.
pub(super) fn timeout(call: Call, limits: &TaskLimits, details: Option<Value>) -> Ended {
    let seconds = limits.execution_timeout.as_secs_f64();
    let message = match call {
        Call::Run => format!("the task was ended after its execution_timeout of {seconds} s"),
        Call::Describe => format!("`describe` was ended after {seconds} s: it should do no more than fill its record"),
    };
    Ended::Timeout(Problem { code: "deadline".to_owned(), message, details })
}

/// What a guest's own failure should also say, if the host had refused it something.
pub(super) fn remark(guest: &Guest, limits: &TaskLimits) -> Option<String> {
    if let Some(refusal) = guest.files.ledger().refused() {
        return Some(scratch_message(refusal, limits));
    }
    if guest.http.is_over_traffic() {
        let most = exact_bytes(limits.traffic_bytes);
        return Some(format!("HTTP was cut off: requests and answers together may carry {most}; raise `traffic`"));
    }
    if let Some(refusal) = guest.http.refused() {
        return Some(refusal);
    }
    guest.limiter.refused().then(|| memory_message(guest.call, guest.limiter.limit_bytes()))
}

fn limit_of_a_call(error: &wasmtime::Error, limits: &TaskLimits) -> Option<(&'static str, String)> {
    if let Some(limit) = error.downcast_ref::<HostLimit>() {
        let most = exact_bytes(RANDOM_CALL_BYTES);
        return Some(("random-limit", format!("the task {limit}; the limit is {most} a call")));
    }
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
        let most = limits.handles;
        let message = format!("the task holds more than its limit of {most} open handles");
        return Some(("handle-limit", message));
    }
    // Wasmtime's own error for this is private to it.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls") {
        let most = exact_bytes(hostcall_fuel(limits) as u64);
        let message = format!("the task handed the host more than the limit of {most} in one call");
        return Some(("hostcall-limit", message));
    }
    None
}

/// What one call may hand to the host: a trap beyond it, so our own caps, which are errors, come first.
pub(super) fn hostcall_fuel(limits: &TaskLimits) -> usize {
    let results = usize::try_from(limits.result_bytes.saturating_mul(4)).unwrap_or(usize::MAX);
    results.max(HOSTCALL_BYTES)
}

fn memory_message(call: Call, limit_bytes: u64) -> String {
    let most = exact_bytes(limit_bytes);
    match call {
        Call::Run => format!("the task asked for more memory than its limit of {most}; raise `memory` or use less"),
        Call::Describe => format!("`describe` asked for more than {most} of memory: it should only fill its record"),
    }
}

fn scratch_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Bytes | Refusal::Files => "scratch-limit",
        Refusal::Disk => "disk-full",
        Refusal::Handles => "handle-limit",
    }
}

fn scratch_message(refusal: Refusal, limits: &TaskLimits) -> String {
    match refusal {
        Refusal::Bytes => {
            let most = exact_bytes(limits.scratch_bytes);
            format!("a write was refused: /out and /tmp together may hold {most}; raise `scratch`")
        }
        Refusal::Files => {
            let most = limits.scratch_files;
            format!("a new file was refused: /out and /tmp together may hold {most} files")
        }
        Refusal::Handles => "a file was not opened: the guests of this host together hold too many open".to_owned(),
        Refusal::Disk => {
            let kept = exact_bytes(crate::limits::DISK_RESERVE_BYTES);
            format!("a write was refused: the disk would have less than {kept} free")
        }
    }
}

/// Whether a guest traps like this when it was refused something.
fn gives_up(trap: Trap) -> bool {
    matches!(trap, Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds | Trap::AllocationTooLarge)
}

/// A trap's code, and what it is in words.
fn named(trap: Trap) -> (&'static str, &'static str) {
    match trap {
        Trap::UnreachableCodeReached => ("unreachable", "it reached `unreachable`, as a panic does"),
        Trap::StackOverflow => ("stack-overflow", "it used up its stack; recursion went too deep"),
        Trap::MemoryOutOfBounds => ("out-of-bounds", "it reached beyond its memory"),
        Trap::TableOutOfBounds => ("table-out-of-bounds", "it reached beyond a table"),
        Trap::IndirectCallToNull => ("null-call", "it called a function that is not there"),
        Trap::BadSignature => ("bad-signature", "it called a function by another signature"),
        Trap::IntegerOverflow => ("integer-overflow", "an integer overflowed"),
        Trap::IntegerDivisionByZero => ("integer-divide", "an integer was divided by zero"),
        Trap::BadConversionToInteger => ("bad-conversion", "a float became no integer"),
        Trap::CannotEnterComponent => ("reentrance", "a component was entered while it was left"),
        Trap::CannotLeaveComponent => ("reentrance", "it called the host while the host was handing it something"),
        _ => ("trap", "it broke a rule of WebAssembly"),
    }
}

/// What the guest wrote to standard error last, which is where a panic says why.
fn said(guest: &Guest) -> String {
    match guest.stdio.last_words() {
        Some(words) => format!("; its last words: {}", cut(&words, 500)),
        None => String::new(),
    }
}

/// The backtrace for programs and for who wants to look.
pub(super) fn details(error: &wasmtime::Error, guest: &Guest) -> Option<Value> {
    let mut details = serde_json::Map::new();
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        details.insert("backtrace".to_owned(), frames(backtrace).into());
    }
    if let Some(Trap::UnreachableCodeReached) = error.downcast_ref::<Trap>()
        && let Some(words) = guest.stdio.last_words()
    {
        details.insert("last_words".to_owned(), json!(words));
    }
    (!details.is_empty()).then_some(Value::Object(details))
}

/// One line for each frame, innermost first, with demangled names where the module has names.
fn frames(backtrace: &WasmBacktrace) -> Vec<Value> {
    let text = backtrace.to_string();
    text.lines()
        .filter_map(|line| line.split_once(" - ").map(|(_, name)| name))
        .take(BACKTRACE_FRAMES)
        .map(|name| json!(cut(name.trim(), BACKTRACE_LINE_BYTES)))
        .collect()
}
