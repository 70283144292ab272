//! A redirect inwards, and the guest that follows it.
#![cfg(target_family = "wasm")]

use hostile::http::{get, word};
use hostile::text;

hostile::guest!(run: |call| {
    let answer = get(false, &text(&call, "granted"), "/inwards", 100);
    let (status, location) = answer.map_or((0, None), |answer| (answer.status, answer.location));
    let there = location.unwrap_or_default();
    let host = there.trim_start_matches("http://").split('/').next().unwrap_or_default();
    hostile::done(&hostile::json!({ "answer": status, "followed": word(false, host, "/") }))
});
