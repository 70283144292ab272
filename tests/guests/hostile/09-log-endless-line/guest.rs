//! A line on standard output that never ends.
#![cfg(target_family = "wasm")]

use std::io::Write;

hostile::guest!(run: |_| {
    let mut out = std::io::stdout();
    loop {
        let _ = out.write_all(&[b'x'; 4096]).and_then(|()| out.flush());
    }
});
