//! Metrics that are no numbers, a million of them.
#![cfg(target_family = "wasm")]

use hostile::metrics::record_metric;

hostile::guest!(run: |_| {
    for step in 0..1_000_000 {
        record_metric("loss", step, f64::NAN);
        record_metric(&format!("series {step}"), step, f64::INFINITY);
    }
    hostile::done(&hostile::json!("said"))
});
