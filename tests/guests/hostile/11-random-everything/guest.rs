//! `get-random-bytes(u64::MAX)`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!(wasip2::random::random::get_random_bytes(u64::MAX).len())));
