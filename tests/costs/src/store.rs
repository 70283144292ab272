//! A database with a DAG in it, and what a run of that would write.

use std::sync::Arc;

use dagwood::dag::model::{Dag, RunInputs};
use dagwood::lifecycle::change::Change;
use dagwood::scheduler::create::{NewRunRequest, Source, planned, version};
use dagwood::store::sqlite::SqliteStore;
use dagwood::store::{InstanceRecord, NewRun, ProcessId, ProcessKind, RunType, Seen, Store, Verdict};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::drive::{KEY, dates, drive};
use crate::ground;

/// A database, and what is to be written into it.
pub struct Written {
    store: SqliteStore,
    process: ProcessId,
    run: NewRun,
    /// What each step of the run changes.
    steps: Vec<Arc<Vec<Change>>>,
    _folder: TempDir,
}

impl Written {
    /// For a run of the DAG of this text.
    ///
    /// # Panics
    /// Without a place for the database.
    pub fn of(text: &str) -> Self {
        let (now, dag) = (Timestamp::UNIX_EPOCH, ground::dag(text));
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let store = SqliteStore::open(&folder.path().join("dagwood.db")).expect("a database can be made there");
        let process = store.enter_process(ProcessKind::Run, 1, now).expect("a new database can be written");
        let source = Source { dag: Arc::clone(&dag), text: text.into(), folder: "/".into(), file: None };
        store.keep_dag_version(&version(&source), Seen::Nowhere, now).expect("a new database can be written");
        let run = planned(&source, request(process));
        Self { store, process, run, steps: steps(&dag), _folder: folder }
    }

    /// The same with the run in it, at its end.
    pub fn at_its_end(text: &str) -> Self {
        let written = Self::of(text);
        written.write();
        written
    }

    /// Makes the run, and writes all its changes, a transaction for each step. Gives how many were taken.
    ///
    /// # Panics
    /// When the database fails.
    pub fn write(&self) -> usize {
        let (key, _) = self.store.create_run(&self.run).expect("the run is new");
        assert_eq!(key, KEY, "it is the first run");
        let commit = |step: &Arc<Vec<Change>>| self.store.commit(self.process, Arc::clone(step));
        let verdicts = self.steps.iter().flat_map(|step| commit(step).expect("the database can be written"));
        verdicts.filter(|verdict| *verdict == Verdict::Accepted).count()
    }

    /// Reads the run's instances.
    ///
    /// # Panics
    /// When the database fails.
    pub fn read(&self) -> Vec<InstanceRecord> {
        self.store.instances(KEY).expect("the database can be read")
    }
}

fn request(owner: ProcessId) -> NewRunRequest {
    let (inputs, now) = (RunInputs::default(), Timestamp::UNIX_EPOCH);
    NewRunRequest { run_type: RunType::Manual, dates: dates(), inputs, owner, now }
}

fn steps(dag: &Arc<Dag>) -> Vec<Arc<Vec<Change>>> {
    let mut steps = Vec::new();
    drive(dag, |changes| steps.push(Arc::new(changes)));
    steps
}
