//! Granted folders of the host: what is in them, and nothing round them.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use dagwood::lifecycle::launch::MountMode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kit::{Tried, mode, open};

/// A folder `data` to be mounted, with `in.txt` and `sub/deep.txt`, and beside it `outside/secret.txt`.
fn host() -> TempDir {
    let host = tempfile::tempdir().unwrap();
    for (path, text) in [("data/in.txt", "inside"), ("data/sub/deep.txt", "deep"), ("outside/secret.txt", "secret")] {
        let path = host.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    host
}

/// A try in `doing` with `data` at `/data`.
fn tried(host: &TempDir, rights: MountMode, doing: &str, more: Value) -> Tried {
    open(mode(doing, more)).mounted(&host.path().join("data"), "/data", rights).within(Duration::from_secs(60)).run()
}

fn ro(host: &TempDir, doing: &str, more: Value) -> Tried {
    tried(host, MountMode::Ro, doing, more)
}

fn rw(host: &TempDir, doing: &str, more: Value) -> Tried {
    tried(host, MountMode::Rw, doing, more)
}

fn text(host: &TempDir, path: &str) -> String {
    fs::read_to_string(host.path().join(path)).unwrap()
}

/// Everything below a folder, with its content.
fn all(folder: &Path) -> Vec<(String, Option<String>)> {
    let mut found: Vec<_> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = entry.file_type().is_file().then(|| fs::read_to_string(entry.path()).unwrap());
            (entry.path().display().to_string(), text)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn what_is_in_a_mount_is_read_listed_and_looked_at() {
    let host = host();
    for rights in [MountMode::Ro, MountMode::Rw] {
        assert_eq!(tried(&host, rights, "read", json!({ "path": "/data/in.txt" })).ok(), "inside");
        assert_eq!(tried(&host, rights, "read", json!({ "path": "/data/sub/../sub/deep.txt" })).ok(), "deep");
        assert_eq!(tried(&host, rights, "list", json!({ "path": "/data" })).ok(), json!(["in.txt", "sub"]));
        let stat = tried(&host, rights, "stat", json!({ "path": "/data/in.txt" })).ok();
        assert_eq!((&stat["size_bytes"], &stat["is_file"]), (&json!(6), &json!(true)));
    }
}

#[test]
fn a_writable_mount_is_changed_on_the_host() {
    let host = host();
    assert_eq!(rw(&host, "write", json!({ "path": "/data/new.txt", "text": "hello" })).ok(), 5);
    assert_eq!(text(&host, "data/new.txt"), "hello");
    rw(&host, "write", json!({ "path": "/data/new.txt", "bytes": 3_000_001 })).ok();
    assert_eq!(text(&host, "data/new.txt"), "x".repeat(3_000_001));
    rw(&host, "truncate", json!({ "path": "/data/new.txt" })).ok();
    assert_eq!(text(&host, "data/new.txt"), "");
    rw(&host, "make-folder", json!({ "path": "/data/a/b" })).ok();
    assert_eq!(text(&host, "data/a/b/file"), "text");
    rw(&host, "rename", json!({ "target": "/data/a/b/file", "path": "/data/moved" })).ok();
    assert_eq!(text(&host, "data/moved"), "text");
    rw(&host, "sparse", json!({ "path": "/data/moved", "bytes": 10 })).ok();
    assert_eq!(fs::metadata(host.path().join("data/moved")).unwrap().len(), 10);
    rw(&host, "touch", json!({ "path": "/data/moved" })).ok();
    let modified = fs::metadata(host.path().join("data/moved")).unwrap().modified().unwrap();
    assert_eq!(modified, std::time::SystemTime::UNIX_EPOCH);
    rw(&host, "remove", json!({ "path": "/data/moved" })).ok();
    assert!(!host.path().join("data/moved").exists());
    assert_eq!(text(&host, "outside/secret.txt"), "secret");
}

#[test]
fn nothing_changes_in_a_read_only_mount() {
    let host = host();
    let before = all(host.path());
    let stamp = |path: &str| fs::metadata(host.path().join(path)).unwrap().modified().unwrap();
    let modified = stamp("data/in.txt");
    let attempts = [
        ("write", json!({ "path": "/data/in.txt" })),
        ("write", json!({ "path": "/data/new.txt" })),
        ("append", json!({ "path": "/data/in.txt" })),
        ("truncate", json!({ "path": "/data/in.txt" })),
        ("sparse", json!({ "path": "/data/in.txt", "bytes": 10 })),
        ("make-folder", json!({ "path": "/data/folder" })),
        ("remove", json!({ "path": "/data/in.txt" })),
        ("rename", json!({ "target": "/data/in.txt", "path": "/data/moved.txt" })),
        ("rename", json!({ "target": "/data/in.txt", "path": "/tmp/moved.txt" })),
        ("hard-link", json!({ "target": "/data/in.txt", "path": "/data/link" })),
        ("symlink", json!({ "target": "in.txt", "path": "/data/link" })),
        ("touch", json!({ "path": "/data/in.txt" })),
    ];
    for (doing, more) in attempts {
        let shown = format!("{doing} {more}");
        let value = ro(&host, doing, more).value();
        assert!(value["error"].is_string(), "{shown}: {value}");
        assert_eq!(all(host.path()), before, "{shown}");
    }
    assert_eq!(stamp("data/in.txt"), modified);
}

#[test]
fn no_path_leads_out_of_a_mount() {
    let host = host();
    let absolute = host.path().join("outside/secret.txt").display().to_string();
    for path in ["/data/../outside/secret.txt", "/data/sub/../../outside/secret.txt", "/outside/secret.txt", &absolute]
    {
        let error = rw(&host, "read", json!({ "path": path })).error();
        assert!(!error.contains("secret."), "{error}");
        rw(&host, "write", json!({ "path": path, "text": "broken" })).error();
        rw(&host, "remove", json!({ "path": path })).error();
        rw(&host, "rename", json!({ "target": "/data/in.txt", "path": path })).error();
        assert_eq!(text(&host, "outside/secret.txt"), "secret", "{path}");
        assert_eq!(text(&host, "data/in.txt"), "inside", "{path}");
    }
}

#[test]
fn links_are_followed_within_a_mount_and_never_out_of_it() {
    let host = host();
    let at = |path: &str| host.path().join("data").join(path);
    symlink("in.txt", at("within")).unwrap();
    symlink("sub", at("folder")).unwrap();
    symlink(host.path().join("outside/secret.txt"), at("absolute")).unwrap();
    symlink("../outside/secret.txt", at("relative")).unwrap();
    symlink("../outside", at("outside")).unwrap();
    symlink("chain", at("chain-2")).unwrap();
    symlink("relative", at("chain")).unwrap();
    symlink("/proc/self/root", at("root")).unwrap();
    symlink("circle", at("circle")).unwrap();
    assert_eq!(rw(&host, "read", json!({ "path": "/data/within" })).ok(), "inside");
    assert_eq!(rw(&host, "read", json!({ "path": "/data/folder/deep.txt" })).ok(), "deep");
    for path in ["absolute", "relative", "outside/secret.txt", "chain-2", "root/etc/passwd", "circle"] {
        let path = format!("/data/{path}");
        rw(&host, "read", json!({ "path": path })).error();
        rw(&host, "write", json!({ "path": path, "text": "broken" })).error();
        rw(&host, "append", json!({ "path": path })).error();
    }
    rw(&host, "list", json!({ "path": "/data/outside" })).error();
    rw(&host, "write", json!({ "path": "/data/outside/new.txt" })).error();
    rw(&host, "make-folder", json!({ "path": "/data/outside/folder" })).error();
    let outside = host.path().join("outside");
    assert_eq!(all(&outside).len(), 2, "{:?}", all(&outside));
    assert_eq!(text(&host, "outside/secret.txt"), "secret");
}

#[test]
fn a_link_that_leads_nowhere_makes_no_file_outside() {
    let host = host();
    symlink("../outside/new.txt", host.path().join("data/dangling")).unwrap();
    rw(&host, "write", json!({ "path": "/data/dangling" })).error();
    rw(&host, "append", json!({ "path": "/data/dangling" })).error();
    assert!(!host.path().join("outside/new.txt").exists());
}

#[test]
fn no_links_are_made_in_a_mount() {
    let host = host();
    for target in ["in.txt", "../outside/secret.txt", "/etc/passwd"] {
        rw(&host, "symlink", json!({ "path": "/data/link", "target": target })).error();
    }
    rw(&host, "hard-link", json!({ "path": "/data/link", "target": "/data/in.txt" })).error();
    rw(&host, "hard-link", json!({ "path": "/tmp/link", "target": "/data/in.txt" })).error();
    assert!(!host.path().join("data/link").is_symlink() && !host.path().join("data/link").exists());
}

#[test]
fn only_files_and_folders_are_opened_and_nothing_is_waited_for() {
    let host = host();
    let at = |path: &str| host.path().join("data").join(path);
    let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    let _listening = UnixListener::bind(at("socket")).unwrap();
    symlink("/dev/zero", at("device")).unwrap();
    for path in ["/data/pipe", "/data/socket", "/data/device"] {
        for doing in ["read", "write", "append", "truncate", "touch"] {
            rw(&host, doing, json!({ "path": path })).error();
        }
    }
    let stat = rw(&host, "stat", json!({ "path": "/data/pipe" })).ok();
    assert_eq!((&stat["is_file"], &stat["is_folder"]), (&json!(false), &json!(false)));
}

#[test]
fn what_is_moved_between_mounts_or_own_folders_is_refused_as_on_another_disk() {
    let host = host();
    let across = |from: &str, to: &str| {
        open(mode("rename", json!({ "target": from, "path": to, "leave": "own" })))
            .mounted(&host.path().join("data"), "/data", MountMode::Rw)
            .mounted(&host.path().join("outside"), "/other", MountMode::Rw)
            .run()
            .error()
    };
    for (from, to) in [("/data/in.txt", "/other/x"), ("/data/in.txt", "/tmp/x"), ("/out/out", "/data/x")] {
        let error = across(from, to);
        assert!(error.contains("cross") || error.contains("Cross") || error.contains("device"), "{from} {to}: {error}");
    }
    assert_eq!(text(&host, "data/in.txt"), "inside");
}

#[test]
fn tasks_that_append_to_one_file_at_once_do_not_overwrite_each_other() {
    const LINES: usize = 300;
    let host = host();
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let host = &host;
            scope.spawn(move || {
                rw(host, "append", json!({ "path": "/data/ledger", "text": name, "count": LINES })).ok();
            });
        }
    });
    let ledger = text(&host, "data/ledger");
    for name in ["a", "b", "c", "d"] {
        assert_eq!(ledger.lines().filter(|line| *line == format!("{name} 2")).count(), LINES, "{name}");
    }
    assert_eq!(ledger.lines().count(), 4 * LINES);
}

#[test]
fn what_is_written_to_a_mount_counts_in_no_quota() {
    let host = host();
    let written = open(mode("write", json!({ "path": "/data/large", "bytes": 200_000 })))
        .mounted(&host.path().join("data"), "/data", MountMode::Rw)
        .limited(|limits| limits.scratch_bytes = 1_000)
        .run();
    assert_eq!(written.ok(), 200_000);
}

#[test]
fn the_tasks_own_folders_are_as_ever_beside_a_mount() {
    let host = host();
    let tried = rw(&host, "write", json!({ "path": "/out/out", "text": "own" }));
    assert_eq!(tried.ok(), 3);
    assert_eq!(fs::read_to_string(tried.out().join("out")).unwrap(), "own");
}
