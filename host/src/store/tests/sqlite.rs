use std::path::Path;

use super::conformance;
use crate::store::sqlite::{SCHEMA_VERSION, SqliteStore};
use crate::store::{Store, StoreError};

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("dagwood.db")).unwrap()
}

#[test]
fn sqlite_conforms() {
    conformance::all(&|| {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        (Box::new(store), Box::new(folder))
    });
}

#[test]
fn what_is_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let made = {
        let store = open(folder.path());
        conformance::a_run(&store)
    };
    let store = open(folder.path());
    assert_eq!(store.run(made.run).unwrap().unwrap().run_id, made.run_id);
    assert_eq!(store.instances(made.run).unwrap().len(), conformance::TASKS);
}

#[test]
fn a_database_from_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagwood.db");
    drop(open(folder.path()));
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found, known, .. } if found == known + 1), "{error}");
    assert!(error.to_string().contains("newer dagwood"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagwood.db");
    std::fs::write(&path, "this is no database, but it is long enough to look like a page of one ".repeat(100))
        .unwrap();
    let error = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is no database"));
}

#[test]
fn the_database_is_private_to_the_user() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let mode = std::fs::metadata(folder.path().join("dagwood.db")).unwrap().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn two_stores_on_one_file_both_write() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()), open(folder.path()));
    std::thread::scope(|scope| {
        for store in [&one, &two] {
            scope.spawn(move || {
                for _ in 0..20 {
                    conformance::a_run(store);
                }
            });
        }
    });
    let (runs, total) = one.runs(&Default::default()).unwrap();
    assert_eq!((runs.len(), total), (40, 40));
}

#[test]
fn sqlite_keeps_the_rows_of_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    crate::registry::index_suite::run(&store, |component, user| conformance::use_component(&store, component, user));
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagwood.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    let error = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
    let tables = "SELECT group_concat(name) FROM sqlite_master";
    let connection = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(connection.query_row(tables, [], |row| row.get::<_, String>(0)).unwrap(), "x");
}
