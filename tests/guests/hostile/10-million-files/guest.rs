//! Where files are refused one by one, it is an error that a guest can handle.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut kept = Vec::new();
    let mut refused = false;
    for _ in 0..1_000_000 {
        match std::fs::File::create("/tmp/one") {
            Ok(file) => kept.push(file),
            Err(_) => {
                refused = true;
                break;
            }
        }
        if kept.len() > 4_000 {
            // One more handle for each would be the limit that ends it.
            refused = true;
            break;
        }
    }
    hostile::done(&hostile::json!({ "refused": refused }))
});
