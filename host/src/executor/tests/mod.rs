//! The local executor with a sandbox that does what each test says.

mod local;
mod watching;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::artifacts::{ArtifactStore, remove_tree};
use crate::clock::SystemClock;
use crate::contract::{ArtifactKind, Cardinality, Descriptor, Input, Invocation, Outcome, Port, Problem};
use crate::executor::local::{LocalDeps, LocalExecutor, Progress};
use crate::executor::log::{LogLine, TryFiles, read_log};
use crate::executor::port::{Answer, Compiled, Ended, EngineKind, Job, JobReport, Sandbox};
use crate::executor::{Boxed, CompiledComponents, Executor};
use crate::ids::{DagId, Digest, InstanceKey, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::launch::{Attempt, Launch, Report, RunDates, Usage};
use crate::limits::TaskLimits;

type Play = dyn Fn(Job) -> Boxed<JobReport> + Send + Sync;

/// Plays the guest.
struct Stage(Box<Play>);

impl Sandbox for Stage {
    fn run(&self, job: Job) -> Boxed<JobReport> {
        (self.0)(job)
    }

    fn describe(&self, _component: Compiled) -> Boxed<Result<Descriptor, Ended>> {
        unreachable!("the executor describes nothing")
    }
}

/// Has every component, or none. Keeps what it was told to forget.
struct Components(Result<(), Problem>, Arc<Mutex<Vec<Digest>>>);

impl CompiledComponents for Components {
    fn compiled(&self, digest: Digest, engine: EngineKind) -> Boxed<Result<Compiled, Problem>> {
        let compiled = Compiled { digest, path: format!("compiled/{}", engine.as_str()).into(), engine };
        let result = self.0.clone().map(|()| compiled);
        Box::pin(async { result })
    }

    fn forget(&self, digest: Digest) {
        self.1.lock().unwrap().push(digest);
    }
}

/// What a job was, as far as tests look at it.
#[derive(Debug)]
struct Shown(Attempt, u64, Option<u64>, String);

#[derive(Default)]
struct Bars(Mutex<Vec<Shown>>);

impl Progress for Bars {
    fn progress(&self, attempt: &Attempt, done: u64, total: Option<u64>, message: &str) {
        self.0.lock().unwrap().push(Shown(attempt.clone(), done, total, message.into()));
    }
}

struct Bench {
    home: TempDir,
    artifacts: Arc<ArtifactStore>,
    bars: Arc<Bars>,
    components: Result<(), Problem>,
    forgotten: Arc<Mutex<Vec<Digest>>>,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let artifacts = ArtifactStore::open(&home.path().join("artifacts"), Arc::new(SystemClock)).unwrap();
        let (bars, forgotten) = Default::default();
        Self { home, artifacts: Arc::new(artifacts), bars, components: Ok(()), forgotten }
    }

    fn executor(&self, play: impl Fn(Job) -> Boxed<JobReport> + Send + Sync + 'static) -> LocalExecutor {
        let deps = LocalDeps {
            permits: Arc::new(crate::executor::permits::NoGrants),
            secrets: Arc::new(crate::executor::secrets::NoSecrets),
            sandbox: Arc::new(Stage(Box::new(play))),
            components: Arc::new(Components(self.components.clone(), Arc::clone(&self.forgotten))),
            artifacts: Arc::clone(&self.artifacts),
            clock: Arc::new(SystemClock),
            progress: Some(Arc::clone(&self.bars) as Arc<dyn Progress>),
            scratch: self.home.path().join("scratch"),
            logs: self.home.path().join("logs"),
        };
        LocalExecutor::new(deps).unwrap()
    }

    /// Runs `launch` with a guest that does `play` and is then dropped.
    async fn run(
        &self,
        launch: Launch,
        play: impl Fn(&Job) -> Result<Answer, Ended> + Send + Sync + 'static,
    ) -> Report {
        let executor = self.executor(move |job| {
            let report = JobReport { result: play(&job), usage: used() };
            Box::pin(async { report })
        });
        let (_cancel, cancelled) = watch::channel(false);
        let report = executor.run(launch, cancelled).await;
        assert_eq!(self.leftovers(), 0, "nothing of a try is left in its folders");
        report
    }

    fn files(&self) -> TryFiles {
        let launch = launch(vec![]);
        let logs = self.home.path().join("logs");
        TryFiles::of(&logs, &launch.dag_id, &launch.run_id, &launch.task_id, launch.attempt.try_number)
    }

    fn log(&self) -> Vec<LogLine> {
        read_log(&self.files().log).unwrap().into_iter().flatten().map(Result::unwrap).collect()
    }

    /// Pairs of folders that are there now.
    fn pairs(&self) -> Vec<PathBuf> {
        let own = self.home.path().join("scratch/0");
        if !own.exists() {
            return Vec::new();
        }
        fs::read_dir(own).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// What lies in the folders of tries.
    fn leftovers(&self) -> usize {
        let folders = self.pairs().into_iter().flat_map(|pair| [pair.join("out"), pair.join("tmp")]);
        folders.map(|folder| fs::read_dir(folder).unwrap().count()).sum()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // The store's folders are read-only, which only a superuser's removal ignores.
        remove_tree(self.home.path()).unwrap();
    }
}

/// What the guest sees as `/out`.
fn out(job: &Job) -> PathBuf {
    job.folders.work.open().unwrap().out
}

/// What the guest sees as `/tmp`.
fn tmp(job: &Job) -> PathBuf {
    job.folders.work.open().unwrap().tmp
}

fn used() -> Usage {
    Usage { peak_memory_bytes: 65_536, cpu_time_us: 7, ..Usage::default() }
}

fn port(name: &str, cardinality: Cardinality) -> Port {
    Port { name: name.into(), description: String::new(), media_type: None, cardinality }
}

fn launch(outputs: Vec<Port>) -> Launch {
    let instance = InstanceKey { run: RunKey(7), task: TaskIx(1) };
    let now = Timestamp::UNIX_EPOCH;
    Launch {
        grants: crate::lifecycle::launch::Grants::default(),
        attempt: Attempt { instance, try_number: 2, start_number: 3 },
        dag_id: DagId::new("dag").unwrap(),
        run_id: RunId::new("manual__1").unwrap(),
        task_id: TaskId::new("train").unwrap(),
        max_tries: 4,
        idempotency_key: "key".into(),
        dates: RunDates { logical_date: Some(now), data_interval: None, run_after: now },
        component: Digest::of(b"component"),
        descriptor: Arc::new(descriptor(outputs)),
        invocation: Invocation { params: json!({}), inputs: vec![], values: vec![], seed: 1, resume: None },
        limits: TaskLimits::default(),
        pure: true,
    }
}

fn descriptor(outputs: Vec<Port>) -> Descriptor {
    Descriptor {
        name: "plugin".into(),
        version: semver::Version::new(1, 0, 0),
        summary: String::new(),
        params_schema: Value::Bool(true),
        result_schema: None,
        inputs: vec![],
        outputs,
        may_branch: false,
        requests: vec![],
    }
}

fn change(launch: &mut Launch, with: impl FnOnce(&mut Descriptor)) {
    with(Arc::make_mut(&mut launch.descriptor));
}

fn done() -> Result<Answer, Ended> {
    Ok(Answer::Done("1".into()))
}

fn input(bench: &Bench, port: &str, content: &str) -> Input {
    let path: PathBuf = bench.home.path().join(port);
    fs::write(&path, content).unwrap();
    let artifact = bench.artifacts.import(&path).unwrap().artifact;
    assert_eq!(artifact.kind, ArtifactKind::File);
    Input { port: port.into(), artifact, media_type: None }
}

/// Whether the failure is permanent, its code and its message.
#[track_caller]
fn failure(outcome: &Outcome) -> (bool, &str, &str) {
    match outcome {
        Outcome::Failed(failure) => {
            let permanent = matches!(failure, crate::contract::Failure::Permanent { .. });
            (permanent, &failure.problem().code, &failure.problem().message)
        }
        other => panic!("no failure: {other:?}"),
    }
}
