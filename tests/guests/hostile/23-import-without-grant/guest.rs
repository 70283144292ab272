//! An import that takes a grant, in a DAG that gives none.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| hostile::done(&hostile::json!(hostile::http::word(true, "example.com", "/"))));
