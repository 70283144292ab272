//! Succeeds, with a terminal's escapes in every text that people are shown.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, Port, Request, plain};

const ODD: &str = "\x1b[31mred \x1b]0;title\x07 \u{9b}2J \u{202e}txet first\rover";

hostile::guest!(
    describe: {
        let odd = |name: &str| Port { description: ODD.to_owned(), media_type: Some(ODD.to_owned()), ..hostile::port(name) };
        let request = Request { kind: "env".to_owned(), value: ODD.to_owned(), reason: ODD.to_owned() };
        let schema = hostile::json!({ "type": "object", "properties": { ODD: { "default": ODD, "description": ODD } } });
        Descriptor {
            summary: ODD.to_owned(),
            params_schema: schema.to_string(),
            inputs: vec![odd("data")],
            outputs: vec![odd("out")],
            requests: vec![request],
            ..plain(env!("CARGO_CRATE_NAME"))
        }
    },
    run: |_| {
        hostile::metrics::record_metric(ODD, 0, 1.0);
        let _ = std::fs::write("/out/out", ODD);
        hostile::done(&hostile::json!({ ODD: ODD }))
    }
);
