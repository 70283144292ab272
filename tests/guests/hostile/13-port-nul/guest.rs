//! A port with a NUL in its name.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain, port};

hostile::guest!(
    describe: Descriptor { outputs: vec![port("a\0b")], ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
