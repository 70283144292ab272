//! An input renamed into `/out`, an output into `/in`: nothing of it may work.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let moved = std::fs::rename("/in/data", "/out/out").is_ok();
    let _ = std::fs::write("/tmp/mine", "changed");
    let put = std::fs::rename("/tmp/mine", "/in/data").is_ok();
    let removed = std::fs::remove_file("/in/data").is_ok();
    let text = std::fs::read_to_string("/in/data").unwrap_or_default();
    hostile::done(&hostile::json!({ "moved": moved, "put": put, "removed": removed, "text": text }))
});
