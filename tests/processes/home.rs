//! Homes that cannot be used, and what is in them afterwards.

use std::path::Path;

use rusqlite::Connection;

use crate::common::{Bench, on_small_disk};

const DAG: &str = "id = \"one\"\n[tasks.one]\nplugin = 'misbehave'\n";

/// A home with one finished run, and the DAG to make another.
fn used() -> Bench {
    let bench = Bench::seeded();
    bench.dag("dag.toml", DAG);
    bench.run(["run", "dag.toml"]).exits(0);
    bench
}

fn database(bench: &Bench) -> Connection {
    Connection::open(bench.home().join("dagwood.db")).unwrap()
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let bench = used();
    let known: u32 = database(&bench).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    database(&bench).pragma_update(None, "user_version", 99).unwrap();
    for args in [&["run", "dag.toml"][..], &["runs", "list"], &["plugin", "list"]] {
        bench.run(args).exits(3).says(&[
            "schema version 99",
            &format!("knows up to {known}"),
            "newer dagwood",
            "--home",
        ]);
    }
    let connection = database(&bench);
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
    connection.pragma_update(None, "user_version", known).unwrap();
    drop(connection);
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json()["total_entries"], 1);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let bench = Bench::new();
    for content in [&b"my notes\n"[..], &[0x5a; 10_000]] {
        let file = bench.write("home/dagwood.db", content);
        bench.run(["runs", "list"]).exits(3).says(&["dagwood.db", "damaged or no dagwood database", "move it away"]);
        assert_eq!(std::fs::read(&file).unwrap(), content);
    }
}

#[test]
fn a_damaged_database_is_left_alone() {
    let bench = used();
    let file = bench.home().join("dagwood.db");
    let mut content = std::fs::read(&file).unwrap();
    // All but the header of the first page, which names the format.
    content[100..].fill(0xff);
    std::fs::write(&file, &content).unwrap();
    bench.run(["runs", "list"]).exits(3).says(&["dagwood.db", "damaged"]);
    assert_eq!(std::fs::read(&file).unwrap(), content);
}

#[test]
fn a_folder_in_the_place_of_the_database_is_named() {
    let bench = Bench::new();
    bench.write("home/dagwood.db/file", "");
    bench.run(["runs", "list"]).exits(3).says(&["dagwood.db", "Is a directory", "--home"]);
}

#[test]
fn a_home_that_cannot_be_is_named() {
    let bench = Bench::new();
    let file = bench.write("file", "mine");
    let home = |home: &Path| bench.run(["--home".as_ref(), home.as_os_str(), "runs".as_ref(), "list".as_ref()]);
    home(&file).exits(2).says(&["file is not a folder", "--home"]);
    home(&file.join("below")).exits(3).says(&["file/below", "as the home folder", "--home"]);
    home(Path::new("")).exits(2).says(&["a value is required", "--home"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_full_home_loses_nothing() {
    let bench = Bench::new();
    bench.dag("dag.toml", DAG);
    let script = "
        dagwood run dag.toml 2>&1 || exit 11
        cat /dev/zero > \"$HOME_FOLDER/filling\" 2> /dev/null
        dagwood run dag.toml; [ $? = 3 ] || exit 12
        dagwood runs list 2> /dev/null; [ $? = 3 ] || exit 13
        rm \"$HOME_FOLDER/filling\"
        dagwood run dag.toml 2>&1 || exit 14
        dagwood runs list --json > list.json";
    let Some(ran) = on_small_disk(&bench, script) else { return };
    ran.exits(0).says(&["no space is left", "dagwood.db"]);
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(bench.path("list.json")).unwrap()).unwrap();
    assert_eq!(list["total_entries"], 2);
    assert!(list["dag_runs"].as_array().unwrap().iter().all(|run| run["state"] == "success"), "{list}");
}

#[test]
fn a_read_only_home_is_named_and_loses_nothing() {
    let bench = Bench::new();
    bench.dag("dag.toml", DAG);
    let script = "
        dagwood run dag.toml 2>&1 || exit 11
        mount -o remount,ro \"$HOME_FOLDER\" || exit 12
        dagwood run dag.toml; [ $? = 3 ] || exit 13
        mount -o remount,rw \"$HOME_FOLDER\" || exit 14
        dagwood run dag.toml 2>&1 || exit 15
        dagwood runs list --json > list.json";
    let Some(ran) = on_small_disk(&bench, script) else { return };
    ran.exits(0).says(&["dagwood.db", "Read-only file system", "writable", "--home"]);
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(bench.path("list.json")).unwrap()).unwrap();
    assert_eq!(list["total_entries"], 2);
}
