//! `/out` and `/tmp` together have a quota, which holds while the task runs.

use std::fs;

use dagwood::contract::Failure;
use dagwood::executor::port::Answer;
use dagwood::limits::TaskLimits;
use serde_json::json;

use crate::kit::{mode, pure};

fn small(limits: &mut TaskLimits) {
    limits.scratch_bytes = 1 << 20;
    limits.scratch_files = 20;
}

fn is_quota(error: &str) -> bool {
    error.to_lowercase().contains("quota")
}

/// What a failed write of a stream is in Rust, whose C library does not ask which error it was.
fn is_failed_write(error: &str) -> bool {
    error.starts_with("I/O error")
}

#[test]
fn bytes_are_counted_before_they_are_written() {
    assert_eq!(pure(mode("write", json!({ "bytes": 1 << 20 }))).limited(small).run().ok(), 1 << 20);
    let tried = pure(mode("write", json!({ "bytes": (1 << 20) + 1 }))).limited(small).run();
    assert!(is_failed_write(&tried.error()), "{}", tried.error());
    assert!(fs::metadata(tried.out().join("out")).unwrap().len() <= 1 << 20);
}

#[test]
fn both_folders_count_together() {
    let leave = "x".repeat(700_000);
    let tried = pure(mode("write", json!({ "path": "/tmp/x", "bytes": 700_000, "leave": leave }))).limited(small).run();
    assert!(is_failed_write(&tried.error()), "{}", tried.error());
}

#[test]
fn a_hole_counts_as_if_it_were_written() {
    let tried = pure(mode("sparse", json!({ "bytes": 1_u64 << 40 }))).limited(small).run();
    assert!(is_quota(&tried.error()), "{}", tried.error());
    assert_eq!(fs::metadata(tried.out().join("out")).unwrap().len(), 0);
    assert_eq!(pure(mode("sparse", json!({ "bytes": 1 << 20 }))).limited(small).run().ok(), 1 << 20);
}

#[test]
fn files_are_counted() {
    let many = |count: u64| mode("write-many", json!({ "path": "/tmp/folder", "count": count }));
    assert_eq!(pure(many(19)).limited(small).run().ok(), 19);
    let tried = pure(many(1_000)).limited(small).run();
    assert!(is_quota(&tried.error()) && tried.error().contains("after 19 files"), "{}", tried.error());
    assert_eq!(fs::read_dir(tried.tmp().join("folder")).unwrap().count(), 19);
}

#[test]
fn what_is_removed_is_given_back() {
    // Writes the same name over and over: truncated each time, so never more than one is there.
    let tried = pure(mode("handles", json!({ "count": 150 }))).limited(|limits| limits.scratch_files = 100).run();
    assert_eq!(tried.value()["opened"], 150);
}

#[test]
fn a_task_that_fails_after_a_refusal_says_which_limit_it_was() {
    // The guest itself only says that it could not write.
    let leave = "x".repeat(2 << 20);
    let tried = pure(mode("succeed", json!({ "leave": leave }))).limited(small).run();
    let Ok(Answer::Failed(Failure::Permanent { problem })) = &tried.report.result else { panic!("{:?}", tried.report) };
    assert_eq!(problem.code, "cannot-write");
    assert!(problem.message.contains("/out and /tmp together may hold 1 MiB"), "{}", problem.message);
}
