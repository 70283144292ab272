//! What guests say.

use serde_json::json;

use crate::kit::{mode, pure};

#[test]
fn what_is_said_arrives_in_order() {
    let tried = pure(mode("interleave", json!({ "count": 3 }))).run();
    tried.value();
    let mut heard = tried.heard.lock().unwrap();
    // Standard error is not buffered: a line comes in pieces.
    heard.order.dedup();
    assert_eq!(heard.order, ["log", "stdout", "stderr"].repeat(3));
    assert_eq!(heard.stdout, b"stdout 0\nstdout 1\nstdout 2\n");
    assert_eq!(heard.stderr, b"stderr 0\nstderr 1\nstderr 2\n");
}

#[test]
fn a_message_of_a_few_mib_is_cut_and_one_over_16_mib_ends_the_guest() {
    let tried = pure(mode("log", json!({ "bytes": 4 << 20 }))).run();
    tried.value();
    let heard = tried.heard.lock().unwrap();
    let (_, message, _) = &heard.lines[0];
    assert!(message.len() < (64 << 10) + 100 && message.ends_with("bytes cut off)"), "{}", message.len());
    let tried = pure(mode("log", json!({ "bytes": 200 << 20 }))).run();
    assert_eq!(tried.problem().code, "hostcall-limit");
}

#[test]
fn a_million_fields_are_too_many() {
    let tried = pure(mode("log-fields", json!({ "count": 1_000 }))).run();
    tried.value();
    let heard = tried.heard.lock().unwrap();
    let (_, _, fields) = &heard.lines[0];
    assert_eq!(fields.len(), 65);
    assert_eq!(fields[64], ("dagwood.dropped-fields".to_owned(), "936".to_owned()));
    let tried = pure(mode("log-fields", json!({ "count": 1_000_000 }))).run();
    assert_eq!(tried.problem().code, "hostcall-limit");
}

#[test]
fn metrics_and_progress_are_counted_together() {
    let tried = pure(mode("metrics", json!({ "count": 10 }))).limited(|limits| limits.metric_points = 4).run();
    tried.value();
    let heard = tried.heard.lock().unwrap();
    assert_eq!(heard.points.len(), 4);
    assert_eq!(heard.lines.len(), 1);
    let tried = pure(mode("progress", json!({ "count": 10 }))).limited(|limits| limits.metric_points = 4).run();
    assert_eq!(tried.heard.lock().unwrap().progress.len(), 4);
}

#[test]
fn a_line_without_end_reaches_the_watcher_in_pieces() {
    let tried = pure(mode("raw-output", json!({ "bytes": 3_000_000 }))).run();
    tried.ok();
    let heard = tried.heard.lock().unwrap();
    assert_eq!(heard.stdout.len(), 3_000_000);
    assert!(heard.order.len() > 10);
}
