//! A port without a name.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain, port};

hostile::guest!(
    describe: Descriptor { outputs: vec![port("")], ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
