//! Calls itself without an end, and without a frame in its own memory.
#![cfg(target_family = "wasm")]

use std::hint::black_box;

/// Two calls, so that no loop can be made of it.
#[inline(never)]
fn deeper(level: u64) -> u64 {
    if level == 0 { 1 } else { deeper(level - 1).wrapping_mul(3) ^ deeper(level / 2) }
}

hostile::guest!(run: |_| hostile::done(&hostile::json!(deeper(black_box(u64::MAX)))));
