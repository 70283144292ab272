//! A log message of 200 MiB.
#![cfg(target_family = "wasm")]

use hostile::log;

hostile::guest!(run: |_| {
    log::log(log::Level::Info, &"x".repeat(200 << 20), &[]);
    hostile::done(&hostile::json!("said"))
});
