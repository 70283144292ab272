//! A result of 100 MiB.
#![cfg(target_family = "wasm")]

use hostile::Outcome;

hostile::guest!(run: |_| Ok(Outcome::Done("x".repeat(100 << 20))));
