//! A result of a hundred thousand levels.
#![cfg(target_family = "wasm")]

use hostile::Outcome;

hostile::guest!(run: |_| {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    Ok(Outcome::Done(open + &close))
});
