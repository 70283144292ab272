//! What a guest is given.

use super::bindings::dagwood::task::types;
use crate::contract::{Input, Invocation, NamedValue};
use crate::sandbox::world::canonical;

/// The record for the guest.
pub(super) fn record(invocation: &Invocation) -> types::Invocation {
    types::Invocation {
        params: canonical(&invocation.params),
        inputs: invocation.inputs.iter().map(artifact).collect(),
        values: invocation.values.iter().map(named_value).collect(),
        seed: invocation.seed,
        resume: invocation.resume.as_ref().map(canonical),
        extra: Vec::new(),
    }
}

fn artifact(input: &Input) -> types::Artifact {
    types::Artifact {
        port: input.port.clone(),
        index: Vec::new(),
        path: format!("/in/{}", input.port),
        media_type: input.media_type.clone(),
        digest: input.artifact.digest.to_string(),
        size_bytes: input.artifact.size_bytes,
    }
}

fn named_value(value: &NamedValue) -> types::NamedValue {
    types::NamedValue { name: value.name.clone(), index: Vec::new(), value: canonical(&value.value) }
}
