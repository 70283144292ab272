//! A port named `../x`.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain, port};

hostile::guest!(
    describe: Descriptor { outputs: vec![port("../x")], ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
