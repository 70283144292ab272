//! `describe` that returns a gigabyte.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { summary: "x".repeat(1 << 30), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
