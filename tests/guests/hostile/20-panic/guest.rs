//! A panic, whose words are told.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| panic!("all is lost"));
