//! A name that leads to a public address first, and to this machine then.
#![cfg(target_family = "wasm")]

use hostile::http::word;
use hostile::text;

hostile::guest!(run: |call| {
    let words: Vec<_> = (0..4).map(|_| word(false, &text(&call, "changing"), "/")).collect();
    let got_through = words.iter().filter(|word| word.parse::<u16>().is_ok()).count();
    let prohibited = words.iter().any(|word| word == "DestinationIpProhibited");
    hostile::done(&hostile::json!({ "got_through": got_through, "prohibited": prohibited }))
});
