//! The one thread that writes. What came in while it was busy goes into one transaction, so that one sync serves many.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::store::{Result, StoreError};

/// Jobs in one transaction at most: bounds how long the first of them waits.
const GROUP_MAX: usize = 512;

/// Something to be written, and its caller, who is told only after the commit.
trait Job: Send {
    fn perform(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, end: Result<()>);
}

struct Call<T, F, R> {
    write: Option<F>,
    result: Option<T>,
    reply: R,
}

impl<T, F, R> Job for Call<T, F, R>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send,
    R: FnOnce(Result<T>) + Send,
{
    fn perform(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if let Some(write) = self.write.take() {
            self.result = Some(write(transaction)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, end: Result<()>) {
        let Self { result, reply, .. } = *self;
        reply(end.and_then(|()| result.ok_or(StoreError::Closed)));
    }
}

/// A handle on the thread; dropping it lets the thread finish its jobs, and waits for that.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on `connection`.
    pub(super) fn start(connection: Connection, path: PathBuf) -> Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let run = {
            let path = path.clone();
            move || work(connection, &path, &inbox)
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(run)
            .map_err(|source| StoreError::Io { path, source })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands `write` to the thread; the receiver is told after the commit.
    pub(super) fn send<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> oneshot::Receiver<Result<T>> {
        let (reply, receiver) = oneshot::channel();
        // A caller that went away does not need to know.
        self.enqueue(write, move |answer| drop(reply.send(answer)));
        receiver
    }

    /// As [`Writer::send`], and blocks until the commit.
    pub(super) fn call<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, receiver) = mpsc::sync_channel(1);
        self.enqueue(write, move |answer| drop(reply.send(answer)));
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }

    fn enqueue<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
        reply: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        if let Some(jobs) = &self.jobs {
            // If the thread is gone, the reply is dropped with the job, and the receiver learns of it.
            drop(jobs.send(Box::new(Call { write: Some(write), result: None, reply })));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut connection: Connection, path: &Path, inbox: &mpsc::Receiver<Box<dyn Job>>) {
    while let Ok(first) = inbox.recv() {
        let mut group = vec![first];
        group.extend(inbox.try_iter().take(GROUP_MAX - 1));
        write_group(&mut connection, path, group);
    }
    // Leaves a single file behind, which is what people copy.
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
}

fn write_group(connection: &mut Connection, path: &Path, mut group: Vec<Box<dyn Job>>) {
    let written = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
        let ends = perform_all(&mut group, &transaction)?;
        transaction.commit().map(|()| ends)
    });
    match written {
        Ok(ends) => {
            for (job, end) in group.into_iter().zip(ends) {
                job.finish(end.map_err(|source| StoreError::of(path, source)));
            }
        }
        Err(source) => {
            for job in group {
                job.finish(Err(StoreError::of(path, same_again(&source))));
            }
        }
    }
}

/// How each job of the group ended; or why there is no transaction any more.
fn perform_all(
    group: &mut [Box<dyn Job>],
    transaction: &Transaction<'_>,
) -> rusqlite::Result<Vec<rusqlite::Result<()>>> {
    let mut ends = Vec::with_capacity(group.len());
    for job in group {
        let end = perform(job.as_mut(), transaction);
        // After a full disk, for one, SQLite may have rolled everything back by itself. A later job's savepoint would
        // then be a transaction of its own.
        if transaction.is_autocommit() {
            return Err(end.err().unwrap_or_else(lost_transaction));
        }
        ends.push(end);
    }
    Ok(ends)
}

fn lost_transaction() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT);
    rusqlite::Error::SqliteFailure(code, Some("the transaction was rolled back".to_owned()))
}

/// Runs one job in a savepoint of its own: its failure does not touch the others of the group.
fn perform(job: &mut dyn Job, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch("SAVEPOINT job")?;
    let end = job.perform(transaction);
    let close = match end {
        Ok(()) => "RELEASE job",
        Err(_) => "ROLLBACK TO job; RELEASE job",
    };
    let closed = transaction.execute_batch(close);
    end.and(closed)
}

/// The error once more, for the next of the group: SQLite's errors cannot be cloned.
fn same_again(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, words) => rusqlite::Error::SqliteFailure(*code, words.clone()),
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
