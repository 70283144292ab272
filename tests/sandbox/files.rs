//! `/out` and `/tmp`.

use std::fs;

use serde_json::json;

use crate::kit::{mode, open, pure};

#[test]
fn folders_are_made_when_they_are_first_used() {
    let tried = pure(mode("succeed", json!({}))).run();
    tried.value();
    assert!(!tried.out().exists() && !tried.tmp().exists());
    let tried = pure(mode("write", json!({ "path": "/tmp/x" }))).run();
    assert_eq!(tried.ok(), 4);
    assert!(tried.out().is_dir());
    assert_eq!(fs::read_to_string(tried.tmp().join("x")).unwrap(), "text");
}

#[test]
fn files_and_folders_are_made_as_named() {
    let tried = pure(mode("make-folder", json!({ "path": "/out/out/deep/er" }))).run();
    tried.ok();
    assert_eq!(fs::read_to_string(tried.out().join("out/deep/er/file")).unwrap(), "text");
}

#[test]
fn what_was_written_is_there_when_the_call_returns() {
    let tried = pure(mode("write", json!({ "path": "/out/out", "bytes": 5_000_001 }))).run();
    assert_eq!(tried.ok(), 5_000_001);
    let written = fs::read(tried.out().join("out")).unwrap();
    assert_eq!(written.len(), 5_000_001);
    assert!(written.iter().all(|byte| *byte == b'x'));
}

#[test]
fn no_path_leads_out() {
    for path in [
        "/out/../escaped",
        "/out/../../escaped",
        "/tmp/../escaped",
        "/in/../escaped",
        "/escaped",
        "/out/x/../../../escaped",
    ] {
        let tried = pure(mode("write", json!({ "path": path }))).run();
        tried.error();
        let found: Vec<_> = walkdir::WalkDir::new(tried.folder())
            .into_iter()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name() == "escaped")
            .collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn links_do_not_lead_out() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "secret").unwrap();
    let target = secret.path().to_str().unwrap();
    for target in [target, "../../../../../../../../etc/passwd", "/etc/passwd"] {
        let linked = pure(mode("symlink", json!({ "path": "/tmp/link", "target": target }))).run();
        // Made or not, it is not followed out of the folder.
        let link = linked.tmp().join("link");
        if link.is_symlink() {
            let mut reading = pure(mode("read", json!({ "path": "/tmp/link" })));
            reading.work_in(linked.tmp());
            reading.run().error();
        }
    }
}

#[test]
fn a_second_name_for_a_file_is_refused() {
    for target in ["/tmp/a", "/in/data"] {
        let mut tried = pure(mode("hard-link", json!({ "path": "/out/b", "target": target })));
        tried = tried.input_file("data", "content");
        fs::write(tried.made_tmp().join("a"), "a").unwrap();
        let tried = tried.run();
        tried.error();
        assert!(!tried.out().join("b").exists());
    }
}

#[test]
fn a_file_moves_between_the_writable_folders() {
    let tried = pure(mode("rename", json!({ "path": "/tmp/moved", "target": "/out/out", "leave": "content" }))).run();
    tried.ok();
    assert_eq!(fs::read_to_string(tried.tmp().join("moved")).unwrap(), "content");
    assert!(!tried.out().join("out").exists());
}

#[test]
fn listings_are_sorted() {
    let mut tried = open(mode("list", json!({ "path": "/tmp" })));
    let tmp = tried.made_tmp();
    let mut names: Vec<String> = (0..200).map(|number| format!("{}", number * 7919 % 1000)).collect();
    for name in &names {
        fs::write(tmp.join(name), "").unwrap();
    }
    names.sort();
    tried.job.limits.scratch_files = 1_000;
    assert_eq!(tried.run().ok(), json!(names));
}
