//! More bytes than `scratch`, in one file, in many, over and over.
#![cfg(target_family = "wasm")]

use hostile::{Failure, Problem};

hostile::guest!(run: |_| {
    let piece = vec![b'x'; 1 << 20];
    let mut written = 0;
    // What is written over again counts once, and what is removed no more: only what is kept at once is limited.
    for _ in 0..8 {
        if std::fs::write("/tmp/again", &piece).is_ok() {
            written += 1;
        }
    }
    let kept = (0..100).take_while(|at| std::fs::write(format!("/out/{at}"), &piece).is_ok()).count();
    let message = format!("{written} over each other, {kept} beside each other");
    Err(Failure::Permanent(Problem { code: "no".to_owned(), message, details: None }))
});
