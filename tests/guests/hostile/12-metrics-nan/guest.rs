//! A million metrics that are no numbers, and a million series of one number each.
#![cfg(target_family = "wasm")]

use hostile::metrics::record_metric;

hostile::guest!(run: |_| {
    for step in 0..1_000_000 {
        record_metric("loss", step, f64::NAN);
        record_metric(&format!("series {step}"), step, 1.0);
    }
    hostile::done(&hostile::json!("said"))
});
