//! A params schema with a remote `$ref`.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { params_schema: r#"{"$ref":"http://169.254.169.254/schema.json"}"#.to_owned(), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
