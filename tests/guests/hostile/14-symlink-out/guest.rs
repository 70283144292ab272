//! Symbolic links to what lies outside, followed. Absolute ones must not be made; relative ones must lead nowhere.
#![cfg(target_family = "wasm")]
#![allow(deprecated, reason = "the one way of the standard library that this target has")]

use std::fs::soft_link;

hostile::guest!(run: |_| {
    let far = "../".repeat(20);
    let relative = [format!("{far}etc/passwd"), far.clone(), "../../../config.toml".to_owned(), "../..".to_owned()];
    let absolute = ["/", "/etc/passwd", "/proc/self/root/etc/passwd"];
    let mut got_out: Vec<String> = Vec::new();
    let mut made = 0;
    for (at, target) in relative.iter().enumerate() {
        let link = format!("/tmp/link{at}");
        made += u32::from(soft_link(target, &link).is_ok());
        let inside = format!("{link}/etc/passwd");
        if std::fs::read(&link).is_ok() || std::fs::read(&inside).is_ok() || std::fs::read_dir(&link).is_ok() {
            got_out.push(target.clone());
        }
    }
    got_out.extend(absolute.iter().filter(|target| soft_link(target, "/tmp/absolute").is_ok()).map(ToString::to_string));
    hostile::done(&hostile::json!({ "made": made, "got_out": got_out }))
});
