//! One call of the guest `misbehave`, with what it is given and what it left.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use dagwood::contract::{ArtifactKind, ArtifactRef, Input, Invocation, Problem};
use dagwood::executor::granted::Granted;
use dagwood::executor::mounts::OpenMount;
use dagwood::executor::port::{
    Answer, Compiled, Ended, EngineKind, Folders, Job, JobReport, Level, MountedInput, Sandbox, TaskContext, Watcher,
    WorkPaths,
};
use dagwood::ids::Digest;
use dagwood::lifecycle::launch::{MountMode, RunDates};
use dagwood::limits::TaskLimits;
use dagwood::sandbox::{SandboxConfig, WasmtimeSandbox, compile};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::common::guest;

pub(crate) static SANDBOX: LazyLock<WasmtimeSandbox> =
    LazyLock::new(|| WasmtimeSandbox::new(SandboxConfig { slots: 8, threads: 2, ..SandboxConfig::default() }).unwrap());

static PURE: LazyLock<Made> = LazyLock::new(|| Made::new(EngineKind::Pure));
static OPEN: LazyLock<Made> = LazyLock::new(|| Made::new(EngineKind::Open));
static FUEL: LazyLock<Made> = LazyLock::new(|| Made::new(EngineKind::Fuel));

/// The guest's compiled code, in a folder that lives as long as the tests.
struct Made {
    compiled: Compiled,
    _folder: TempDir,
}

impl Made {
    fn new(engine: EngineKind) -> Self {
        let wasm = std::fs::read(guest("misbehave")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        std::fs::write(&path, compile(engine, &wasm).unwrap()).unwrap();
        Self { compiled: Compiled { digest: Digest::of(&wasm), path, engine }, _folder: folder }
    }
}

/// The guest, compiled.
pub(crate) fn compiled(engine: EngineKind) -> Compiled {
    match engine {
        EngineKind::Pure => PURE.compiled.clone(),
        EngineKind::Open => OPEN.compiled.clone(),
        EngineKind::Fuel => FUEL.compiled.clone(),
    }
}

/// A line of the log: level, message, fields.
pub(crate) type Line = (Level, String, Vec<(String, String)>);

/// What a guest said, in the order in which it said it.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) lines: Vec<Line>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) order: Vec<&'static str>,
    pub(crate) points: Vec<(String, u64, f64)>,
    pub(crate) progress: Vec<(u64, Option<u64>, String)>,
}

#[derive(Default)]
struct Recorder(Arc<Mutex<Heard>>);

impl Watcher for Recorder {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        let mut heard = self.0.lock().unwrap();
        heard.order.push("log");
        heard.lines.push((level, message.to_owned(), fields.to_vec()));
    }
    fn host(&self, level: Level, message: &str) {
        self.log(level, message, &[]);
    }
    fn stdout(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap();
        heard.order.push("stdout");
        heard.stdout.extend_from_slice(bytes);
    }
    fn stderr(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap();
        heard.order.push("stderr");
        heard.stderr.extend_from_slice(bytes);
    }
    fn progress(&self, done: u64, total: Option<u64>, message: &str) {
        self.0.lock().unwrap().progress.push((done, total, message.to_owned()));
    }
    fn metric(&self, name: &str, step: u64, value: f64) {
        self.0.lock().unwrap().points.push((name.to_owned(), step, value));
    }
}

/// A try that is about to be made.
pub(crate) struct Try {
    pub(crate) job: Job,
    pub(crate) cancel: watch::Sender<bool>,
    heard: Arc<Mutex<Heard>>,
    folder: TempDir,
}

/// A try that is over.
pub(crate) struct Tried {
    pub(crate) report: JobReport,
    pub(crate) heard: Arc<Mutex<Heard>>,
    folder: TempDir,
}

/// A pure try with these params.
pub(crate) fn pure(params: Value) -> Try {
    Try::new(params, true)
}

/// A try with real clocks and random numbers.
pub(crate) fn open(params: Value) -> Try {
    Try::new(params, false)
}

impl Try {
    fn new(params: Value, pure: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let heard = Arc::<Mutex<Heard>>::default();
        let (cancel, cancelled) = watch::channel(false);
        let job = Job {
            component: compiled(if pure { EngineKind::Pure } else { EngineKind::Open }),
            invocation: Invocation { params, inputs: Vec::new(), values: Vec::new(), seed: 42, resume: None },
            context: TaskContext {
                dag_id: "a-dag".to_owned(),
                run_id: "manual__2026-01-01T00:00:00Z".to_owned(),
                task_id: "a-task".to_owned(),
                try_number: 2,
                max_tries: 4,
                idempotency_key: "key".to_owned(),
                dates: RunDates {
                    logical_date: Some("2026-01-01T00:00:00Z".parse().unwrap()),
                    data_interval: None,
                    run_after: "2026-01-02T00:00:00Z".parse().unwrap(),
                },
            },
            granted: Granted::default(),
            folders: Folders {
                inputs: Vec::new(),
                work: Arc::new(WorkPaths { out: folder.path().join("try/out"), tmp: folder.path().join("try/tmp") }),
            },
            limits: TaskLimits::default(),
            pure,
            cancel: cancelled,
            watcher: Arc::new(Recorder(Arc::clone(&heard))),
        };
        Self { job, cancel, heard, folder }
    }

    /// Its `/tmp`, made before it starts.
    pub(crate) fn made_tmp(&self) -> PathBuf {
        self.job.folders.work.open().unwrap().tmp
    }

    /// Takes this folder for its `/tmp`.
    pub(crate) fn work_in(&mut self, tmp: PathBuf) {
        self.job.folders.work = Arc::new(WorkPaths { tmp, out: self.folder.path().join("try/out") });
    }

    /// Ends it that soon.
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.job.limits.execution_timeout = timeout;
        self
    }

    /// Changes its limits.
    pub(crate) fn limited(mut self, change: impl FnOnce(&mut TaskLimits)) -> Self {
        change(&mut self.job.limits);
        self
    }

    /// Gives it a folder of the host.
    pub(crate) fn mounted(mut self, host: &Path, guest: &str, mode: MountMode) -> Self {
        let folder = std::fs::File::open(host).unwrap();
        self.job.granted.mounts.push(OpenMount { folder, guest: guest.to_owned(), mode });
        self
    }

    /// Limits what it may compute.
    pub(crate) fn fuelled(mut self, fuel: u64) -> Self {
        self.job.component = compiled(EngineKind::Fuel);
        self.limited(|limits| limits.fuel = Some(fuel))
    }

    /// Gives it an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.job.granted.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Gives it a file at `/in/<port>`.
    pub(crate) fn input_file(mut self, port: &str, text: &str) -> Self {
        let path = self.folder.path().join("store").join(port);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        self.mount(port, path, ArtifactKind::File, text.len() as u64);
        self
    }

    /// Gives it a folder at `/in/<port>`; each name with a slash makes folders, each holds its own name.
    pub(crate) fn input_folder(mut self, port: &str, names: &[&str]) -> Self {
        let top = self.folder.path().join("store").join(port);
        std::fs::create_dir_all(&top).unwrap();
        for name in names {
            let path = top.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        self.mount(port, top, ArtifactKind::Folder, 0);
        self
    }

    fn mount(&mut self, port: &str, host_path: PathBuf, kind: ArtifactKind, size_bytes: u64) {
        let artifact = ArtifactRef { digest: Digest::of(port.as_bytes()), kind, size_bytes };
        self.job.invocation.inputs.push(Input { port: port.to_owned(), artifact, media_type: None });
        self.job.folders.inputs.push(MountedInput { port: port.to_owned(), host_path, kind });
    }

    /// Where the artifacts of its inputs lie.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Makes the try.
    pub(crate) fn run(self) -> Tried {
        let report = block_on(SANDBOX.run(self.job));
        Tried { report, heard: self.heard, folder: self.folder }
    }
}

impl Tried {
    /// What it answered with `done`.
    #[track_caller]
    pub(crate) fn value(&self) -> Value {
        match &self.report.result {
            Ok(Answer::Done(text)) => serde_json::from_str(text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// What a mode that tries something says it got.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        let value = self.value();
        value.get("ok").unwrap_or_else(|| panic!("{value}")).clone()
    }

    /// What a mode that tries something says went wrong.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        let value = self.value();
        value.get("error").and_then(Value::as_str).unwrap_or_else(|| panic!("{value}")).to_owned()
    }

    /// The problem that ended it.
    #[track_caller]
    pub(crate) fn problem(&self) -> &Problem {
        match &self.report.result {
            Err(Ended::Trap(problem) | Ended::Timeout(problem) | Ended::Limit { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    /// Its `/out`.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("try/out")
    }

    /// Its `/tmp`.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.folder.path().join("try/tmp")
    }

    /// Everything that lies around it, for looking whether something got out.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// `{"mode": mode, …}`.
pub(crate) fn mode(mode: &str, mut more: Value) -> Value {
    more.as_object_mut().unwrap().insert("mode".to_owned(), json!(mode));
    more
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
