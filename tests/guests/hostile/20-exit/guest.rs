//! `exit(3)`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| std::process::exit(3));
