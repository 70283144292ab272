//! The DAG files of a server: read when they change, and told to the scheduler.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::artifacts::cause_chain;
use crate::dag::render::{Style, render};
use crate::ids::DagId;
use crate::loader::folder::{Change, Folder};
use crate::loader::{self, Build, LoadError, Loaded, restore};
use crate::registry::BuildWatcher;
use crate::scheduler::create::{self, Source};
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

/// A DAG of a file.
struct Taken {
    path: PathBuf,
    source: Source,
    /// The home has it, and from this file.
    is_kept: bool,
    /// The file had another version before.
    is_news: bool,
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
        loop {
            let changes = self.folder.look();
            let gone = self.take_in(changes, scheduler).await?;
            for (dag, path) in &gone {
                self.log.say(&format!("DAG `{dag}` is gone: {} does not hold it any more", path.display()));
                self.let_go(dag, scheduler)?;
            }
            if gone.is_empty() {
                return Ok(());
            }
            // Another file may hold it too, and was refused for that.
            for path in self.wrong.keys() {
                self.folder.forget(path);
            }
        }
    }

    /// Takes in what changed. Gives the DAGs that no file holds any more, each with the file that did.
    async fn take_in(
        &mut self,
        changes: Vec<Change>,
        scheduler: &Scheduler,
    ) -> Result<BTreeMap<DagId, PathBuf>, DagsError> {
        let mut gone = BTreeMap::new();
        let mut changed = Vec::new();
        for change in changes {
            match change {
                Change::Gone(path) => {
                    gone.extend(self.disown(&path, None));
                    self.right(&path)?;
                }
                Change::Changed(path) => changed.push(path),
            }
        }
        let mut loaded = Vec::new();
        for (path, now) in self.load_all(changed).await {
            match now {
                Ok(now) => loaded.push((path, now)),
                // Its last good version stays in force.
                Err(message) => self.wrong(&path, message)?,
            }
        }
        // All files let go before one takes: so an id can move, whichever of the two files is read first.
        for (path, now) in &loaded {
            gone.extend(self.disown(path, Some(&now.dag.id)));
        }
        let mut taken = Vec::with_capacity(loaded.len());
        for (path, now) in loaded {
            taken.extend(self.take(path, now)?);
        }
        let now = self.host.clock.now();
        self.keep(&taken, now)?;
        for taken in taken {
            gone.remove(&taken.source.dag.id);
            self.serve(taken, scheduler)?;
        }
        Ok(gone)
    }

    /// A file lets go of the DAG that it holds, unless it still holds it.
    fn disown(&mut self, path: &Path, still: Option<&DagId>) -> Option<(DagId, PathBuf)> {
        let (dag, _) = self.owners.iter().find(|(dag, owner)| *owner == path && Some(*dag) != still)?;
        let dag = dag.clone();
        self.owners.remove(&dag).map(|path| (dag, path))
    }

    fn let_go(&self, dag: &DagId, scheduler: &Scheduler) -> Result<(), DagsError> {
        self.host.store.unserve_dag(dag)?;
        scheduler.dag_gone(dag.clone())?;
        Ok(())
    }

    /// Reads files, as many at once as there are processors; what came of each, in their order.
    async fn load_all(&self, paths: Vec<PathBuf>) -> Vec<(PathBuf, Result<Loaded, String>)> {
        let at_once = match self.build {
            Build::Kept => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            // A build takes the whole machine by itself.
            Build::Allowed => 1,
        };
        let (mut waiting, mut under_way, mut done) = (paths.into_iter().enumerate(), JoinSet::new(), BTreeMap::new());
        loop {
            let free = at_once.saturating_sub(under_way.len());
            for (at, path) in waiting.by_ref().take(free) {
                let (host, build, builds) = (self.host.clone(), self.build, Arc::clone(&self.builds));
                under_way.spawn(async move {
                    let loaded = load(&host, &path, build, builds).await;
                    (at, (path, loaded))
                });
            }
            match under_way.join_next().await {
                None => return done.into_values().collect(),
                Some(Ok((at, loaded))) => drop(done.insert(at, loaded)),
                Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
            }
        }
    }

    /// Takes a file's DAG, unless another file has it.
    fn take(&mut self, path: PathBuf, loaded: Loaded) -> Result<Option<Taken>, DagsError> {
        let id = loaded.dag.id.clone();
        if let Some(owner) = self.owners.get(&id).filter(|owner| **owner != path) {
            let message = format!("the DAG `{id}` is in {} already: give one of them another id", owner.display());
            self.wrong(&path, message)?;
            return Ok(None);
        }
        let is_new = self.owners.insert(id.clone(), path.clone()).is_none();
        let version = loaded.dag.version;
        let (dag, folder) = (loaded.dag, loaded.folder);
        let source = Source { dag, text: loaded.source, folder, file: Some(path.clone()) };
        let known = self.host.store.dag(&id)?;
        let is_other = known.as_ref().is_none_or(|record| record.version != Some(version));
        let is_kept = |record: &DagRecord| record.path.as_ref() == Some(&path) && record.is_served;
        let is_kept = !is_other && known.as_ref().is_some_and(is_kept);
        Ok(Some(Taken { path, source, is_kept, is_news: !is_new && is_other }))
    }

    /// Keeps what is not kept yet, in one transaction: each costs a sync.
    fn keep(&self, taken: &[Taken], now: Timestamp) -> Result<(), DagsError> {
        let new = taken.iter().filter(|taken| !taken.is_kept);
        let versions: Vec<_> =
            new.map(|taken| (create::version(&taken.source), Seen::Served(taken.path.clone()))).collect();
        if !versions.is_empty() {
            self.host.store.keep_dag_versions(versions, now)?;
        }
        Ok(())
    }

    /// Tells of a DAG that is kept.
    fn serve(&mut self, taken: Taken, scheduler: &Scheduler) -> Result<(), DagsError> {
        let Taken { path, source, is_news, .. } = taken;
        let id = source.dag.id.clone();
        self.right(&path)?;
        scheduler.dag_seen(source)?;
        if is_news {
            self.log.say(&format!("DAG `{id}` has a new version, from {}", path.display()));
        }
        Ok(())
    }

    /// What earlier servers served and no file holds as it is now: where the file is there and wrong, its last good
    /// version goes on; else it is gone. To be called after the first look.
    pub(super) fn go_on(&mut self, scheduler: &Scheduler) -> Result<(), DagsError> {
        let earlier = self.host.store.dags()?.into_iter().filter(|record| record.is_served);
        for record in earlier.filter(|record| !self.owners.contains_key(&record.dag_id)).collect::<Vec<_>>() {
            match self.last_good(&record)? {
                Some((path, source)) => {
                    self.owners.insert(record.dag_id.clone(), path);
                    scheduler.dag_seen(source)?;
                }
                None => self.let_go(&record.dag_id, scheduler)?,
            }
        }
        Ok(())
    }

    /// The version of before, if its file is there and wrong.
    fn last_good(&self, record: &DagRecord) -> Result<Option<(PathBuf, Source)>, DagsError> {
        let Some(path) = record.path.clone().filter(|path| self.wrong.contains_key(path)) else { return Ok(None) };
        let held_otherwise = self.owners.values().any(|owner| *owner == path);
        let Some(digest) = record.version.filter(|_| !held_otherwise) else { return Ok(None) };
        let Some(kept) = self.host.store.dag_version(digest)? else { return Ok(None) };
        match restore(&self.host.registry, &self.host.grounds, &kept.source, &kept.plugins, digest) {
            Ok(dag) => {
                let (dag, text, folder) = (Arc::new(dag), kept.source, kept.folder);
                Ok(Some((path.clone(), Source { dag, text, folder, file: Some(path) })))
            }
            Err(error) => {
                self.log.say(&format!("the last good version of DAG `{}` cannot be used: {error}", record.dag_id));
                Ok(None)
            }
        }
    }

    fn wrong(&mut self, path: &Path, message: String) -> Result<(), StoreError> {
        if self.wrong.get(path) == Some(&message) {
            return Ok(());
        }
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
                        self.folder.forget_all();
                    }
                }
                // What was wrong may be right by now though its file did not change: an input is there, a crate is built.
                () = sleep(LOOK_AGAIN) => self.wrong.keys().for_each(|path| self.folder.forget(path)),
            }
            self.look(scheduler).await?;
        }
    }
}

/// Reads one file, and compiles its components. The error says all that is wrong with it.
async fn load(host: &Host, path: &Path, build: Build, builds: Arc<dyn BuildWatcher>) -> Result<Loaded, String> {
    let loaded = loader::load(&host.registry, &host.grounds, path, build, Arc::clone(&builds)).await;
    let loaded = loaded.map_err(|error| words(&error))?;
    if let Some(message) = without_default(&loaded) {
        return Err(message);
    }
    let compiled = loader::compile(&host.registry, &loaded.dag, builds.as_ref()).await;
    compiled.map(|()| loaded).map_err(|error| words(&error))
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
