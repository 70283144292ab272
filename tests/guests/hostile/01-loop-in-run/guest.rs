//! Computes for ever.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut round = 0_u64;
    loop {
        round = std::hint::black_box(round.wrapping_add(1));
    }
});
