//! A million log lines.
#![cfg(target_family = "wasm")]

use hostile::log;

hostile::guest!(run: |_| {
    for _ in 0..1_000_000 {
        log::log(log::Level::Info, "once more", &[]);
    }
    hostile::done(&hostile::json!("said"))
});
