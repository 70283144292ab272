//! A sparse file of 1 TiB.
#![cfg(target_family = "wasm")]

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

hostile::guest!(run: |_| {
    let resized = File::create("/out/out").and_then(|file| file.set_len(1 << 40)).is_ok();
    let seek = |mut file: File| file.seek(SeekFrom::Start(1 << 40)).and_then(|_| file.write_all(b"x"));
    let written = File::create("/tmp/far").and_then(seek).is_ok();
    let made: Vec<_> = [("resized", resized), ("written far out", written)].into_iter().filter(|(_, made)| *made).collect();
    let _ = std::fs::remove_file("/out/out");
    hostile::done(&hostile::json!({ "made": made.into_iter().map(|(what, _)| what).collect::<Vec<_>>() }))
});
