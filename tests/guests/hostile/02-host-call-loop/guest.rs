//! Asks the host the same for ever.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| loop {
    std::hint::black_box(wasip2::clocks::monotonic_clock::now());
});
