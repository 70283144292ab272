//! The host hands on what came, and unpacks nothing.
#![cfg(target_family = "wasm")]

use hostile::http::get;
use hostile::text;

hostile::guest!(run: |call| {
    let (status, length) =
        get(false, &text(&call, "granted"), "/bomb", 1 << 30).map_or((0, usize::MAX), |answer| (answer.status, answer.body.len()));
    hostile::done(&hostile::json!({ "status": status, "small": length < (2 << 20) }))
});
