//! A params schema with a `$ref` to a file of the host.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: Descriptor { params_schema: r#"{"$ref":"file:///etc/passwd"}"#.to_owned(), ..plain(env!("CARGO_CRATE_NAME")) },
    run: |_| hostile::done(&hostile::json!(null))
);
