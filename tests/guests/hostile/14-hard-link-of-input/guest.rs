//! A hard link from `/in` to `/out`, written through.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let _ = std::fs::hard_link("/in/data", "/out/out");
    let _ = std::fs::write("/out/out", "changed");
    let _ = std::fs::hard_link("/in/data", "/tmp/x");
    let _ = std::fs::write("/tmp/x", "changed");
    hostile::done(&hostile::json!(std::fs::read_to_string("/in/data").unwrap_or_default()))
});
