//! `describe` that returns a hundred thousand ports.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain, port};

hostile::guest!(
    describe: Descriptor {
        inputs: (0..100_000).map(|at| port(&format!("p{at}"))).collect(),
        ..plain(env!("CARGO_CRATE_NAME"))
    },
    run: |_| hostile::done(&hostile::json!(null))
);
