//! Reads and forgets.
#![cfg(target_family = "wasm")]

use hostile::http::get;
use hostile::{Failure, Problem, text};

hostile::guest!(run: |call| {
    let message = match get(false, &text(&call, "granted"), "/endless", usize::MAX) {
        Ok(answer) => format!("{} bytes", answer.body.len()),
        Err(error) => error,
    };
    Err(Failure::Permanent(Problem { code: "cut".to_owned(), message, details: None }))
});
