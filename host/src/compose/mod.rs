//! The composition root: the one place that names the concrete store, sandbox and executor.

mod clean;
mod dags;
mod materials;
mod memory;
mod run;
mod sandbox;
mod secrets;
mod serve;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::artifacts::{self, ArtifactStore};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::dag::render::{Style, render};
use crate::executor::local::{LocalDeps, LocalExecutor, Progress};
use crate::executor::port::Sandbox;
use crate::home::{Home, HomeError};
use crate::limits::{COMPILE_TIMEOUT, PARALLELISM};
use crate::loader::Grounds;
use crate::planner::Capacity;
use crate::registry::compile::{ChildCompiler, CompileProblem, InProcessCompiler};
use crate::registry::{self, Compiler, PluginIndex, Registry};
use crate::sandbox::{Resolve, SandboxConfig, SandboxError, WasmtimeSandbox};
use crate::scheduler::lease::{LeaseError, end_dead};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};

pub use clean::{CleanError, CleanRequest, Cleaned};
pub use dags::DagsError;
pub use run::{FinishedRun, RunError, RunRequest};
pub use serve::{OperateError, ServeError, ServeLog, ServeRequest};

/// Where components are compiled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CompileIn {
    /// In a child process of this program, which must be `dagwood`: a stranger's module cannot harm the host.
    #[default]
    Child,
    /// In a child process of a named `dagwood` program.
    ChildOf(PathBuf),
    /// Here: for embedders that trust their plugins.
    ThisProcess,
}

/// What an embedder may choose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where components are compiled.
    pub compile_in: CompileIn,
    /// How long a component may take to be compiled in a child process; five minutes by default.
    pub compile_timeout: Option<Duration>,
    /// Tasks at once; 32 by default.
    pub parallelism: Option<u32>,
    /// Finds the addresses of the names that tasks send requests to; the machine's own way by default.
    pub resolver: Option<Arc<dyn Resolve>>,
}

/// A home folder, opened, with everything that works on it.
#[derive(Clone)]
pub struct Host {
    /// The folder.
    pub home: Home,
    /// What the operator allows its DAGs.
    pub grounds: Grounds,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Runs and DAGs.
    pub store: Arc<dyn Store>,
    /// Files by content.
    pub artifacts: Arc<ArtifactStore>,
    /// Plugins.
    pub registry: Registry,
    sandbox: Arc<dyn Sandbox>,
    capacity: Capacity,
}

/// Why a home could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The operator's file.
    #[error("{} is wrong:\n\n{words}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// All its mistakes, each with its place.
        words: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The artifacts.
    #[error(transparent)]
    Artifacts(#[from] artifacts::StoreError),
    /// The engines.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// What dead processes left.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// This program's own file, which the compiling child is started from.
    #[error("cannot find this program's own file, from which plugins are compiled")]
    OwnProgram(#[source] CompileProblem),
}

impl Host {
    /// Opens the home folder at `home`, made if it is not there. Runs whose process died are ended.
    pub fn open(home: &Path, options: Options) -> Result<Self, HostError> {
        let home = Home::open(home)?;
        let grounds = Grounds::new(config(&home)?, home.root());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(SqliteStore::open(&home.database())?);
        end_dead(store.as_ref(), &home.processes(), clock.now())?;
        let artifacts = Arc::new(ArtifactStore::open(&home.artifacts(), Arc::clone(&clock))?);
        let decided = grounds.config();
        let parallelism = options.parallelism.or(decided.parallelism).unwrap_or(PARALLELISM as u32);
        let memory_budget = memory::budget_bytes(decided.memory_budget);
        let config = SandboxConfig { slots: parallelism, ..SandboxConfig::default() };
        let sandbox: Arc<dyn Sandbox> = Arc::new(match options.resolver {
            None => WasmtimeSandbox::new(config)?,
            Some(resolver) => WasmtimeSandbox::with_resolver(config, resolver)?,
        });
        let parts = crate::registry::Parts {
            index: Arc::clone(&store) as Arc<dyn PluginIndex>,
            inspector: Arc::new(sandbox::Inspector),
            compiler: compiler(&options.compile_in, options.compile_timeout.unwrap_or(COMPILE_TIMEOUT))?,
            sandbox: Arc::clone(&sandbox),
            clock: Arc::clone(&clock),
            // A build script has no use for secrets.
            build_variables: std::env::vars_os().filter(|(name, _)| !secrets::is_secret(name)).collect(),
        };
        let registry = Registry::new(&home.registry(), parts);
        let capacity = Capacity::new(parallelism, memory_budget);
        Ok(Self { home, grounds, clock, store, artifacts, registry, sandbox, capacity })
    }

    /// What may run at once, with the pools as they are now.
    fn capacity(&self) -> Result<Capacity, StoreError> {
        let pools = crate::scheduler::pools(self.store.as_ref())?;
        let scratch_budget_bytes = memory::scratch_budget_bytes(self.home.root());
        Ok(Capacity { pools, scratch_budget_bytes, ..self.capacity.clone() })
    }

    /// Runs tries in this process.
    fn executor(&self, progress: Option<Arc<dyn Progress>>) -> Result<LocalExecutor, artifacts::StoreError> {
        LocalExecutor::new(LocalDeps {
            sandbox: Arc::clone(&self.sandbox),
            components: Arc::new(self.registry.clone()),
            artifacts: Arc::clone(&self.artifacts),
            clock: Arc::clone(&self.clock),
            permits: Arc::new(self.grounds.clone()),
            secrets: Arc::new(secrets::HomeSecrets(self.home.clone())),
            progress,
            scratch: self.home.scratch(),
            logs: self.home.logs(),
        })
    }
}

/// What the operator decided; without a file, the defaults.
fn config(home: &Home) -> Result<Config, HostError> {
    let Some(text) = home.operators_text()? else { return Ok(Config::default()) };
    let path = home.operators_file();
    Config::parse(&text).map_err(|mistakes| {
        let words = render(&mistakes, Some(&text), &path.display().to_string(), Style::Plain);
        HostError::Config { path, words }
    })
}

fn compiler(compile_in: &CompileIn, timeout: Duration) -> Result<Arc<dyn Compiler>, HostError> {
    let codegen = codegen()?;
    Ok(match compile_in {
        CompileIn::Child => {
            let compiler = ChildCompiler::this_program(codegen).map_err(HostError::OwnProgram)?;
            Arc::new(compiler.with_timeout(timeout))
        }
        CompileIn::ChildOf(program) => Arc::new(ChildCompiler::new(program.clone(), codegen).with_timeout(timeout)),
        CompileIn::ThisProcess => Arc::new(InProcessCompiler::new(codegen)),
    })
}

/// What the compiling child compiles with.
pub fn codegen() -> Result<Arc<dyn registry::Codegen>, HostError> {
    Ok(Arc::new(sandbox::Codegen))
}
