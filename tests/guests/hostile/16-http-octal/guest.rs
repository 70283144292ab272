//! HTTP to 0177.0.0.1, which some programs take for 127.0.0.1.
#![cfg(target_family = "wasm")]

use hostile::http::word;

const THERE: &str = "0177.0.0.1";

hostile::guest!(run: |_| {
    let (tls, plain) = (word(true, THERE, "/latest/meta-data"), word(false, THERE, "/latest/meta-data"));
    hostile::done(&hostile::json!({ "tls": tls, "plain": plain }))
});
