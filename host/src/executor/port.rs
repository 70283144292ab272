//! The port to the sandbox: one guest call with everything laid out.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::contract::{ArtifactKind, Descriptor, Failure, Invocation, Problem};
use crate::executor::granted::Granted;
use crate::executor::{Boxed, Cancel};
use crate::ids::Digest;
use crate::lifecycle::launch::{RunDates, Usage};
use crate::limits::TaskLimits;

/// Runs one exported function of a compiled component in a fresh store.
pub trait Sandbox: Send + Sync + 'static {
    /// Runs `task.run` once.
    fn run(&self, job: Job) -> Boxed<JobReport>;

    /// The runtime of the guests' threads: what is driven there calls guests without a change of threads.
    fn runtime(&self) -> Handle {
        Handle::current()
    }

    /// Asks a component what it is, in the tightest sandbox.
    fn describe(&self, component: Compiled) -> Boxed<Result<Descriptor, Ended>>;
}

/// A component compiled ahead of time, in the host's own cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The component that it was compiled from.
    pub digest: Digest,
    /// The compiled code for the engine it will run in; authenticated by the registry before it gets here.
    pub path: PathBuf,
    /// Which engine it was compiled for.
    pub engine: EngineKind,
}

/// The engines: their settings are part of the compiled code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EngineKind {
    /// NaNs canonical, relaxed SIMD deterministic.
    Pure,
    /// Neither.
    Open,
    /// As the pure one, and it counts what is computed: for tasks with a limit on that.
    Fuel,
}

impl EngineKind {
    /// The word used in file names and on the compiler child's command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::Open => "open",
            Self::Fuel => "fuel",
        }
    }
}

/// One call of `task.run`.
pub struct Job {
    /// What to run.
    pub component: Compiled,
    /// What it is given; the sandbox makes the WIT records of it.
    pub invocation: Invocation,
    /// What `context` answers.
    pub context: TaskContext,
    /// The three folders.
    pub folders: Folders,
    /// What it is given beyond the sandbox.
    pub granted: Granted,
    /// What it may use. Its time counts from when the guest has its place in the sandbox.
    pub limits: TaskLimits,
    /// Virtual clocks, seeded random numbers, sorted folders, fixed times.
    pub pure: bool,
    /// Ends it early.
    pub cancel: Cancel,
    /// Where its lines, numbers and progress go.
    pub watcher: Arc<dyn Watcher>,
}

/// What `context.current` and `context.dates` answer.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskContext {
    /// The DAG's id.
    pub dag_id: String,
    /// The run's id.
    pub run_id: String,
    /// The task's id.
    pub task_id: String,
    /// From 1.
    pub try_number: u32,
    /// By the same count.
    pub max_tries: u32,
    /// The same for all tries.
    pub idempotency_key: String,
    /// The run's dates.
    pub dates: RunDates,
}

/// The guest's folders.
#[derive(Clone)]
pub struct Folders {
    /// For each input port, the artifact in the store: mounted read-only as `/in/<port>`, without a copy.
    pub inputs: Vec<MountedInput>,
    /// `/out` and `/tmp`.
    pub work: Arc<dyn WorkFolders>,
}

/// The folders of a try that its guest may write to. They are made when the guest first asks for its folders: most small
/// tasks have no files, and making folders costs more than all else that is done for such a task.
pub trait WorkFolders: Send + Sync + 'static {
    /// Two empty folders of this try; the same ones when asked again. Blocks for a moment.
    ///
    /// # Errors
    /// They cannot be made.
    fn open(&self) -> io::Result<WorkPaths>;
}

/// Where the writable folders lie on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPaths {
    /// What the guest sees as `/out`.
    pub out: PathBuf,
    /// What the guest sees as `/tmp`.
    pub tmp: PathBuf,
}

/// Folders at these places, made if they are not there.
impl WorkFolders for WorkPaths {
    fn open(&self) -> io::Result<WorkPaths> {
        for folder in [&self.out, &self.tmp] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        Ok(self.clone())
    }
}

/// An artifact to be seen at `/in/<port>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedInput {
    /// The port.
    pub port: String,
    /// The file or folder in the store.
    pub host_path: PathBuf,
    /// Which of both.
    pub kind: ArtifactKind,
}

/// What a guest tells while it runs. Called from the guest's thread; must not block for long.
pub trait Watcher: Send + Sync + 'static {
    /// A line of `log`.
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]);
    /// Bytes written to standard output.
    fn stdout(&self, bytes: &[u8]);
    /// Bytes written to standard error.
    fn stderr(&self, bytes: &[u8]);
    /// What the host has to say of it.
    fn host(&self, level: Level, message: &str);
    /// How far it is.
    fn progress(&self, done: u64, total: Option<u64>, message: &str);
    /// A point of a named series.
    fn metric(&self, name: &str, step: u64, value: f64);
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For developers of the plugin.
    Trace,
    /// For who looks for a fault.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Wrong.
    Error,
}

impl Level {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What the guest answered, before the host holds it against the contract.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `done`, with its text as given: it may not be JSON.
    Done(String),
    /// `branch`: the value's text and the labels.
    Branch(String, Vec<String>),
    /// `skipped`.
    Skipped(String),
    /// `again`: how long, and the state's text.
    Again(Duration, Option<String>),
    /// `retryable` or `permanent`.
    Failed(Failure),
}

/// Why a call ended without an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// The guest trapped.
    Trap(Problem),
    /// It met a limit; `repeats` where a pure try would meet it again (memory, fuel).
    Limit {
        /// Which limit, and its value.
        problem: Problem,
        /// Whether a pure try would meet it again.
        repeats: bool,
    },
    /// Its time was over.
    Timeout(Problem),
    /// It was told to end.
    Cancelled,
    /// It cannot run here at all: it is no component of this interface, or an import is not there.
    Refused(Problem),
    /// Its compiled code cannot be loaded: it is to be compiled anew.
    NotLoaded(Problem),
    /// The host failed in another way, not the guest.
    Host(Problem),
}

/// The end of a call.
#[derive(Debug)]
pub struct JobReport {
    /// Answer or end.
    pub result: Result<Answer, Ended>,
    /// What it used; `input_bytes` and `output_bytes` are filled in by the executor.
    pub usage: Usage,
}
