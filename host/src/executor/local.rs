//! Runs tries in this process.

use std::any::Any;
use std::fs;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use jsonschema::Validator;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::artifacts::{ArtifactStore, CollectProblem, Staging, StoreError, cause_chain, remove_tree, sweep_specials};
use crate::clock::Clock;
use crate::contract::{Cardinality, Descriptor, Failure, Outcome, Output, Port, Problem};
use crate::executor::contract_check::{self, Terms, permanent, retryable};
use crate::executor::granted::{self, Granted};
use crate::executor::log::{TryFiles, make_parents};
use crate::executor::permits::Permits;
use crate::executor::port::{
    Compiled, Ended, EngineKind, Folders, Job, JobReport, Level, MountedInput, Sandbox, TaskContext, WorkFolders,
    WorkPaths,
};
use crate::executor::scratch::{Scratch, ScratchPool, is_empty};
use crate::executor::secrets::Secrets;
use crate::executor::shape::Shapes;
use crate::executor::watcher::TryWatcher;
use crate::executor::{Boxed, Cancel, CompiledComponents, Executor};
use crate::lifecycle::launch::{Attempt, Launch, Report, Usage};
use crate::limits::TaskLimits;

/// Watches how far tasks are, for people.
pub trait Progress: Send + Sync + 'static {
    /// The try has done `done` of `total`, if it knows how much there is. Called from the guest's thread; must not
    /// block. `message` is a stranger's text of at most 1 KiB.
    fn progress(&self, attempt: &Attempt, done: u64, total: Option<u64>, message: &str);
}

/// What a [`LocalExecutor`] works with.
pub struct LocalDeps {
    /// Runs the guests.
    pub sandbox: Arc<dyn Sandbox>,
    /// Has their code.
    pub components: Arc<dyn CompiledComponents>,
    /// Has their inputs and takes their outputs.
    pub artifacts: Arc<ArtifactStore>,
    /// For the lines of logs and the ends of tries.
    pub clock: Arc<dyn Clock>,
    /// What the operator permits.
    pub permits: Arc<dyn Permits>,
    /// Has the values of secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Told how far tasks are.
    pub progress: Option<Arc<dyn Progress>>,
    /// The folder for the tries' `/out` and `/tmp`; on the artifacts' file system, or outputs are copied.
    pub scratch: PathBuf,
    /// The folder of logs.
    pub logs: PathBuf,
}

/// Runs tries in this process, each in a sandbox of its own.
///
/// Must be polled within a tokio runtime. A future that is dropped early takes its try's folders with it.
#[derive(Clone)]
pub struct LocalExecutor {
    inner: Arc<Inner>,
}

struct Inner {
    deps: LocalDeps,
    scratch: Arc<ScratchPool>,
    shapes: Shapes,
}

impl LocalExecutor {
    /// Makes the scratch folder, and sweeps what dead processes left there.
    pub fn new(deps: LocalDeps) -> Result<Self, StoreError> {
        let scratch = Arc::new(ScratchPool::new(Staging::open(&deps.scratch)?));
        Ok(Self { inner: Arc::new(Inner { deps, scratch, shapes: Shapes::default() }) })
    }
}

impl Executor for LocalExecutor {
    fn run(&self, launch: Launch, cancel: Cancel) -> Boxed<Report> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.run(launch, cancel).await })
    }

    fn runtime(&self) -> Handle {
        self.inner.deps.sandbox.runtime()
    }
}

/// How a try ended.
struct End {
    outcome: Outcome,
    outputs: Vec<Output>,
    usage: Usage,
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, outputs: Vec::new(), usage: Usage::default() }
    }
}

/// What is needed of a launch after its invocation went into the sandbox.
struct Facts {
    descriptor: Arc<Descriptor>,
    limits: TaskLimits,
    pure: bool,
    shape: Option<Arc<Validator>>,
    input_bytes: u64,
    files: TryFiles,
}

impl Inner {
    async fn run(&self, mut launch: Launch, cancel: Cancel) -> Report {
        let started = Instant::now();
        self.deps.permits.lower(&mut launch.limits);
        let attempt = launch.attempt.clone();
        let files = TryFiles::of(&self.deps.logs, &launch.dag_id, &launch.run_id, &launch.task_id, attempt.try_number);
        let (clock, progress) = (Arc::clone(&self.deps.clock), self.deps.progress.clone());
        let watcher = Arc::new(TryWatcher::new(attempt.clone(), &files, &launch.limits, clock, progress));
        watcher.started(
            format!("try {} started", attempt.try_number),
            [
                ("start", Value::from(attempt.start_number)),
                ("component", launch.component.to_string().into()),
                ("pure", launch.pure.into()),
            ],
        );
        let end = match caught(self.attempt(launch, files, cancel, &watcher)).await {
            Ok(end) => end,
            Err(panic) => retryable(host_panicked(panic.as_ref())).into(),
        };
        let metrics = tell_end(&watcher, &end, started.elapsed());
        let ended_at = self.deps.clock.now();
        Report { attempt, ended_at, outcome: end.outcome, outputs: end.outputs, metrics, usage: end.usage }
    }

    async fn attempt(&self, mut launch: Launch, files: TryFiles, cancel: Cancel, watcher: &Arc<TryWatcher>) -> End {
        let grants = std::mem::take(&mut launch.grants);
        let granted = match granted::ready(grants, &self.deps.permits, &self.deps.secrets, cancel.clone()).await {
            Ok(granted) => granted,
            Err(outcome) => return outcome.into(),
        };
        let (facts, component, inputs) = match self.prepare(&launch, files, cancel.clone()).await {
            Ok(prepared) => prepared,
            Err(outcome) => return outcome.into(),
        };
        let scratch = self.scratch.take();
        let folders = Folders { inputs, work: Arc::clone(&scratch) as Arc<dyn WorkFolders> };
        let digest = component.digest;
        let job = job(launch, component, (folders, granted), cancel, Arc::clone(watcher));
        let report = self.deps.sandbox.run(job).await;
        if matches!(report.result, Err(Ended::NotLoaded(_))) {
            self.deps.components.forget(digest);
        }
        // A call that was ended from outside may have a write under way, into folders that are then gone.
        if report.result.is_ok() {
            scratch.look();
        }
        let end = self.settle(report, &facts, &scratch).await;
        if matches!(end.outcome, Outcome::Failed(_))
            && !scratch.is_untouched()
            && let Ok(WorkPaths { out, .. }) = scratch.open()
        {
            keep_out(&facts.files.kept_out, &out, watcher).await;
        }
        if !scratch.give_back() {
            blocking(move || drop(scratch)).await;
        }
        end
    }

    /// Everything that can fail before there are folders to clean up.
    async fn prepare(
        &self,
        launch: &Launch,
        files: TryFiles,
        cancel: Cancel,
    ) -> Result<(Facts, Compiled, Vec<MountedInput>), Outcome> {
        let schema = launch.descriptor.result_schema.as_ref();
        let shape = schema.map(|schema| self.shapes.get(launch.component, schema)).transpose().map_err(permanent)?;
        let inputs = self.inputs(launch).map_err(permanent)?;
        let engine = match (launch.limits.fuel, launch.pure) {
            (Some(_), _) => EngineKind::Fuel,
            (None, true) => EngineKind::Pure,
            (None, false) => EngineKind::Open,
        };
        let component = tokio::select! {
            biased;
            () = cancelled(cancel) => return Err(Outcome::Cancelled),
            compiled = self.deps.components.compiled(launch.component, engine) => compiled.map_err(retryable)?,
        };
        let descriptor = Arc::clone(&launch.descriptor);
        let input_bytes = launch.invocation.inputs.iter().map(|input| input.artifact.size_bytes).sum();
        let facts = Facts { descriptor, limits: launch.limits.clone(), pure: launch.pure, shape, input_bytes, files };
        Ok((facts, component, inputs))
    }

    fn inputs(&self, launch: &Launch) -> Result<Vec<MountedInput>, Problem> {
        let mounted = |input: &crate::contract::Input| {
            let missing = |error| Problem::new("input-missing", format!("input `{}`: {error}", input.port));
            let host_path = self.deps.artifacts.locate(&input.artifact).map_err(missing)?;
            Ok(MountedInput { port: input.port.clone(), host_path, kind: input.artifact.kind })
        };
        launch.invocation.inputs.iter().map(mounted).collect()
    }

    /// Holds the answer against the contract; publishes what a success left in `/out`.
    async fn settle(&self, report: JobReport, facts: &Facts, scratch: &Scratch) -> End {
        let JobReport { result, usage } = report;
        let usage = Usage { input_bytes: facts.input_bytes, ..usage };
        let terms = Terms {
            pure: facts.pure,
            context_called: usage.context_called,
            may_branch: facts.descriptor.may_branch,
            result_bytes: facts.limits.result_bytes,
            shape: facts.shape.as_deref(),
        };
        let outcome = contract_check::outcome(result, &terms);
        let collected = match &outcome {
            Outcome::Done { .. } | Outcome::Branch { .. } => self.collect(facts, scratch).await,
            Outcome::Skipped { .. } | Outcome::Again { .. } | Outcome::Failed(_) | Outcome::Cancelled => Ok(Vec::new()),
        };
        match collected {
            Ok(outputs) => {
                let output_bytes = outputs.iter().map(|output| output.artifact.size_bytes).sum();
                End { outcome, outputs, usage: Usage { output_bytes, ..usage } }
            }
            Err(outcome) => End { outcome, outputs: Vec::new(), usage },
        }
    }

    async fn collect(&self, facts: &Facts, scratch: &Scratch) -> Result<Vec<Output>, Outcome> {
        let required = |port: &Port| port.cardinality == Cardinality::One;
        if !facts.descriptor.outputs.iter().any(required) && scratch.is_untouched() {
            return Ok(Vec::new());
        }
        let (artifacts, descriptor) = (Arc::clone(&self.deps.artifacts), Arc::clone(&facts.descriptor));
        let WorkPaths { out, .. } = scratch.open().map_err(|error| retryable(no_folders(&error)))?;
        let collected = blocking(move || artifacts.collect(&out, &descriptor.outputs)).await;
        collected.map_err(|problem| match &problem {
            CollectProblem::Broken(breach) => contract_check::broken(breach.code(), &cause_chain(breach)),
            CollectProblem::Host(error) => retryable(host_failed(error)),
        })
    }
}

fn job(
    launch: Launch,
    component: Compiled,
    (folders, granted): (Folders, Granted),
    cancel: Cancel,
    watcher: Arc<TryWatcher>,
) -> Job {
    Job {
        component,
        invocation: launch.invocation,
        context: TaskContext {
            dag_id: launch.dag_id.into(),
            run_id: launch.run_id.into(),
            task_id: launch.task_id.into(),
            try_number: launch.attempt.try_number,
            max_tries: launch.max_tries,
            idempotency_key: launch.idempotency_key,
            dates: launch.dates,
        },
        folders,
        granted,
        limits: launch.limits,
        pure: launch.pure,
        cancel,
        watcher,
    }
}

/// Keeps what a failed try left in `out`, for people. A later failure of the same try takes its place.
async fn keep_out(kept: &Path, out: &Path, watcher: &Arc<TryWatcher>) {
    if is_empty(out) {
        return;
    }
    let (from, to) = (out.to_owned(), kept.to_owned());
    let moved = blocking(move || {
        make_parents(&to)?;
        remove_tree(&to)?;
        sweep_specials(&from)?;
        fs::rename(&from, &to)
    });
    let shown = kept.display().to_string();
    match moved.await {
        Ok(()) => watcher.host(
            Level::Info,
            "what the failed try left in /out is kept beside this log".into(),
            [("kept_out", shown.into())],
        ),
        Err(error) => {
            let message = format!("what the failed try left in /out could not be kept: {error}");
            watcher.host(Level::Warn, message, [("kept_out", shown.into())]);
        }
    }
}

/// Runs what waits for the disk on a thread meant for it. A panic there goes on here.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down: nobody waits for this any more.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Ends when the try is to end; never, if nobody can say so any more.
pub(super) async fn cancelled(mut cancel: Cancel) {
    if cancel.wait_for(|cancelled| *cancelled).await.is_err() {
        std::future::pending().await
    }
}

/// The future's value, or the panic that it ended in.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    // After a panic the future is only dropped, and what it shares with others holds its locks for single lines.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn host_panicked(panic: &(dyn Any + Send)) -> Problem {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("the host failed inside: {}; please report this", text.unwrap_or("a panic without a text"));
    Problem::new("host-panic", message)
}

fn no_folders(error: &io::Error) -> Problem {
    Problem::new("home-io", format!("there are no folders for the try: {error}"))
}

fn host_failed(error: &StoreError) -> Problem {
    Problem::new(error.code(), cause_chain(error))
}

/// Writes the last line of the log; gives the last value of each metric.
fn tell_end(watcher: &TryWatcher, end: &End, took: Duration) -> Vec<(String, f64)> {
    let (level, word, message, quiet) = match &end.outcome {
        Outcome::Done { .. } => (Level::Info, "done", "done".into(), true),
        Outcome::Branch { chosen, .. } => (Level::Info, "branch", format!("done; goes on with {chosen:?}"), true),
        Outcome::Skipped { reason } => (Level::Info, "skipped", format!("skipped: {reason}"), true),
        Outcome::Again { after, .. } => (Level::Info, "again", format!("not ready; again in {after:?}"), true),
        Outcome::Failed(Failure::Retryable { problem, .. }) => {
            (Level::Error, "retryable", format!("failed, another try may help: {}", problem.message), false)
        }
        Outcome::Failed(Failure::Permanent { problem }) => {
            (Level::Error, "permanent", format!("failed, no other try would help: {}", problem.message), false)
        }
        Outcome::Cancelled => (Level::Warn, "cancelled", "ended early, as it was told to".into(), false),
    };
    let mut fields = vec![("outcome", Value::from(word))];
    if let Outcome::Failed(failure) = &end.outcome {
        fields.push(("code", failure.problem().code.clone().into()));
    }
    fields.extend([
        ("duration_ms", Value::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))),
        ("peak_memory_bytes", end.usage.peak_memory_bytes.into()),
        ("cpu_time_us", end.usage.cpu_time_us.into()),
        ("fuel", end.usage.fuel.into()),
        ("traffic_bytes", end.usage.traffic_bytes.into()),
        ("input_bytes", end.usage.input_bytes.into()),
        ("output_bytes", end.usage.output_bytes.into()),
        ("context_called", end.usage.context_called.into()),
    ]);
    watcher.finish(level, message, fields, quiet)
}
