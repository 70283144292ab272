//! A million files, all held open: each is an error that a guest could handle, until its handles are used up.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut kept = Vec::new();
    loop {
        if let Ok(file) = std::fs::File::create("/tmp/one") {
            kept.push(file);
        }
    }
});
