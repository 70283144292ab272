//! `describe` that really returns 40 MiB, which it may have.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { summary: "x".repeat(40 << 20), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
