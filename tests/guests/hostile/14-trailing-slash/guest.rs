//! Files with a slash behind them, folders without.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let _ = std::fs::write("/tmp/file", "x");
    let ways = ["/tmp/file/", "/tmp/file/.", "/tmp/file/..", "/in/data/", "/in/../", "/out/../", "/out/../tmp/../.."];
    let out: Vec<_> = ways.into_iter().filter(|way| std::fs::read(way).is_ok() || std::fs::write(way, "y").is_ok() || std::fs::read_dir(way).is_ok()).collect();
    hostile::done(&hostile::json!({ "got_out": out }))
});
