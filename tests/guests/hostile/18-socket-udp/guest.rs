//! Raw UDP without a grant.
#![cfg(target_family = "wasm")]

use std::net::UdpSocket;

hostile::guest!(run: |_| {
    let bound = ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"].into_iter().any(|at| UdpSocket::bind(at).is_ok());
    hostile::done(&hostile::json!({ "bound": bound }))
});
