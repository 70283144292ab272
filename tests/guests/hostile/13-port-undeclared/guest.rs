//! Output at ports that nobody declared.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let _ = std::fs::write("/out/other", "x");
    let _ = std::fs::create_dir_all("/out/..hidden/deeper");
    hostile::done(&hostile::json!(null))
});
