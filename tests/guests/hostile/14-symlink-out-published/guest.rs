//! A symbolic link published as an output.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::soft_link;

hostile::guest!(run: |_| {
    let _ = soft_link("../../../../../../../../etc/passwd", "/out/out");
    hostile::done(&hostile::json!(null))
});
