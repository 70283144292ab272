//! An answer with 33,000 headers, and one header of a megabyte.
#![cfg(target_family = "wasm")]

use hostile::http::word;
use hostile::text;

hostile::guest!(run: |call| {
    let granted = text(&call, "granted");
    let (many, large) = (word(false, &granted, "/many-headers"), word(false, &granted, "/large-header"));
    hostile::done(&hostile::json!({ "many": many, "large": large }))
});
