//! A hard link from `/in` to `/out` and `/tmp`, written through: it must not be made.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let linked = ["/out/out", "/tmp/x"].into_iter().filter(|to| std::fs::hard_link("/in/data", to).is_ok()).count();
    let _ = std::fs::write("/tmp/x", "changed");
    let text = std::fs::read_to_string("/in/data").unwrap_or_default();
    hostile::done(&hostile::json!({ "linked": linked, "text": text }))
});
