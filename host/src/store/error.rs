//! What can go wrong with the store, in words for people.

use std::path::PathBuf;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Made by a newer program.
    #[error(
        "the database {path} has schema version {found}; this program knows up to {known}: \
         use the newer dagwood that wrote it, or another --home"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The home cannot be written.
    #[error("the database {path} cannot be written: make its folder writable for you, or give another --home")]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// No space.
    #[error("no space is left for the database {path}: free some, then repeat the command")]
    Full {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Another process held the database too long.
    #[error("the database {path} stayed locked by another process: try again")]
    Busy {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Not a database, or a damaged one.
    #[error("the file {path} is damaged or no dagwood database: restore a backup, or move it away to begin anew")]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Another program's database.
    #[error("the file {path} is a database of another program: give another --home")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// Anything else that SQLite says.
    #[error("the database {path} failed")]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A row holds what this program cannot read.
    #[error("the database holds a {what} that cannot be read: {detail}")]
    BadRow {
        /// Which column.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The folder or the file cannot be reached.
    #[error("cannot use {path}: make it readable and writable for you, or give another --home")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The logical date is taken by another scheduled or backfill run.
    #[error("DAG `{dag_id}` has a scheduled or backfill run for {logical_date} already")]
    LogicalDateTaken {
        /// The DAG.
        dag_id: String,
        /// The date.
        logical_date: String,
    },
    /// The run is not in a state in which this can be done.
    #[error("run `{run_id}` is {state} and belongs to a process that lives: wait for its end")]
    RunInUse {
        /// The run.
        run_id: String,
        /// Its state.
        state: String,
    },
    /// The writing thread is gone.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether it may be over when it is tried again: a full disk, a lock, a disk that failed. Not what is wrong with the
    /// database or with this program.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full { .. } | Self::ReadOnly { .. } | Self::Busy { .. } | Self::Io { .. } => true,
            Self::Sqlite { source, .. } => source.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure),
            Self::Newer { .. }
            | Self::Corrupt { .. }
            | Self::Foreign { .. }
            | Self::BadRow { .. }
            | Self::LogicalDateTaken { .. }
            | Self::RunInUse { .. }
            | Self::Closed => false,
        }
    }
}
