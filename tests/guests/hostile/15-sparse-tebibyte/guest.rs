//! A sparse file of 1 TiB, made by its size and by a write far out: a hole counts as if it were written.
#![cfg(target_family = "wasm")]

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use hostile::{Failure, Problem};

hostile::guest!(run: |_| {
    let resized = File::create("/out/out").and_then(|file| file.set_len(1 << 40)).is_ok();
    let seek = |mut file: File| file.seek(SeekFrom::Start(1 << 40)).and_then(|_| file.write_all(b"x"));
    let written = File::create("/tmp/far").and_then(seek).is_ok();
    let message = format!("resized: {resized}, written far out: {written}");
    Err(Failure::Permanent(Problem { code: "no".to_owned(), message, details: None }))
});
