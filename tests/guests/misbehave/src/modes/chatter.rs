//! Says much, or says it oddly.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what is printed is what the tests look at")]

use crate::answer::{Answer, attempted, done};
use crate::bindings::dagwood::task::log::{self as host, Level};
use crate::bindings::dagwood::task::{metrics as series, progress as how_far};
use crate::params::Params;
use serde_json::json;
use std::io::Write;

fn said(times: u64) -> Answer {
    done(&json!({ "said": times }))
}

fn words(params: &Params) -> String {
    match usize::try_from(params.bytes).unwrap_or(usize::MAX) {
        0 => params.text.clone(),
        size => "x".repeat(size),
    }
}

pub(crate) fn log(params: &Params) -> Answer {
    host::log(Level::Info, &words(params), &[]);
    said(1)
}

pub(crate) fn log_many(params: &Params) -> Answer {
    let words = words(params);
    for _ in 0..params.count {
        host::log(Level::Info, &words, &[]);
    }
    said(params.count)
}

pub(crate) fn log_fields(params: &Params) -> Answer {
    let fields: Vec<_> = (0..params.count).map(|number| (format!("field{number}"), params.text.clone())).collect();
    host::log(Level::Info, "many fields", &fields);
    said(params.count)
}

/// Colours, a cleared screen, a new window title, a carriage return, an overlong line's trick, a NUL, and what looks
/// like a line of somebody else.
const ODD: [&str; 6] = [
    "\x1b[31mred\x1b[0m \x1b[2J cleared",
    "\x1b]0;title\x07 \u{9b}31m",
    "first\rover the first",
    "one\ntwo\n2000-01-01T00:00:00Z ERROR host: a line that the host did not write",
    "nul \0 and bell \x07",
    "right to left \u{202e}txet",
];

pub(crate) fn escapes() -> Answer {
    for text in ODD {
        host::log(Level::Warn, text, &[(text.to_owned(), text.to_owned())]);
        println!("{text}");
        eprintln!("{text}");
    }
    done(&json!({ "odd": ODD }))
}

pub(crate) fn interleave(params: &Params) -> Answer {
    for number in 0..params.count {
        host::log(Level::Info, &format!("log {number}"), &[]);
        println!("stdout {number}");
        eprintln!("stderr {number}");
    }
    said(params.count)
}

pub(crate) fn raw_output(params: &Params) -> Answer {
    let mut out = std::io::stdout();
    let written = out.write_all(words(params).as_bytes()).and_then(|()| out.flush());
    attempted(written.map(|()| json!(params.bytes)))
}

pub(crate) fn metrics(params: &Params) -> Answer {
    for step in 0..params.count {
        series::record_metric("loss", step, 1.0 / (step + 1) as f64);
    }
    said(params.count)
}

pub(crate) fn nan_metric() -> Answer {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        series::record_metric("loss", 0, value);
    }
    said(3)
}

pub(crate) fn progress(params: &Params) -> Answer {
    for step in 1..=params.count {
        how_far::report(step, Some(params.count), &params.text);
    }
    said(params.count)
}
