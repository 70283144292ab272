//! `unreachable`.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| core::arch::wasm32::unreachable());
