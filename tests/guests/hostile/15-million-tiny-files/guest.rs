//! A million tiny files.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let made = (0..1_000_000).take_while(|at| std::fs::write(format!("/tmp/{at}"), "").is_ok()).count();
    hostile::done(&hostile::json!({ "made": made }))
});
