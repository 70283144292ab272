//! `allowed@evil`: a granted host as the user of another.
#![cfg(target_family = "wasm")]

use hostile::http::word;
use hostile::text;

hostile::guest!(run: |call| {
    let (granted, evil) = (text(&call, "granted"), text(&call, "evil"));
    let user = granted.replace(':', "%3A");
    hostile::done(&hostile::json!({ "granted": word(false, &granted, "/"), "evil": word(false, &format!("{user}@{evil}"), "/") }))
});
