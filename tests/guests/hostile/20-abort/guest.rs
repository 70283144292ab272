//! `abort()`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| std::process::abort());
