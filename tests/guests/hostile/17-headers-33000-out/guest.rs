//! A request with 33,000 headers.
#![cfg(target_family = "wasm")]

use wasip2::http::types::Fields;

hostile::guest!(run: |_| {
    let fields = Fields::new();
    for at in 0..33_000 {
        let _ = fields.append(&format!("x-{at}"), b"1");
    }
    hostile::done(&hostile::json!(fields.entries().len()))
});
