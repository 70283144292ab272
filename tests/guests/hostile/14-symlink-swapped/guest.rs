//! Renames a link and a file over each other, two thousand times, and reads through the name in between.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::soft_link;

hostile::guest!(run: |_| {
    let mut out = 0;
    for round in 0..2_000 {
        let _ = std::fs::write("/tmp/file", "own");
        let _ = soft_link("../../../../../../../../etc/passwd", "/tmp/link");
        let _ = std::fs::rename(if round % 2 == 0 { "/tmp/link" } else { "/tmp/file" }, "/tmp/name");
        if std::fs::read_to_string("/tmp/name").is_ok_and(|text| text.contains("root:")) {
            out += 1;
        }
        let _ = std::fs::remove_file("/tmp/link");
    }
    hostile::done(&hostile::json!({ "got_out": out }))
});
