//! Home folders that cannot be used: each is told from the others, and nothing of them is changed.

use std::os::unix::fs::PermissionsExt;

use crate::common::Bench;

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let bench = Bench::new();
    bench.run(["runs", "list"]).exits(0);
    let path = bench.home().join("dagwood.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 9_999).unwrap();
    database.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    let ran = bench.run(["runs", "list", "--json"]).exits(3);
    let ran = ran.says(&["dagwood.db", "schema version 9999", "use the newer dagwood", "--home"]);
    assert_eq!(ran.stdout, "");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_database_is_named_with_the_way_out() {
    let bench = Bench::new();
    bench.write("home/dagwood.db", "this is no database, and long enough to be read as one: ".repeat(100));
    bench.run(["runs", "list"]).exits(3).says(&["dagwood.db", "damaged or no dagwood database", "move it away"]);
}

#[test]
fn a_home_that_is_a_file_is_a_wrong_call() {
    let bench = Bench::new();
    bench.write("home", "a file");
    bench.run(["runs", "list"]).exits(2).says(&["home", "not a folder"]);
}

#[test]
fn an_empty_name_of_the_home_is_a_wrong_call() {
    let bench = Bench::new();
    bench.run(["--home", "", "runs", "list"]).exits(2).says(&["--home"]);
}

#[test]
fn a_home_is_made_closed_to_others() {
    let bench = Bench::new();
    bench.run(["runs", "list"]).exits(0);
    assert_eq!(std::fs::metadata(bench.home()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_home_option_comes_before_the_environment() {
    let bench = Bench::new();
    bench.run(["--home", "other", "runs", "list"]).exits(0);
    assert!(bench.path("other/dagwood.db").is_file());
    assert!(!bench.home().exists());
}

#[test]
fn everything_in_a_used_home_is_private_to_its_user() {
    let bench = Bench::new();
    let misbehave = crate::common::guest("misbehave");
    bench.run(["plugin".as_ref(), "register".as_ref(), misbehave.as_os_str()]).exits(0);
    bench.write("data.txt", "an input");
    let dag = "id = 'used'\n[tasks.a]\nplugin = 'misbehave'\ninputs.data = { file = 'data.txt' }\n\
               params = { mode = 'log', text = 'a line', leave = 'an output' }\n\
               [tasks.b]\nplugin = 'misbehave'\nparams = { mode = 'panic', leave = 'kept beside the log' }\n";
    let dag = bench.write("dag.toml", dag);
    bench.run(["run".as_ref(), dag.as_os_str()]).exits(1);
    let mode = |path: &std::path::Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let mut seen = 0;
    // What a guest made has the modes that it gave it, in a folder that is private.
    let own = |entry: &walkdir::DirEntry| entry.path().parent().is_none_or(|parent| !parent.ends_with("1.out"));
    for entry in walkdir::WalkDir::new(bench.home()).into_iter().filter_entry(own).map(Result::unwrap) {
        seen += 1;
        let mode = mode(entry.path());
        // What is kept by content is read-only, also for its user, and lies in folders that are private.
        let content = entry.file_type().is_file() && mode == 0o444;
        assert!(content || mode & 0o077 == 0, "{} has the mode {mode:o}", entry.path().display());
    }
    assert!(seen > 25, "{seen} files and folders");
}
