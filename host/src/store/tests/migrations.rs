//! A database of each earlier version, with rows of that version, opened by this program.

use std::path::Path;

use rusqlite::Connection;

use crate::ids::{DagId, RunKey};
use crate::lifecycle::state::{RunState, TaskState};
use crate::store::sqlite::{SCHEMA_VERSION, SqliteStore};
use crate::store::{ProcessId, RunType, Store};

/// As they were published.
const PUBLISHED: [&str; 5] = [
    include_str!("../sqlite/migrations/0001_ground.sql"),
    include_str!("../sqlite/migrations/0002_server.sql"),
    include_str!("../sqlite/migrations/0003_callbacks.sql"),
    include_str!("../sqlite/migrations/0004_failures.sql"),
    include_str!("../sqlite/migrations/0005_ends.sql"),
];

/// Rows that a program of version 1 could have written: a success, two failures after it, one run that runs.
const ROWS: &str = r#"
    INSERT INTO process VALUES (1, 'server', 4711, 1000, NULL);
    INSERT INTO dag_version VALUES (
        'blake3:' || printf('%064d', 7), 'ml', 'id = "ml"', '/dags', '{}', 1000);
    INSERT INTO dag VALUES ('ml', 'blake3:' || printf('%064d', 7), '/dags/ml.toml', 1000, 2000);
    INSERT INTO dag_run (run_key, dag_id, run_id, run_type, version, state, owner, logical_date, run_after, inputs,
                         queued_at, start_date, end_date)
    SELECT value, 'ml', 'scheduled__' || value, 'scheduled', 'blake3:' || printf('%064d', 7),
           CASE value WHEN 1 THEN 'success' WHEN 4 THEN 'running' ELSE 'failed' END,
           1, 1000 * value, 1000 * value, '{"params":{},"files":{}}', 1000, 1000 * value, iif(value = 4, NULL, 1000 * value + 500)
    FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3 UNION SELECT 4);
    INSERT INTO task_instance (run_key, task, task_id, state, try_number, max_tries, value)
    VALUES (1, 0, 'train', 'success', 1, 3, '{"loss":0.25}'), (4, 0, 'train', 'up_for_retry', 2, 3, NULL);
"#;

/// A database as the program of that version left it.
fn of_version(path: &Path, version: usize) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.execute_batch(PUBLISHED[0]).unwrap();
    connection.execute_batch(ROWS).unwrap();
    for (migration, number) in PUBLISHED[1..version].iter().zip(2..) {
        connection.execute_batch(migration).unwrap();
        if number == 4 {
            // It was paused when two of the runs had ended.
            connection.execute("UPDATE dag SET paused = 'lunch', failures_count_after = 2500", []).unwrap();
        }
    }
    connection.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
}

fn dag_id() -> DagId {
    DagId::new("ml").unwrap()
}

fn version_of(path: &Path) -> u32 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_migrations_here_are_all_there_are() {
    assert_eq!(PUBLISHED.len(), SCHEMA_VERSION as usize);
}

#[test]
fn a_database_of_each_earlier_version_is_backed_up_and_its_rows_are_kept() {
    for version in 1..PUBLISHED.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dagwood.db");
        of_version(&path, version);
        let store = SqliteStore::open(&path).unwrap();

        let backup = folder.path().join(format!("dagwood.v{version}.bak"));
        assert_eq!(version_of(&backup), u32::try_from(version).unwrap(), "the backup is of the version before");
        let in_backup = Connection::open(&backup).unwrap();
        let count: u32 = in_backup.query_row("SELECT count(*) FROM dag_run", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 4, "version {version}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(is_half).count(), 0, "no half backup is left");

        assert_eq!(version_of(&path), SCHEMA_VERSION);
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "version {version}");
        let run = |key| store.run(RunKey(key)).unwrap().unwrap();
        assert_eq!(
            [1, 2, 3, 4].map(|key| run(key).state),
            [RunState::Success, RunState::Failed, RunState::Failed, RunState::Running]
        );
        assert_eq!((run(1).run_type, run(1).owner), (RunType::Scheduled, ProcessId(1)));
        assert_eq!(run(2).end_date.unwrap().as_microsecond(), 2500);
        let instance = |key| store.instances(RunKey(key)).unwrap().remove(0);
        assert_eq!(
            (instance(1).state, instance(1).value),
            (TaskState::Success, Some(serde_json::json!({"loss": 0.25})))
        );
        assert_eq!(
            (instance(4).state, instance(4).try_number, instance(4).clearing),
            (TaskState::UpForRetry, 2, false)
        );
        let dag = store.dag(&dag_id()).unwrap().unwrap();
        let paused = (version >= 4).then_some("lunch");
        assert_eq!((dag.paused.as_deref(), dag.path.as_deref()), (paused, Some(Path::new("/dags/ml.toml"))));
        let failed = if version >= 4 { 1 } else { 2 };
        assert_eq!(store.failed_in_a_row(&dag_id()).unwrap(), failed, "version {version}: those before a pause aside");
    }
}

fn is_half(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "part")
}

#[test]
fn a_backup_that_is_there_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagwood.db");
    of_version(&path, 3);
    let backup = folder.path().join("dagwood.v3.bak");
    std::fs::write(&backup, "of an earlier migration, which was not finished").unwrap();
    drop(SqliteStore::open(&path).unwrap());
    assert!(std::fs::read_to_string(&backup).unwrap().starts_with("of an earlier"));
    assert_eq!(version_of(&path), SCHEMA_VERSION);
}

#[test]
fn a_migration_that_cannot_be_backed_up_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagwood.db");
    of_version(&path, 3);
    let half = path.with_extension(format!("v3.{}.part", std::process::id()));
    std::fs::create_dir(&half).unwrap();
    let error = SqliteStore::open(&path).err().unwrap();
    assert!(error.to_string().contains("dagwood.db"), "{error}");
    assert_eq!(version_of(&path), 3);
}

#[test]
fn the_migrated_and_the_new_have_the_same_tables() {
    let schema = |path: &Path| -> Vec<(String, String)> {
        let connection = Connection::open(path).unwrap();
        let sql = "SELECT m.name, group_concat(c.name || ' ' || c.type || ' ' || c.\"notnull\", ', ')
                   FROM sqlite_master AS m, pragma_table_info(m.name) AS c GROUP BY m.name ORDER BY m.name";
        let mut rows = connection.prepare(sql).unwrap();
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new.db");
    drop(SqliteStore::open(&new).unwrap());
    for version in 1..PUBLISHED.len() {
        let old = folder.path().join(format!("{version}.db"));
        of_version(&old, version);
        drop(SqliteStore::open(&old).unwrap());
        assert_eq!(schema(&old), schema(&new), "version {version}");
    }
}
