//! `a/../../b` past folders of its own.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let _ = std::fs::create_dir_all("/tmp/a/b");
    let ways = ["/tmp/a/../../escaped", "/tmp/a/b/../../../escaped", "/out/./a/../../escaped", "/tmp/a/b/../../../../escaped"];
    let out: Vec<_> = ways.into_iter().filter(|way| std::fs::write(way, "x").is_ok()).collect();
    hostile::done(&hostile::json!({ "got_out": out }))
});
