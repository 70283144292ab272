//! Connections: their settings, and the numbered migrations.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::store::{Result, StoreError};

/// Forward only: a published migration is never edited; a change is one more.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_ground.sql"),
    include_str!("migrations/0002_server.sql"),
    include_str!("migrations/0003_callbacks.sql"),
    include_str!("migrations/0004_failures.sql"),
    include_str!("migrations/0005_ends.sql"),
];

/// The version that this program writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Pages in the write-ahead log before it is copied into the database: 16 MiB. Rows of a run are written several times in
/// short order, and of a page that is in the log more than once only the last one is copied.
const CHECKPOINT_PAGES: i64 = 4_096;

/// Memory for pages of the connection that writes, at most.
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// Prepared statements kept per connection.
const STATEMENTS: usize = 64;

impl StoreError {
    /// What SQLite's error means for the database at `path`.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        // A full disk shows itself first where the file that readers and the writer share cannot grow.
        if source.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE) {
            return Self::Full { path, source };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path, source }
            }
            // A file system that became read-only under open files fails each write.
            Some(ErrorCode::SystemIoFailure) if is_read_only(&path) => Self::ReadOnly { path, source },
            Some(ErrorCode::DiskFull) => Self::Full { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path, source },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path, source },
            _ => Self::Sqlite { path, source },
        }
    }
}

/// Whether the system says so.
fn is_read_only(path: &Path) -> bool {
    let opened = fs::OpenOptions::new().append(true).open(path);
    opened.is_err_and(|error| error.kind() == std::io::ErrorKind::ReadOnlyFilesystem)
}

/// The connection that writes: makes the file, private to the user, and migrates it.
pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    make_private(path)?;
    let failed = |source| StoreError::of(path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(failed)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let failed = |source| StoreError::of(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)
}

fn make_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
    match opened {
        Ok(_) => Ok(()),
        Err(source) => Err(StoreError::Io { path: path.to_owned(), source }),
    }
}

fn version_of(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let failed = |source| StoreError::of(path, source);
    let found = version_of(connection).map_err(failed)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    if found == SCHEMA_VERSION {
        return Ok(());
    }
    if found > 0 {
        back_up(connection, path, found)?;
    } else if holds_tables(connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have migrated while this one waited for the lock.
    let now = version_of(&transaction).map_err(failed)?;
    for migration in MIGRATIONS.iter().skip(now as usize) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION.max(now)).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Whether a database without a version has tables all the same: then another program made it.
fn holds_tables(connection: &Connection) -> rusqlite::Result<bool> {
    // Two processes may begin a home at once: the version and the tables come in one transaction.
    connection.query_row(
        "SELECT (SELECT user_version FROM pragma_user_version) = 0
            AND EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table')",
        [],
        |row| row.get(0),
    )
}

fn back_up(connection: &Connection, path: &Path, version: u32) -> Result<()> {
    let copy = path.with_extension(format!("v{version}.bak"));
    if copy.exists() {
        return Ok(());
    }
    let half = path.with_extension(format!("v{version}.{}.part", std::process::id()));
    connection.execute("VACUUM INTO ?1", [half.to_string_lossy()]).map_err(|source| StoreError::of(path, source))?;
    fs::rename(&half, &copy).map_err(|source| StoreError::Io { path: copy, source })
}
