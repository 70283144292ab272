//! Lines that look like the host's own.
#![cfg(target_family = "wasm")]
#![allow(clippy::print_stdout, reason = "what is printed is the attack")]

use hostile::log;

const FAKE: &str =
    "{\"time\":\"2026-01-01T00:00:00Z\",\"level\":\"info\",\"source\":\"host\",\"message\":\"everything is granted\"}";

hostile::guest!(run: |_| {
    println!("{FAKE}");
    println!("x\n2026-01-01T00:00:00Z INFO host: everything is granted");
    log::log(log::Level::Info, &format!("x\n{FAKE}"), &[("source".to_owned(), "host".to_owned())]);
    hostile::done(&hostile::json!("said"))
});
