//! A log message with a million fields.
#![cfg(target_family = "wasm")]

use hostile::log;

hostile::guest!(run: |_| {
    let fields = vec![("a".to_owned(), "b".to_owned()); 1_000_000];
    log::log(log::Level::Info, "many", &fields);
    hostile::done(&hostile::json!("said"))
});
