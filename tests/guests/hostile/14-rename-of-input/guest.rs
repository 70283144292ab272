//! An input renamed into `/out`, an output into `/in`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let _ = std::fs::rename("/in/data", "/out/out");
    let _ = std::fs::write("/tmp/mine", "changed");
    let _ = std::fs::rename("/tmp/mine", "/in/data");
    let _ = std::fs::remove_file("/in/data");
    hostile::done(&hostile::json!(std::fs::read_to_string("/in/data").unwrap_or_default()))
});
