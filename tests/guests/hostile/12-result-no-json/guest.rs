//! A result that is not JSON.
#![cfg(target_family = "wasm")]

use hostile::Outcome;

hostile::guest!(run: |_| Ok(Outcome::Done("{\"a\": NaN} and more".to_owned())));
