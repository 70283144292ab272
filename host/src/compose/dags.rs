//! The DAG files of a server: read when they change, and told to the scheduler.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::artifacts::cause_chain;
use crate::dag::render::{Style, render};
use crate::ids::DagId;
use crate::loader::folder::{Change, Folder};
use crate::loader::{self, Build, LoadError, Loaded};
use crate::registry::BuildWatcher;
use crate::scheduler::create::{Source, version};
use crate::scheduler::{Scheduler, Stopped};
use crate::store::{DagRecord, Seen, StoreError};

use super::Host;
use super::serve::ServeLog;

/// After a change is told, others mostly follow at once: they are waited for, so that a half-written file is rarely read.
const QUIET: Duration = Duration::from_millis(100);
/// But not longer than this.
const QUIET_MAX: Duration = Duration::from_millis(500);
/// The folder is looked at this often though nothing was told: some file systems tell nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Why the DAG files are not watched any more.
#[derive(Debug, thiserror::Error)]
pub enum DagsError {
    /// The folder cannot be watched.
    #[error("cannot watch the folder {path}")]
    Watch {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: notify::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The scheduler is over.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// The files and the DAGs in them.
pub(super) struct DagFiles {
    host: Host,
    folder: Folder,
    build: Build,
    builds: Arc<dyn BuildWatcher>,
    log: Arc<dyn ServeLog>,
    /// Which file each DAG is taken from.
    owners: BTreeMap<DagId, PathBuf>,
    /// Files that hold no DAG, as they were read last.
    wrong: BTreeMap<PathBuf, String>,
}

impl DagFiles {
    pub(super) fn new(
        host: Host,
        root: PathBuf,
        build: Build,
        builds: Arc<dyn BuildWatcher>,
        log: Arc<dyn ServeLog>,
    ) -> Self {
        let (owners, wrong) = Default::default();
        Self { host, folder: Folder::new(root), build, builds, log, owners, wrong }
    }

    /// How many DAGs there are, and how many files that hold none.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.owners.len(), self.wrong.len())
    }

    /// Reads what changed since the last look, and tells the scheduler.
    pub(super) async fn look(&mut self, scheduler: &Scheduler) -> Result<(), DagsError> {
        let changes = self.folder.look();
        let mut gone: BTreeMap<DagId, PathBuf> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Gone(path) => {
                    gone.extend(self.let_go(&path));
                    self.right(&path)?;
                }
                Change::Changed(path) => {
                    // A file that holds another DAG than before lets go of that one.
                    let before = self.owned_by(&path);
                    let now = self.read(&path, scheduler).await?;
                    if let (Some(before), Some(now)) = (before, &now)
                        && before != *now
                    {
                        self.owners.remove(&before);
                        gone.insert(before, path.clone());
                    }
                    if let Some(now) = now {
                        gone.remove(&now);
                    }
                }
            }
        }
        for (dag, path) in gone {
            self.log.say(&format!("DAG `{dag}` is gone: {} does not hold it any more", path.display()));
            self.host.store.unserve_dag(&dag)?;
            scheduler.dag_gone(dag)?;
            // Another file may hold it too, and was refused for that.
            for path in self.wrong.keys() {
                self.folder.forget(path);
            }
        }
        Ok(())
    }

    fn owned_by(&self, path: &Path) -> Option<DagId> {
        self.owners.iter().find(|(_, owner)| *owner == path).map(|(dag, _)| dag.clone())
    }

    fn let_go(&mut self, path: &Path) -> Option<(DagId, PathBuf)> {
        let dag = self.owned_by(path)?;
        self.owners.remove(&dag).map(|path| (dag, path))
    }

    /// Reads one file. Gives the DAG that it holds. One that is wrong now leaves its last good version in force.
    async fn read(&mut self, path: &Path, scheduler: &Scheduler) -> Result<Option<DagId>, DagsError> {
        match loader::load(&self.host.registry, path, self.build, Arc::clone(&self.builds)).await {
            Ok(loaded) => match loader::compile(&self.host.registry, &loaded.dag, self.builds.as_ref()).await {
                Ok(()) => self.take(path, loaded, scheduler),
                Err(error) => {
                    self.wrong(path, words(&error))?;
                    Ok(None)
                }
            },
            Err(error) => {
                self.wrong(path, words(&error))?;
                Ok(None)
            }
        }
    }

    fn take(&mut self, path: &Path, loaded: Loaded, scheduler: &Scheduler) -> Result<Option<DagId>, DagsError> {
        let id = loaded.dag.id.clone();
        if let Some(owner) = self.owners.get(&id).filter(|owner| *owner != path) {
            let message = format!("the DAG `{id}` is in {} already: give one of them another id", owner.display());
            self.wrong(path, message)?;
            return Ok(None);
        }
        if let Some(message) = without_default(&loaded) {
            self.wrong(path, message)?;
            return Ok(None);
        }
        let is_new = self.owners.insert(id.clone(), path.to_owned()).is_none();
        let (dag, folder) = (loaded.dag, loaded.folder);
        let source = Source { dag, text: loaded.source, folder, file: Some(path.to_owned()) };
        let now = self.host.clock.now();
        let known = self.host.store.dag(&id)?;
        let is_kept = |record: &DagRecord| {
            record.version == Some(source.dag.version) && record.path.as_deref() == Some(path) && record.is_served
        };
        // A write costs a sync: a thousand files that did not change cost none.
        if !known.as_ref().is_some_and(is_kept) {
            self.host.store.keep_dag_version(&version(&source), Seen::Served(path.to_owned()), now)?;
        }
        self.right(path)?;
        if let Some(known) = crate::scheduler::known_dag(self.host.store.as_ref(), &id)? {
            scheduler.dag_seen(known, source)?;
        }
        if !is_new {
            self.log.say(&format!("DAG `{id}` has a new version, from {}", path.display()));
        }
        Ok(Some(id))
    }

    fn wrong(&mut self, path: &Path, message: String) -> Result<(), StoreError> {
        let first = message.lines().next().unwrap_or_default();
        self.log.say(&format!("{} cannot be used: {first}", path.display()));
        self.host.store.keep_import_error(path, Some(&message), self.host.clock.now())?;
        self.wrong.insert(path.to_owned(), message);
        Ok(())
    }

    fn right(&mut self, path: &Path) -> Result<(), StoreError> {
        if self.wrong.remove(path).is_some() {
            self.host.store.keep_import_error(path, None, self.host.clock.now())?;
        }
        Ok(())
    }

    /// Forgets what earlier servers said of files: they are read anew.
    pub(super) fn forget_errors(&self) -> Result<(), StoreError> {
        for error in self.host.store.import_errors()? {
            self.host.store.keep_import_error(&error.path, None, self.host.clock.now())?;
        }
        Ok(())
    }

    /// Looks whenever something changed, until the scheduler is over.
    pub(super) async fn watch(
        &mut self,
        scheduler: &Scheduler,
        mut plugins_changed: watch::Receiver<u64>,
    ) -> Result<(), DagsError> {
        let (told, mut changes) = mpsc::unbounded_channel();
        let _watcher = watcher(self.folder.root(), told)?;
        // What changed before the watch began.
        self.look(scheduler).await?;
        loop {
            tokio::select! {
                told = changes.recv() => {
                    if told.is_none() {
                        sleep(LOOK_AGAIN).await;
                    }
                    until_quiet(&mut changes).await;
                }
                changed = plugins_changed.changed() => {
                    if changed.is_ok() {
                        let root = self.folder.root().to_owned();
                        self.folder = Folder::new(root);
                    }
                }
                () = sleep(LOOK_AGAIN) => {}
            }
            self.look(scheduler).await?;
        }
    }
}

/// Tells `told` of everything that happens below `root`.
fn watcher(root: &Path, told: mpsc::UnboundedSender<()>) -> Result<notify::RecommendedWatcher, DagsError> {
    let failed = |source| DagsError::Watch { path: root.to_owned(), source };
    let tell = move |event: notify::Result<notify::Event>| {
        // An error means that something may have been missed: then it is looked at all the same.
        if event.is_err() || event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = told.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(tell).map_err(failed)?;
    watcher.watch(root, RecursiveMode::Recursive).map_err(failed)?;
    Ok(watcher)
}

async fn until_quiet(changes: &mut mpsc::UnboundedReceiver<()>) {
    let quiet = async { while let Ok(Some(())) = timeout(QUIET, changes.recv()).await {} };
    let _ = timeout(QUIET_MAX, quiet).await;
}

/// All that is wrong with a file.
fn words(error: &LoadError) -> String {
    match error {
        LoadError::Diagnostics { path, text, diagnostics } => {
            render(diagnostics, Some(text), &path.display().to_string(), Style::Plain)
        }
        other => cause_chain(other),
    }
}

/// A scheduled run gives no parameters, so each must have a default.
fn without_default(loaded: &Loaded) -> Option<String> {
    loaded.dag.settings.timetable.as_ref()?;
    let lacking: Vec<_> = loaded.dag.params.iter().filter(|param| param.default.is_none()).collect();
    let names: Vec<_> = lacking.iter().map(|param| format!("`{}`", param.name)).collect();
    (!names.is_empty())
        .then(|| format!("a DAG with a schedule needs a default for each parameter, and {} has none", names.join(", ")))
}
