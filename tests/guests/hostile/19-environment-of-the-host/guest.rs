//! The host's environment, where some variables are granted.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!(wasip2::cli::environment::get_environment())));
