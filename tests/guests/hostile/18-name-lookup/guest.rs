//! Names looked up without a grant.
#![cfg(target_family = "wasm")]

use std::net::ToSocketAddrs;

hostile::guest!(run: |_| {
    let names = ["localhost", "example.com", "metadata.google.internal"];
    let found = names.into_iter().any(|name| (name, 80).to_socket_addrs().is_ok_and(|mut all| all.next().is_some()));
    hostile::done(&hostile::json!({ "found": found }))
});
