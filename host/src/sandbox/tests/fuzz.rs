//! Any bytes as a component: looked into, compiled, loaded, asked what it is; and any words as what it says of itself.

use std::time::Duration;

use super::kit::{Ready, SANDBOX, block_on};
use crate::executor::port::{Compiled, EngineKind};
use crate::fuzzing::fuzz;
use crate::ids::Digest;
use crate::sandbox::inspect::inspect;
use crate::sandbox::run::describe_within;
use crate::sandbox::{compile, world};

/// A changed guest may compute for ever.
const ASKED: Duration = Duration::from_millis(50);
/// Larger ones are looked into only.
const COMPILED_MAX_BYTES: usize = 16 << 10;

#[test]
fn fuzz_components() {
    fuzz("component", |wasm| {
        let inspected = inspect(wasm);
        if let Err(refusal) = &inspected {
            assert!(refusal.to_string().len() < 4_096, "the words are too many");
        }
        if inspected.is_err() || wasm.len() > COMPILED_MAX_BYTES {
            return;
        }
        let Ok(code) = compile(EngineKind::Pure, wasm) else { return };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        std::fs::write(&path, code).unwrap();
        let compiled = Compiled { digest: Digest::of(wasm), path, engine: EngineKind::Pure };
        let ready = Ready { compiled, folder };
        // However it ends, it ends.
        drop(block_on(describe_within(SANDBOX.inner.clone(), ready.compiled.clone(), ASKED)));
    });
}

#[test]
fn fuzz_descriptors() {
    fuzz("descriptor", |input| {
        let texts: Vec<String> =
            input.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        match world::described_from(&texts) {
            Ok(descriptor) => {
                let again = serde_json::to_value(&descriptor).unwrap();
                assert_eq!(descriptor, serde_json::from_value(again).unwrap(), "what is kept is read again");
            }
            Err(problems) => assert!(!problems.is_empty() && problems.iter().all(|problem| problem.len() < 4_096)),
        }
    });
}
