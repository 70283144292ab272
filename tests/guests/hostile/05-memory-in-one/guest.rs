//! Keeps what it allocates.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
});
