//! Hands the host 16 MiB and returns without waiting for them: what is published has all of them.
#![cfg(target_family = "wasm")]

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};

hostile::guest!(run: |_| {
    let folders = get_directories();
    let out = folders.iter().find(|(_, name)| name == "/out").map(|(folder, _)| folder);
    let opened = out.map(|out| out.open_at(PathFlags::empty(), "out", OpenFlags::CREATE, DescriptorFlags::WRITE));
    let Some(Ok(file)) = opened else { return hostile::done(&hostile::json!("no file")) };
    let Ok(stream) = file.write_via_stream(0) else { return hostile::done(&hostile::json!("no stream")) };
    let mut left = vec![b'x'; 16 << 20];
    while !left.is_empty() {
        let room = loop {
            match stream.check_write() {
                Ok(0) => stream.subscribe().block(),
                Ok(room) => break room as usize,
                Err(_) => return hostile::done(&hostile::json!("closed")),
            }
        };
        let piece: Vec<u8> = left.drain(..room.min(left.len())).collect();
        if stream.write(&piece).is_err() {
            return hostile::done(&hostile::json!("refused"));
        }
    }
    // Neither flushed nor waited for; even the handle is kept.
    std::mem::forget(stream);
    hostile::done(&hostile::json!(null))
});
