//! What SQLite itself takes on this disk, in the settings that the host has: WAL, synchronous = FULL.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};

/// A table like that of the host's task instances, with a row for each task.
pub(crate) struct Bare {
    connection: Connection,
    tasks: i64,
}

impl Bare {
    pub(crate) fn new(folder: &Path, tasks: i64) -> Result<Self> {
        let mut connection = Connection::open(folder.join("bare.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE task (run INTEGER, task INTEGER, state TEXT, at INTEGER, value TEXT, PRIMARY KEY (run, task))
             WITHOUT ROWID;",
        )?;
        let all = connection.transaction()?;
        for task in 0..tasks {
            all.execute("INSERT INTO task VALUES (1, ?1, 'none', 0, NULL)", [task])?;
        }
        all.commit()?;
        Ok(Self { connection, tasks })
    }

    fn write(&mut self, tasks: impl Iterator<Item = i64>, states: &[&str]) -> Result<()> {
        let group = self.connection.transaction()?;
        {
            let mut update = group
                .prepare_cached("UPDATE task SET state = ?1, at = at + 1, value = '{}' WHERE run = 1 AND task = ?2")?;
            for task in tasks {
                for state in states {
                    update.execute(params![state, task])?;
                }
            }
        }
        Ok(group.commit()?)
    }

    /// Tasks a second, where each takes four statements and each group two commits.
    pub(crate) fn tasks_per_second(&mut self, group: i64) -> Result<f64> {
        let start = Instant::now();
        for first in (0..self.tasks).step_by(group as usize) {
            let tasks = first..(first + group).min(self.tasks);
            self.write(tasks.clone(), &["scheduled", "queued", "running"])?;
            self.write(tasks, &["success"])?;
        }
        Ok(self.tasks as f64 / start.elapsed().as_secs_f64())
    }

    /// How long commits of one task's end and the next one's start take, one after the other.
    pub(crate) fn commits(&mut self, count: i64) -> Result<Vec<Duration>> {
        let times = (0..count).map(|task| {
            let start = Instant::now();
            self.write(task % self.tasks..task % self.tasks + 1, &["success", "running"])?;
            Ok(start.elapsed())
        });
        times.collect()
    }
}
