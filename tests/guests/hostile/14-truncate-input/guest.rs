//! A read-only file emptied, extended, written, given other times.
#![cfg(target_family = "wasm")]

use std::fs::File;
use std::time::SystemTime;

hostile::guest!(run: |_| {
    let path = "/in/data";
    let tries = [
        ("created", File::create(path).is_ok()),
        ("opened to write", File::options().write(true).open(path).is_ok()),
        ("opened to append", File::options().append(true).open(path).is_ok()),
        ("emptied", File::options().write(true).truncate(true).open(path).is_ok()),
        ("resized", File::open(path).and_then(|file| file.set_len(0)).is_ok()),
        ("touched", File::open(path).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).is_ok()),
        ("new file", File::create("/in/other").is_ok()),
        ("new folder", std::fs::create_dir("/in/folder").is_ok()),
    ];
    let changed: Vec<_> = tries.into_iter().filter(|(_, worked)| *worked).map(|(what, _)| what).collect();
    hostile::done(&hostile::json!({ "changed": changed }))
});
