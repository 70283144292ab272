//! Symbolic links with a slash behind them.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::soft_link;

hostile::guest!(run: |_| {
    let targets = ["..", "../..", "../../../../../..", "/", "/etc"];
    let mut out = Vec::new();
    for (at, target) in targets.into_iter().enumerate() {
        let link = format!("/tmp/link{at}");
        let _ = soft_link(target, &link);
        let listed = std::fs::read_dir(format!("{link}/")).is_ok_and(|mut entries| entries.next().is_some());
        if listed || std::fs::write(format!("{link}/escaped"), "x").is_ok() {
            out.push(target);
        }
    }
    hostile::done(&hostile::json!({ "got_out": out }))
});
