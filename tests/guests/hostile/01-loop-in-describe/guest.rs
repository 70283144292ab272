//! Never says what it is.
#![cfg(target_family = "wasm")]

hostile::guest!(
    describe: loop {
        std::hint::black_box(0);
    },
    run: |_| hostile::done(&hostile::json!(null))
);
