//! A params schema of ten thousand levels.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

fn nested(levels: usize) -> String {
    "{\"properties\":{\"a\":".repeat(levels) + "true" + &"}}".repeat(levels)
}

hostile::guest!(
    describe: Descriptor { params_schema: nested(5_000), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
