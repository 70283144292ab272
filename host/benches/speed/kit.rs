//! What figures are measured on: guests, homes, DAG files, whole runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dagwood::compose::{CompileIn, FinishedRun, Host, Options, RunRequest};
use dagwood::lifecycle::state::RunState;
use dagwood::loader::{self, Build, Loaded};
use dagwood::registry::{RegisterOptions, SilentBuild};
use dagwood::scheduler::{RunObserver, Unobserved};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The program, built as this one is.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_dagwood");

/// The guests, and a place on the disk that the target folder is on.
pub(crate) struct Kit {
    /// Rounds of each figure.
    pub(crate) rounds: usize,
    /// Drives what is measured in this process.
    pub(crate) runtime: Runtime,
    guests: BTreeMap<&'static str, PathBuf>,
}

const GUESTS: &[(&str, &str)] = &[
    ("noop", "tests/guests/noop"),
    ("relay", "tests/guests/relay"),
    ("copy", "tests/guests/copy"),
    ("preprocess", "plugins/preprocess"),
    ("train", "plugins/train"),
    ("evaluate", "plugins/evaluate"),
];

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn options() -> Options {
    Options { compile_in: CompileIn::ChildOf(PROGRAM.into()), ..Options::default() }
}

impl Kit {
    /// Builds the guests.
    pub(crate) fn new(rounds: usize) -> Result<Self> {
        let mut build = Command::new("cargo");
        build.args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--message-format=json"]);
        build.args(GUESTS.iter().flat_map(|(name, _)| ["--package", *name]));
        // Cargo describes this program's own package to it.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "CARGO") {
            build.env_remove(name);
        }
        let built = build.current_dir(root()).stderr(Stdio::inherit()).output().context("cargo cannot be started")?;
        ensure!(built.status.success(), "the guests cannot be built");
        let mut guests = BTreeMap::new();
        for line in String::from_utf8(built.stdout)?.lines() {
            let message: serde_json::Value = serde_json::from_str(line)?;
            let name = message["target"]["name"].as_str().unwrap_or_default();
            let files = message["filenames"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
            let component = files.filter(|file| file.ends_with(".wasm")).map(PathBuf::from).next();
            if let (Some((guest, _)), Some(component)) = (GUESTS.iter().find(|(guest, _)| *guest == name), component) {
                guests.insert(*guest, component);
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { rounds, runtime, guests })
    }

    /// The component of a guest.
    pub(crate) fn guest(&self, name: &str) -> Result<&Path> {
        self.guests.get(name).map(PathBuf::as_path).with_context(|| format!("`{name}` was not built"))
    }

    /// An empty folder on the disk of the target folder, gone with what is returned.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("speed-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
    }

    /// A home of its own, in which these guests are registered. They are compiled by the program's child, as ever.
    pub(crate) fn home(&self, guests: &[&str]) -> Result<Home> {
        let folder = Arc::new(self.folder()?);
        let host = Host::open(&folder.path().join("home"), options())?;
        for guest in guests {
            self.runtime.block_on(host.registry.register_file(self.guest(guest)?, RegisterOptions::default()))?;
        }
        Ok(Home { host, folder })
    }
}

/// A DAG over one guest.
pub(crate) struct Dag {
    pub(crate) id: String,
    pub(crate) guest: &'static str,
    /// Keys of the top of the file, as lines.
    pub(crate) head: String,
    tasks: Vec<String>,
    flow: String,
}

impl Dag {
    /// Writes its file into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let Self { id, head, flow, guest, .. } = self;
        let mut text = format!("id = \"{id}\"\nflow = [{flow}]\n{head}\n");
        for task in &self.tasks {
            let _ = write!(text, "[tasks.{task}]\nplugin = \"{guest}\"\n");
        }
        std::fs::create_dir_all(folder)?;
        let file = folder.join(format!("{id}.toml"));
        std::fs::write(&file, text)?;
        Ok(file)
    }

    /// One root, `width` tasks, one sink.
    pub(crate) fn fan(id: &str, width: usize) -> Self {
        let middle: Vec<_> = (0..width).map(|at| format!("t{at}")).collect();
        let flow = format!("\"root >> [{}] >> sink\"", middle.join(", "));
        let tasks = ["root", "sink"].map(str::to_owned).into_iter().chain(middle).collect();
        Self { id: id.to_owned(), guest: "noop", head: String::new(), tasks, flow }
    }

    /// `length` tasks, one after the other.
    pub(crate) fn chain(id: &str, guest: &'static str, length: usize) -> Self {
        let tasks: Vec<_> = (0..length).map(|at| format!("t{at}")).collect();
        let flow = if length > 1 { format!("\"{}\"", tasks.join(" >> ")) } else { String::new() };
        Self { id: id.to_owned(), guest, head: String::new(), tasks, flow }
    }

    /// With these keys at the top of the file.
    pub(crate) fn with_head(self, head: impl Into<String>) -> Self {
        Self { head: head.into(), ..self }
    }
}

/// A home folder that is gone with this.
pub(crate) struct Home {
    pub(crate) host: Host,
    pub(crate) folder: Arc<TempDir>,
}

impl Home {
    /// The same home, opened as by another process.
    pub(crate) fn again(&self) -> Result<Self> {
        Ok(Self { host: Host::open(self.host.home.root(), options())?, folder: Arc::clone(&self.folder) })
    }

    /// Loads a DAG file, and compiles what it names.
    pub(crate) async fn load(&self, file: &Path) -> Result<Loaded> {
        let host = &self.host;
        let watcher = Arc::new(SilentBuild);
        let loaded = loader::load(&host.registry, &host.grounds, file, Build::Allowed, watcher).await;
        let loaded = loaded.map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
        loader::compile(&host.registry, &loaded.dag, &SilentBuild).await?;
        Ok(loaded)
    }

    /// Runs a DAG to the recorded end of its run, which must be a success.
    pub(crate) async fn run(&self, loaded: &Loaded) -> Result<(Duration, FinishedRun)> {
        self.run_watched(loaded, Arc::new(Unobserved)).await
    }

    /// As [`Home::run`], watched.
    pub(crate) async fn run_watched(
        &self,
        loaded: &Loaded,
        observer: Arc<dyn RunObserver>,
    ) -> Result<(Duration, FinishedRun)> {
        let request = RunRequest { loaded: loaded.clone(), params: BTreeMap::new(), logical_date: None, resume: None };
        let (_keep, never) = tokio::sync::watch::channel(false);
        let start = Instant::now();
        let finished = self.host.run(request, observer, never).await?;
        let took = start.elapsed();
        ensure!(finished.state == RunState::Success, "run {} is {}", finished.run_id, finished.state);
        Ok((took, finished))
    }
}
