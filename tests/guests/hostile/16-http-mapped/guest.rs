//! HTTP to [::ffff:127.0.0.1], an address within an address.
#![cfg(target_family = "wasm")]

use hostile::http::word;

const THERE: &str = "[::ffff:127.0.0.1]";

hostile::guest!(run: |_| {
    let (tls, plain) = (word(true, THERE, "/latest/meta-data"), word(false, THERE, "/latest/meta-data"));
    hostile::done(&hostile::json!({ "tls": tls, "plain": plain }))
});
