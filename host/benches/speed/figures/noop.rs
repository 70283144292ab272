//! A no-op task in the sandbox, beside the same component in plain Wasmtime.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use dagwood::contract::{Invocation, Outcome};
use dagwood::executor::local::{LocalDeps, LocalExecutor};
use dagwood::executor::permits::NoGrants;
use dagwood::executor::secrets::NoSecrets;
use dagwood::executor::{Cancel, Executor};
use dagwood::ids::{InstanceKey, RunId, RunKey, TaskIx};
use dagwood::lifecycle::launch::{Attempt, Grants, Launch, RunDates};
use dagwood::loader::Loaded;
use dagwood::sandbox::{SandboxConfig, WasmtimeSandbox};
use tokio::sync::watch;
use wasmtime_wasi::FsPerms;

use crate::figure::Figure;
use crate::floor::Floor;
use crate::kit::{Dag, Home, Kit};
use crate::measure::{Measured, us};

/// Calls of a round.
const CALLS: usize = 4_000;
/// Calls under way at once where the machine is to be full.
const AT_ONCE: usize = 16;

/// The floor, in microseconds of one core, with as many threads as cores; and with one call after the other.
pub(crate) struct Floors {
    pub(crate) full: Measured,
    pub(crate) alone: Measured,
}

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let home = kit.home(&["noop"])?;
    let file = Dag::chain("noop", "noop", 1).write(home.folder.path())?;
    let loaded = kit.runtime.block_on(home.load(&file))?;
    let ours = Ours::new(&home, &loaded)?;
    let cores = cores();
    let (mut full, mut alone, mut floor_full, mut floor_alone) = (vec![], vec![], vec![], vec![]);
    let floor = FloorBench::new(kit)?;
    for _ in 0..=kit.rounds {
        floor_full.push(floor.full()?);
        full.push(us(kit.runtime.block_on(ours.calls(AT_ONCE))?) * cores / CALLS as f64);
        floor_alone.push(floor.alone()?);
        alone.push(us(kit.runtime.block_on(ours.calls(1))?) / CALLS as f64);
    }
    // The first round warms up.
    let measured = |rounds: Vec<f64>| Measured::of(rounds.into_iter().skip(1));
    let floor = Floors { full: measured(floor_full), alone: measured(floor_alone) };
    let valid = Figure::new("floor: plain Wasmtime, both cores full", "µs of a core", floor.full.clone());
    Ok(vec![
        valid.goal("< 80, or what is held against it is void", floor.full.median < 80.0),
        Figure::new("no-op task, both cores full", "µs of a core", measured(full))
            .beside("floor", &floor.full)
            .at_most_times(1.5),
        Figure::new("no-op task, one after the other", "µs", measured(alone))
            .beside("floor", &floor.alone)
            .at_most_times(1.5),
    ])
}

/// Threads of the machine.
pub(crate) fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1, usize::from) as f64
}

/// The floor with its folders.
pub(crate) struct FloorBench {
    floor: Arc<Floor>,
    folders: tempfile::TempDir,
}

impl FloorBench {
    pub(crate) fn new(kit: &Kit) -> Result<Self> {
        let folders = kit.folder()?;
        for name in ["in", "out", "tmp"] {
            std::fs::create_dir(folders.path().join(name))?;
        }
        Ok(Self { floor: Arc::new(Floor::new(kit.guest("noop")?)?), folders })
    }

    /// Microseconds of a core for a call, with a thread for each core.
    pub(crate) fn full(&self) -> Result<f64> {
        let threads = cores() as usize;
        let start = Instant::now();
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.calls(CALLS / threads))).collect();
            calls.into_iter().try_for_each(|call| call.join().unwrap_or_else(|_| anyhow::bail!("a call panicked")))
        })?;
        Ok(us(start.elapsed()) * cores() / CALLS as f64)
    }

    /// Microseconds of a call, one after the other.
    pub(crate) fn alone(&self) -> Result<f64> {
        let start = Instant::now();
        self.calls(CALLS)?;
        Ok(us(start.elapsed()) / CALLS as f64)
    }

    fn calls(&self, calls: usize) -> Result<()> {
        let [input, out, tmp] = ["in", "out", "tmp"].map(|name| self.folders.path().join(name));
        let folders: [(&Path, &str, FsPerms); 3] = [
            (&input, "/in", FsPerms::ReadOnly),
            (&out, "/out", FsPerms::ReadWrite),
            (&tmp, "/tmp", FsPerms::ReadWrite),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            for _ in 0..calls {
                ensure!(self.floor.call(&folders).await?, "the no-op task failed");
            }
            Ok(())
        })
    }
}

/// The executor as the host has it, and a launch for it.
struct Ours {
    executor: Arc<LocalExecutor>,
    launch: Launch,
}

impl Ours {
    fn new(home: &Home, loaded: &Loaded) -> Result<Self> {
        let host = &home.host;
        let executor = LocalExecutor::new(LocalDeps {
            sandbox: Arc::new(WasmtimeSandbox::new(SandboxConfig::default())?),
            components: Arc::new(host.registry.clone()),
            artifacts: Arc::clone(&host.artifacts),
            clock: Arc::clone(&host.clock),
            permits: Arc::new(NoGrants),
            secrets: Arc::new(NoSecrets),
            progress: None,
            scratch: host.home.scratch(),
            logs: host.home.logs(),
        })?;
        let task = &loaded.dag.tasks[0];
        let now = host.clock.now();
        let launch = Launch {
            attempt: Attempt {
                instance: InstanceKey { run: RunKey(1), task: TaskIx(0) },
                try_number: 1,
                start_number: 1,
            },
            dag_id: loaded.dag.id.clone(),
            run_id: RunId::at("manual", now),
            task_id: task.id.clone(),
            max_tries: 1,
            idempotency_key: "one".to_owned(),
            dates: RunDates { logical_date: None, data_interval: None, run_after: now },
            component: task.terms.plugin.digest,
            descriptor: Arc::clone(&task.terms.plugin.descriptor),
            invocation: Invocation {
                params: serde_json::json!({}),
                inputs: Vec::new(),
                values: Vec::new(),
                seed: 0,
                resume: None,
            },
            limits: task.terms.limits.clone(),
            grants: Grants::default(),
            pure: true,
        };
        Ok(Self { executor: Arc::new(executor), launch })
    }

    /// As many calls as a round has, `at_once` under way together, driven where the host drives them.
    async fn calls(&self, at_once: usize) -> Result<Duration> {
        let start = Instant::now();
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                let (executor, launch) = (Arc::clone(&self.executor), self.launch.clone());
                self.executor.runtime().spawn(async move {
                    for _ in 0..CALLS / at_once {
                        let (_cancel, cancelled): (_, Cancel) = watch::channel(false);
                        let report = executor.run(launch.clone(), cancelled).await;
                        ensure!(matches!(report.outcome, Outcome::Done { .. }), "{:?}", report.outcome);
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.await??;
        }
        Ok(start.elapsed())
    }
}
