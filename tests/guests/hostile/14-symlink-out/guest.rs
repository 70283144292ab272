//! Symbolic links to what lies outside.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::soft_link;

hostile::guest!(run: |_| {
    let targets = ["/etc/passwd", "../../../../etc/passwd", "../../..", "/", "/proc/self/root/etc/passwd"];
    let mut out = Vec::new();
    for (at, target) in targets.into_iter().enumerate() {
        let link = format!("/tmp/link{at}");
        let _ = soft_link(target, &link);
        if std::fs::read(&link).is_ok() || std::fs::read(format!("{link}/etc/passwd")).is_ok() {
            out.push(target);
        }
    }
    hostile::done(&hostile::json!({ "got_out": out }))
});
