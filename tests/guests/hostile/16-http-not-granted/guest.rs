//! HTTP to a host that the DAG does not name.
#![cfg(target_family = "wasm")]

use hostile::http::word;

const THERE: &str = "example.com";

hostile::guest!(run: |_| {
    let (tls, plain) = (word(true, THERE, "/latest/meta-data"), word(false, THERE, "/latest/meta-data"));
    hostile::done(&hostile::json!({ "tls": tls, "plain": plain }))
});
