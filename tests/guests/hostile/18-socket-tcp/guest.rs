//! Raw TCP without a grant, out to a server that is there, and in: each must be denied.
#![cfg(target_family = "wasm")]

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

hostile::guest!(run: |call| {
    let there = hostile::text(&call, "there");
    let is_denied = |kind: Option<ErrorKind>| kind == Some(ErrorKind::PermissionDenied);
    let out = is_denied(TcpStream::connect(&there).err().map(|error| error.kind()));
    let is_in = is_denied(TcpListener::bind("127.0.0.1:0").err().map(|error| error.kind()));
    hostile::done(&hostile::json!({ "out_denied": out, "in_denied": is_in }))
});
