//! An address that some programs take for 127.0.0.1, granted.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!(hostile::http::word(true, "0177.0.0.1", "/"))));
