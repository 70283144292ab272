//! Takes more time, memory or handles than is good.

use crate::answer::{Answer, attempted, done};
use crate::params::Params;
use serde_json::json;
use std::fs::File;
use std::hint::black_box;
use std::time::Duration;
use wasip2::clocks::monotonic_clock;
use wasip2::random::random::get_random_bytes;

/// How much is allocated at once.
const PIECE_BYTES: usize = 1024 * 1024;

pub(crate) fn endless_loop() -> Answer {
    let mut round = 0u64;
    loop {
        round = black_box(round.wrapping_add(1));
    }
}

pub(crate) fn host_call_loop() -> Answer {
    loop {
        black_box(monotonic_clock::now());
    }
}

pub(crate) fn busy(params: &Params) -> Answer {
    let mut sum = 1u64;
    for round in 0..params.count.saturating_mul(1_000_000) {
        sum = black_box(sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round));
    }
    done(&json!({ "sum": sum }))
}

pub(crate) fn sleep(params: &Params) -> Answer {
    std::thread::sleep(Duration::from_millis(params.ms.unwrap_or(0)));
    done(&json!({ "slept_ms": params.ms }))
}

pub(crate) fn poll(params: &Params) -> Answer {
    let nanos = params.ms.unwrap_or(0).saturating_mul(1_000_000);
    monotonic_clock::subscribe_duration(nanos).block();
    done(&json!({ "waited_ms": params.ms }))
}

/// In pieces, so that it is the memory's limit that ends it and not the size of one piece.
pub(crate) fn allocate(params: &Params) -> Answer {
    let mut pieces = Vec::new();
    for _ in 0..params.bytes.div_ceil(PIECE_BYTES as u64) {
        pieces.push(black_box(vec![1u8; PIECE_BYTES]));
    }
    done(&json!({ "allocated": pieces.len() * PIECE_BYTES }))
}

pub(crate) fn handles(params: &Params) -> Answer {
    let mut open = Vec::new();
    for number in 0..params.count {
        match File::create(format!("/tmp/{}", number % 100)) {
            Ok(file) => open.push(file),
            Err(error) => return done(&json!({ "opened": open.len(), "error": error.to_string() })),
        }
    }
    done(&json!({ "opened": open.len() }))
}

pub(crate) fn random_bytes(params: &Params) -> Answer {
    attempted(Ok::<_, String>(json!(get_random_bytes(params.bytes).len())))
}
