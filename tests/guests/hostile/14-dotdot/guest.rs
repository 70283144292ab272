//! `..` out of every folder, to files that are there: the operator's, the host's, the machine's. Each must be denied;
//! "not found" would say that the way was gone.
#![cfg(target_family = "wasm")]

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

hostile::guest!(run: |_| {
    let far = "../".repeat(20) + "etc/passwd";
    let ways = ["../../../config.toml", "../../lock", "../../../dagwood.db", far.as_str(), "/etc/passwd", "./../../../config.toml"];
    let mut got_out = Vec::new();
    for (folder, name) in get_directories() {
        for way in ways {
            for follow in [PathFlags::empty(), PathFlags::SYMLINK_FOLLOW] {
                match folder.open_at(follow, way, OpenFlags::empty(), DescriptorFlags::READ) {
                    Err(ErrorCode::NotPermitted) => {}
                    other => got_out.push(format!("{name} {way}: {:?}", other.map(|_| "opened"))),
                }
            }
        }
    }
    hostile::done(&hostile::json!({ "got_out": got_out }))
});
