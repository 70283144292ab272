//! A disk with less than 1 GiB free.
#![cfg(target_family = "wasm")]

use hostile::{Failure, Problem};

hostile::guest!(run: |_| {
    let message = match std::fs::write("/out/out", vec![b'x'; 64 << 20]) {
        Ok(()) => "written".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::Permanent(Problem { code: "no".to_owned(), message, details: None }))
});
