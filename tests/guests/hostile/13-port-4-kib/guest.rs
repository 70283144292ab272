//! A port with a name of 4 KiB.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain, port};

hostile::guest!(
    describe: Descriptor { inputs: vec![port(&"x".repeat(4096))], ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
