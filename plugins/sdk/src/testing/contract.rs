//! What a host checks around a try, so that a test finds it first. Each breach is a permanent failure.

use crate::bindings::dagwood::task::types as raw;
use std::fs;
use std::path::Path;

/// The code of a failure that the harness, not the task, found.
const BROKEN_CONTRACT: &str = "broken-contract";

fn broken(message: String) -> raw::Failure {
    raw::Failure::Permanent(raw::Problem { code: BROKEN_CONTRACT.to_owned(), message, details: None })
}

/// Inputs that the descriptor needs and the test did not give, or that it does not know.
pub(super) fn missing_input(descriptor: &raw::Descriptor, invocation: &raw::Invocation) -> Option<raw::Failure> {
    let given = |name: &str| invocation.inputs.iter().any(|artifact| artifact.port == name);
    let missing = descriptor.inputs.iter().find(|port| port.cardinality == raw::Cardinality::One && !given(&port.name));
    if let Some(port) = missing {
        return Some(broken(format!("the test gives nothing to the input `{}`", port.name)));
    }
    let known = |name: &str| descriptor.inputs.iter().any(|port| port.name == name);
    let unknown = invocation.inputs.iter().find(|artifact| !known(&artifact.port))?;
    Some(broken(format!("`plugin` does not declare the input `{}`", unknown.port)))
}

/// Passes the outcome on, unless it or what was written breaks the contract.
pub(super) fn keep(
    descriptor: &raw::Descriptor,
    outcome: raw::Outcome,
    out: &Path,
) -> Result<raw::Outcome, raw::Failure> {
    match &outcome {
        raw::Outcome::Skipped(_) | raw::Outcome::Again(_) => return Ok(outcome),
        raw::Outcome::Branch(_) if !descriptor.may_branch => {
            return Err(broken("the answer is a branch, but `plugin` does not say `may_branch`".to_owned()));
        }
        raw::Outcome::Done(_) | raw::Outcome::Branch(_) => {}
    }
    if let Some(port) = descriptor.outputs.iter().find(|port| is_missing(port, out)) {
        return Err(broken(format!("the output `{}` was not written", port.name)));
    }
    match undeclared(descriptor, out) {
        Some(name) => Err(broken(format!("`plugin` does not declare the output `{name}`"))),
        None => Ok(outcome),
    }
}

fn is_missing(port: &raw::Port, out: &Path) -> bool {
    port.cardinality == raw::Cardinality::One && !out.join(&port.name).exists()
}

fn undeclared(descriptor: &raw::Descriptor, out: &Path) -> Option<String> {
    let written = fs::read_dir(out).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    written.into_iter().find(|name| !descriptor.outputs.iter().any(|port| port.name == *name))
}
