//! Raw TCP without a grant, out and in.
#![cfg(target_family = "wasm")]

use std::net::{TcpListener, TcpStream};

hostile::guest!(run: |_| {
    let connected = ["127.0.0.1:22", "1.1.1.1:443", "[::1]:80"].into_iter().any(|to| TcpStream::connect(to).is_ok());
    let listened = ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"].into_iter().any(|at| TcpListener::bind(at).is_ok());
    hostile::done(&hostile::json!({ "connected": connected, "listened": listened }))
});
