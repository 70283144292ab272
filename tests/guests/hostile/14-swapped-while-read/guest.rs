//! Opens a file, reads half, puts a link out in its place, reads on, and reads through the link.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::{File, remove_file, rename, soft_link};
use std::io::Read;

hostile::guest!(run: |_| {
    let out = "../".repeat(20) + "etc/passwd";
    let (mut own, mut other) = (0, 0);
    for _ in 0..500 {
        let _ = std::fs::write("/tmp/name", "0123456789");
        let Ok(mut file) = File::open("/tmp/name") else { continue };
        let mut half = [0; 5];
        let mut text = String::new();
        let read = file.read_exact(&mut half);
        let _ = soft_link(&out, "/tmp/link").and_then(|()| rename("/tmp/link", "/tmp/name"));
        if read.is_ok() && file.read_to_string(&mut text).is_ok() && text == "56789" {
            own += 1;
        }
        if std::fs::read("/tmp/name").is_ok() {
            other += 1;
        }
        let _ = remove_file("/tmp/name");
    }
    hostile::done(&hostile::json!({ "own": own, "other": other }))
});
