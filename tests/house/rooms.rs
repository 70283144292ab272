//! The table of the rooms, in the order of dependency, and whom each may import. `host/ARCHITECTURE.md` explains it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Anyone may import these: names, numbers, plain types.
const EVERYWHERE: &[&str] = &["ids", "limits", "text", "contract"];

/// Room → rooms that it may import besides those.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("ids", &[]),
    ("limits", &[]),
    ("text", &[]),
    ("contract", &[]),
    ("planted", &[]),
    ("fuzzing", &[]),
    ("clock", &[]),
    ("home", &[]),
    ("memory", &[]),
    ("schedule", &[]),
    ("dag", &["schedule"]),
    ("config", &["dag", "schedule"]),
    ("lifecycle", &["dag", "planted"]),
    ("planner", &["dag", "lifecycle", "schedule", "planted"]),
    ("artifacts", &["clock"]),
    ("executor", &["clock", "lifecycle", "artifacts"]),
    ("registry", &["clock", "lifecycle", "executor"]),
    ("sandbox", &["lifecycle", "executor", "registry"]),
    ("store", &["dag", "lifecycle", "executor", "registry"]),
    ("scheduler", &["clock", "dag", "schedule", "lifecycle", "planner", "executor", "store"]),
    ("control", &["scheduler"]),
    ("loader", &["clock", "memory", "dag", "config", "artifacts", "registry", "executor", "lifecycle"]),
    ("views", &["dag", "lifecycle", "schedule", "registry", "store"]),
    (
        "compose",
        &[
            "clock",
            "home",
            "memory",
            "dag",
            "config",
            "lifecycle",
            "planner",
            "artifacts",
            "executor",
            "registry",
            "sandbox",
            "store",
            "scheduler",
            "control",
            "loader",
        ],
    ),
    (
        "cli",
        &[
            "clock",
            "home",
            "dag",
            "schedule",
            "lifecycle",
            "artifacts",
            "executor",
            "registry",
            "store",
            "scheduler",
            "control",
            "loader",
            "views",
            "compose",
        ],
    ),
];

/// Crates that only one room may know. (The store's own error names SQLite's as its source.)
const CRATE_OF: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox"]),
    ("wasmtime_wasi", &["sandbox"]),
    ("wasmtime_wasi_http", &["sandbox"]),
    ("hyper", &["sandbox"]),
    ("rustls", &["sandbox"]),
    ("rusqlite", &["store"]),
    ("libc", &["memory"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("minijinja", &["dag"]),
    ("petgraph", &["dag"]),
];

/// What the core must not know: no runtime, no files, no clock, no processes.
const CORE: &[&str] = &["ids", "text", "contract", "limits", "schedule", "dag", "lifecycle", "planner"];
const NOT_IN_CORE: &[&str] =
    &["tokio::", "std::fs", "std::process", "std::net", "Timestamp::now", "SystemTime", "Instant::now", "std::env"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn files_of(room: &str) -> Vec<PathBuf> {
    let folder = source().join(room);
    if folder.is_dir() { rust_files(&folder) } else { vec![source().join(format!("{room}.rs"))] }
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "testing")
        || path.file_stem().is_some_and(|stem| {
            let stem = stem.to_string_lossy();
            stem == "tests" || stem == "testing" || stem.ends_with("_tests") || stem.ends_with("_suite")
        })
}

/// Code lines, without comments.
fn code(path: &Path) -> Vec<(usize, String)> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim().to_owned()))
        .filter(|(_, line)| !line.starts_with("//"))
        .collect()
}

fn names_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    line.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_room_stands_in_the_table() {
    let listed: BTreeSet<_> = MAY_IMPORT.iter().map(|(room, _)| (*room).to_owned()).collect();
    let found: BTreeSet<_> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (room, allowed) in MAY_IMPORT {
        for file in files_of(room).iter().filter(|file| !is_test(file)) {
            for (number, line) in code(file) {
                for name in names_after(&line, "crate::") {
                    let lower = name.chars().next().is_some_and(char::is_lowercase);
                    if lower && name != *room && !EVERYWHERE.contains(&name) && !allowed.contains(&name) {
                        wrong.push(format!("{}:{number}: `{room}` must not know `{name}`", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (room, _) in MAY_IMPORT {
        for file in files_of(room).iter().filter(|file| !is_test(file)) {
            for (number, line) in code(file) {
                for (name, rooms) in CRATE_OF {
                    let uses = line.contains(&format!("{name}::")) && !line.contains(&format!("_{name}::"));
                    if uses && !rooms.contains(room) {
                        wrong.push(format!("{}:{number}: `{room}` must not know the crate `{name}`", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_knows_neither_clock_nor_files_nor_runtime() {
    let mut wrong = Vec::new();
    for room in CORE {
        for file in files_of(room).iter().filter(|file| !is_test(file)) {
            for (number, line) in code(file) {
                for word in NOT_IN_CORE.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!("{}:{number}: `{word}` in the core", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
