//! An allocation that fails, which is told from an `unreachable`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!(std::hint::black_box(vec![1_u8; 64 << 20]).len())));
