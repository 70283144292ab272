//! A params schema of ten thousand levels.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { params_schema: format!("{}{}", "{\"properties\":{\"a\":".repeat(10_000), "true}}".repeat(10_000)).replace("}}true", "true") + "", ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
