//! Waits inside the host, where no guest code can be interrupted.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    wasip2::clocks::monotonic_clock::subscribe_duration(3_600_000_000_000).block();
    hostile::done(&hostile::json!("waited"))
});
