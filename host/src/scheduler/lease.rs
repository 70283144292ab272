//! Which processes live. Each that owns runs holds a lock on a file of its number; the system lets go of it when the
//! process ends, however it ends. So a lost host is seen at once, without a clock.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::ids::RunKey;
use crate::store::{ProcessId, ProcessKind, Store, StoreError};

/// Why no lease could be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The lock files cannot be used.
    #[error("cannot use the lock file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Only one server may be on a home.
    #[error("a server runs on this home folder already: stop it first, or give another --home")]
    Served,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// This process's entry. Dropped without [`Lease::end`], it is as after a crash: the next process ends what it left.
pub struct Lease {
    store: Arc<dyn Store>,
    path: PathBuf,
    presence: Presence,
}

/// A process that lives as long as one of these is there. Cheap to clone.
#[derive(Clone)]
pub struct Presence {
    id: ProcessId,
    _locks: Arc<Locks>,
}

impl Presence {
    /// The process, as the store numbers it.
    pub fn id(&self) -> ProcessId {
        self.id
    }
}

/// Files that are locked while this is there.
struct Locks {
    _own: File,
    /// Of a server, and of whoever does its work for a moment: there is one at most.
    _place: Option<File>,
    /// Of a server, so that others know it from those who are done in a moment.
    _server: Option<File>,
}

/// What only one process may hold, beside its own file.
#[derive(Default)]
struct Rooms {
    place: Option<File>,
    server: Option<File>,
}

impl Lease {
    /// Ends what dead processes left, then enters this one. `folder` holds the lock files.
    pub fn take(
        store: Arc<dyn Store>,
        folder: &Path,
        kind: ProcessKind,
        now: Timestamp,
    ) -> Result<(Self, Vec<RunKey>), LeaseError> {
        Self::take_with(Rooms::default(), store, folder, kind, now)
    }

    fn take_with(
        rooms: Rooms,
        store: Arc<dyn Store>,
        folder: &Path,
        kind: ProcessKind,
        now: Timestamp,
    ) -> Result<(Self, Vec<RunKey>), LeaseError> {
        // Held over both steps: nobody takes a process for dead that was entered and has not locked its file yet.
        let _door = pass_door(folder)?;
        let abandoned = bury(store.as_ref(), folder, now)?;
        let id = store.enter_process(kind, std::process::id(), now)?;
        let path = lock_path(folder, id);
        let lock = open(&path)?;
        lock.lock().map_err(|source| LeaseError::Io { path: path.clone(), source })?;
        let locks = Locks { _own: lock, _place: rooms.place, _server: rooms.server };
        let presence = Presence { id, _locks: Arc::new(locks) };
        Ok((Self { store, path, presence }, abandoned))
    }

    /// As [`Lease::take`], for the one server of the home: it takes over the unfinished runs of those before it. Blocks
    /// while somebody is in its place, which is for a moment.
    ///
    /// # Errors
    /// Besides the usual ones, [`LeaseError::Served`] if there is a server.
    pub fn take_server(store: Arc<dyn Store>, folder: &Path, now: Timestamp) -> Result<Self, LeaseError> {
        make_folder(folder)?;
        let server = try_lock(folder.join("server.lock"))?;
        let path = folder.join("place.lock");
        let place = open(&path)?;
        place.lock().map_err(|source| LeaseError::Io { path, source })?;
        Self::enter_place(Rooms { place: Some(place), server: Some(server) }, store, folder, now)
    }

    /// As [`Lease::take_server`], for somebody who does one thing in the place of a server that is not there.
    ///
    /// # Errors
    /// Besides the usual ones, [`LeaseError::Served`] if there is a server, or another in its place.
    pub fn take_place(store: Arc<dyn Store>, folder: &Path, now: Timestamp) -> Result<Self, LeaseError> {
        make_folder(folder)?;
        let place = try_lock(folder.join("place.lock"))?;
        Self::enter_place(Rooms { place: Some(place), server: None }, store, folder, now)
    }

    fn enter_place(rooms: Rooms, store: Arc<dyn Store>, folder: &Path, now: Timestamp) -> Result<Self, LeaseError> {
        let (lease, _) = Self::take_with(rooms, Arc::clone(&store), folder, ProcessKind::Server, now)?;
        store.adopt_runs(lease.process(), now)?;
        Ok(lease)
    }

    /// This process, as the store numbers it.
    pub fn process(&self) -> ProcessId {
        self.presence.id
    }

    /// Lets the process live for whoever works in its name, also when this is dropped before.
    pub fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// This process's last word: it owns no unfinished run any more.
    pub fn end(self, now: Timestamp) -> Result<(), StoreError> {
        let ended = self.store.end_process(self.process(), now);
        // The row is what counts; a file left over is looked at by nobody.
        let _ = fs::remove_file(&self.path);
        ended
    }
}

/// Ends what dead processes left, without entering this one: whoever opens the home does, if only to read, so that
/// nothing is shown as running that does not run.
pub fn end_dead(store: &dyn Store, folder: &Path, now: Timestamp) -> Result<Vec<RunKey>, LeaseError> {
    if store.open_processes()?.is_empty() {
        return Ok(Vec::new());
    }
    let _door = pass_door(folder)?;
    bury(store, folder, now)
}

fn make_folder(folder: &Path) -> Result<(), LeaseError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| LeaseError::Io { path: folder.to_owned(), source })
}

/// Makes the folder of lock files, and waits until this process alone looks at who lives.
fn pass_door(folder: &Path) -> Result<File, LeaseError> {
    let failed = |source| LeaseError::Io { path: folder.to_owned(), source };
    make_folder(folder)?;
    let door = open(&folder.join("door.lock"))?;
    door.lock().map_err(failed)?;
    Ok(door)
}

fn lock_path(folder: &Path, process: ProcessId) -> PathBuf {
    folder.join(format!("{}.lock", process.0))
}

fn open(path: &Path) -> Result<File, LeaseError> {
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| LeaseError::Io { path: path.to_owned(), source })
}

/// Locks one of the files that only one process may hold.
fn try_lock(path: PathBuf) -> Result<File, LeaseError> {
    let file = open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LeaseError::Served),
        Err(TryLockError::Error(source)) => Err(LeaseError::Io { path, source }),
    }
}

/// Ends the processes that do not live any more. The runs of a dead `run` are failed; those of a dead server wait for
/// the next server.
fn bury(store: &dyn Store, folder: &Path, now: Timestamp) -> Result<Vec<RunKey>, LeaseError> {
    let mut abandoned = Vec::new();
    for (process, kind, _) in store.open_processes()? {
        let path = lock_path(folder, process);
        if lives(&path)? || kind == ProcessKind::Server {
            continue;
        }
        for run in store.unfinished_runs(process)? {
            store.abandon_run(run.key, "its process ended", now)?;
            abandoned.push(run.key);
        }
        store.end_process(process, now)?;
        let _ = fs::remove_file(&path);
    }
    Ok(abandoned)
}

/// Whether a process holds the lock on its file.
fn lives(path: &Path) -> Result<bool, LeaseError> {
    if !path.exists() {
        return Ok(false);
    }
    match open(path)?.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(LeaseError::Io { path: path.to_owned(), source }),
    }
}
