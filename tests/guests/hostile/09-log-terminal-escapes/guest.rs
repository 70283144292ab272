//! Terminal escapes in messages, fields, output, errors and the result.
#![cfg(target_family = "wasm")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what is printed is the attack")]

use hostile::{Failure, Problem, log};

const ODD: &str = "\x1b[31mred \x1b]0;title\x07 \u{9b}2J \u{202e}txet first\rover";

hostile::guest!(run: |_| {
    log::log(log::Level::Warn, ODD, &[(ODD.to_owned(), ODD.to_owned())]);
    hostile::metrics::record_metric(ODD, 0, 1.0);
    println!("{ODD}");
    eprintln!("{ODD}");
    Err(Failure::Permanent(Problem { code: "bad".to_owned(), message: ODD.to_owned(), details: None }))
});
