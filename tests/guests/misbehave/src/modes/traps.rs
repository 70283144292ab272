//! Ends without an answer.

use crate::answer::{Answer, done};
use crate::params::Params;
use serde_json::json;
use std::hint::black_box;

pub(crate) fn unreachable() -> Answer {
    core::arch::wasm32::unreachable()
}

pub(crate) fn panics(params: &Params) -> Answer {
    panic!("{}", params.text)
}

pub(crate) fn abort() -> Answer {
    std::process::abort()
}

pub(crate) fn exit(params: &Params) -> Answer {
    std::process::exit(i32::try_from(params.count).unwrap_or(i32::MAX))
}

pub(crate) fn recursion() -> Answer {
    done(&json!({ "deep": deeper(black_box(u64::MAX)) }))
}

/// Two calls of itself, so that no loop can be made of it, and no frame in the guest's own memory.
#[inline(never)]
fn deeper(level: u64) -> u64 {
    if level == 0 { 1 } else { deeper(level - 1).wrapping_mul(3) ^ deeper(level / 2) }
}

pub(crate) fn big_frames() -> Answer {
    done(&json!({ "deep": wider(black_box(1)) }))
}

#[inline(never)]
fn wider(level: u64) -> u64 {
    let mut frame = [level; 8_192];
    black_box(&mut frame);
    if level == 0 { 1 } else { wider(level.wrapping_add(1)) ^ frame[7] }
}
