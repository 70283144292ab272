//! The environment, the arguments, the working folder.
#![cfg(target_family = "wasm")]

use wasip2::cli::environment;

hostile::guest!(run: |_| hostile::done(&hostile::json!({
    "variables": environment::get_environment().len(),
    "arguments": environment::get_arguments().len(),
    "folder": environment::initial_cwd().is_some(),
})));
