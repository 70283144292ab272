//! A million open handles.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut kept = Vec::new();
    for _ in 0..1_000_000 {
        kept.push(wasip2::clocks::monotonic_clock::subscribe_duration(1));
    }
    hostile::done(&hostile::json!(kept.len()))
});
