//! Nothing by default.

use serde_json::json;

use crate::kit::{mode, open, pure};

#[test]
fn the_environment_is_empty() {
    for tried in [pure(mode("environment", json!({}))).run(), open(mode("environment", json!({}))).run()] {
        let value = tried.value();
        assert_eq!(value["variables"], json!([]));
        assert_eq!(value["arguments"], json!([]));
        assert_eq!(value["working_folder_given"], json!(null));
    }
}

#[test]
fn the_environment_is_what_was_granted_and_nothing_else() {
    let tried = open(mode("environment", json!({}))).env("LANG", "C").env("EMPTY", "").run();
    assert_eq!(tried.value()["variables"], json!([["EMPTY", ""], ["LANG", "C"]]));
}

#[test]
fn the_network_is_denied_by_an_error_that_the_guest_can_handle() {
    for (name, target) in [("tcp", "127.0.0.1:80"), ("udp", "127.0.0.1:53"), ("look-up", "localhost")] {
        let tried = open(mode(name, json!({ "target": target }))).run();
        let error = tried.error().to_lowercase();
        assert!(
            error.contains("denied") || error.contains("not permitted") || error.contains("lookup"),
            "{name}: {error}"
        );
    }
}

#[test]
fn only_the_three_folders_exist() {
    for path in ["/", "/etc/passwd", "/home", "etc/passwd", ".", "..", "/proc/self/environ"] {
        let tried = open(mode("stat", json!({ "path": path }))).run();
        tried.error();
    }
    for path in ["/in", "/out", "/tmp"] {
        let tried = open(mode("stat", json!({ "path": path }))).run();
        assert_eq!(tried.ok()["is_folder"], true, "{path}");
    }
}

#[test]
fn more_random_bytes_than_the_host_makes_at_once_end_the_guest() {
    let tried = open(mode("random-bytes", json!({ "bytes": u64::MAX }))).run();
    let problem = tried.problem();
    assert_eq!(problem.code, "random-limit");
    assert!(problem.message.contains("16 MiB"), "{}", problem.message);
    assert_eq!(open(mode("random-bytes", json!({ "bytes": 1 << 20 }))).run().ok(), 1 << 20);
}

#[test]
fn more_open_handles_than_the_limit_end_the_guest() {
    let few = |limits: &mut dagwood::limits::TaskLimits| limits.handles = 200;
    assert_eq!(pure(mode("handles", json!({ "count": 100 }))).limited(few).run().value()["opened"], 100);
    let tried = pure(mode("handles", json!({ "count": 1_000 }))).limited(few).run();
    assert_eq!(tried.problem().code, "handle-limit");
    assert!(tried.problem().message.contains("200 open handles"), "{}", tried.problem().message);
}
