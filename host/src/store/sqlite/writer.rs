//! The one connection that writes. Who comes while it is busy puts what is to be written into a queue; the first of those
//! who wait writes all that is in it in one transaction, so that one sync serves many.
//!
//! A thread of its own for that would cost each commit two changes of threads, which is as much as the commit.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::store::{Result, StoreError};

/// Jobs in one transaction at most: bounds how long the first of them waits.
const GROUP_MAX: usize = 512;

/// Something to be written, and its caller, who is told only after the commit.
trait Job: Send {
    fn perform(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, end: Result<()>);
    /// Tells the caller to write what is in the queue, its own job first.
    fn lead(&self);
}

/// What a caller is told while it waits.
enum Told<T> {
    /// What came of its job.
    End(Result<T>),
    /// It is its turn to write.
    Lead,
}

struct Call<T, F> {
    write: Option<F>,
    result: Option<T>,
    reply: mpsc::Sender<Told<T>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send,
{
    fn perform(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if let Some(write) = self.write.take() {
            self.result = Some(write(transaction)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, end: Result<()>) {
        let Self { result, reply, .. } = *self;
        // A caller that panicked meanwhile does not need to know.
        drop(reply.send(Told::End(end.and_then(|()| result.ok_or(StoreError::Closed)))));
    }

    fn lead(&self) {
        drop(self.reply.send(Told::Lead));
    }
}

/// The connection and its queue.
pub(super) struct Writer {
    path: PathBuf,
    queue: Mutex<Queue>,
    connection: Mutex<Connection>,
}

#[derive(Default)]
struct Queue {
    /// What came first is first.
    jobs: VecDeque<Box<dyn Job>>,
    /// Somebody writes, or was told to.
    led: bool,
}

impl Writer {
    /// Writes by `connection`.
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self { path, queue: Mutex::default(), connection: Mutex::new(connection) }
    }

    /// Runs `write` in a transaction, perhaps together with what others write, and blocks until the commit.
    pub(super) fn call<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, told) = mpsc::channel();
        if self.enter(Box::new(Call { write: Some(write), result: None, reply })) {
            self.write();
        }
        loop {
            match told.recv() {
                Ok(Told::End(end)) => return end,
                Ok(Told::Lead) => self.write(),
                // Who wrote it panicked.
                Err(mpsc::RecvError) => return Err(StoreError::Closed),
            }
        }
    }

    /// The connection itself, for tests.
    #[cfg(test)]
    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        held(&self.connection)
    }

    /// Puts a job into the queue; whether its caller is the one to write.
    fn enter(&self, job: Box<dyn Job>) -> bool {
        let mut queue = held(&self.queue);
        queue.jobs.push_back(job);
        !std::mem::replace(&mut queue.led, true)
    }

    /// Writes what came first, then lets the next of those who wait go on.
    fn write(&self) {
        let _next = NextLeads(self);
        let mut connection = held(&self.connection);
        let group = {
            let mut queue = held(&self.queue);
            let size = queue.jobs.len().min(GROUP_MAX);
            queue.jobs.drain(..size).collect()
        };
        write_group(&mut connection, &self.path, group);
    }
}

/// Hands the lead on when it is dropped, also by a panic: else the others would wait for ever.
struct NextLeads<'a>(&'a Writer);

impl Drop for NextLeads<'_> {
    fn drop(&mut self) {
        let mut queue = held(&self.0.queue);
        match queue.jobs.front() {
            Some(next) => next.lead(),
            None => queue.led = false,
        }
    }
}

/// A lock whose last holder may have panicked: a transaction that was under way then is rolled back.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Leaves a single file behind, which is what people copy.
        let _ = held(&self.connection).execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
    }
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
    if let [alone] = group {
        // Its failure is that of the transaction.
        return guarded(alone.as_mut(), transaction).map(|()| vec![Ok(())]);
    }
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
    aborted("the transaction was rolled back")
}

fn aborted(why: &str) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT);
    rusqlite::Error::SqliteFailure(code, Some(why.to_owned()))
}

/// Performs a job. Its panic is its own failure: it may run on the thread of somebody else, who has nothing to do with it.
fn guarded(job: &mut dyn Job, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    catch_unwind(AssertUnwindSafe(|| job.perform(transaction)))
        .unwrap_or_else(|_| Err(aborted("what was to be written panicked")))
}

/// Runs one job in a savepoint of its own: its failure does not touch the others of the group.
fn perform(job: &mut dyn Job, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch("SAVEPOINT job")?;
    let end = guarded(job, transaction);
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
