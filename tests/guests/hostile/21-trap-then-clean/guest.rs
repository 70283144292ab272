//! A trap that leaves files and memory behind, then a try that looks for them.
#![cfg(target_family = "wasm")]

use std::sync::atomic::{AtomicU32, Ordering};

static LEFT: AtomicU32 = AtomicU32::new(0);

hostile::guest!(run: |_| {
    let tries = hostile::context::current().try_number;
    if tries == 1 {
        LEFT.store(7, Ordering::SeqCst);
        let _ = std::fs::write("/out/out", "left");
        let _ = std::fs::write("/tmp/left", "left");
        core::arch::wasm32::unreachable()
    }
    let mut left = Vec::new();
    if LEFT.load(Ordering::SeqCst) != 0 {
        left.push("memory");
    }
    if std::fs::read_dir("/out").is_ok_and(|mut all| all.next().is_some()) {
        left.push("/out");
    }
    if std::fs::read_dir("/tmp").is_ok_and(|mut all| all.next().is_some()) {
        left.push("/tmp");
    }
    hostile::done(&hostile::json!({ "tries": tries, "left": left }))
});
