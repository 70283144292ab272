//! A params schema with a regular expression that takes exponential time elsewhere.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { params_schema: r#"{"type":"object","properties":{"a":{"type":"string","pattern":"^(a+)+$"}}}"#.to_owned(), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
