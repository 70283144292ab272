//! A result of 10 MiB.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!("x".repeat(10 << 20))));
