//! The server: one process that watches a folder of DAG files, schedules them, and does what people ask for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use crate::artifacts;
use crate::control::{Control, ControlError};
use crate::loader::Build;
use crate::planner::Capacity;
use crate::registry::BuildWatcher;
use crate::scheduler::lease::{Lease, LeaseError};
use crate::scheduler::{
    Looping, Parts, Reply, Request, RequestError, RunObserver, Scheduler, StartError, Stopped, Unobserved,
    all_known_dags,
};
use crate::store::StoreError;

use super::Host;
use super::dags::{DagFiles, DagsError};
use super::materials::HomeMaterials;

/// The first and the longest wait before the database is tried again.
const TRY_AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What a server says of its work, a line each. Texts may hold a stranger's words.
pub trait ServeLog: Send + Sync + 'static {
    /// Something worth a line.
    fn say(&self, line: &str);
}

/// What to serve.
pub struct ServeRequest {
    /// The folder of DAG files.
    pub dags: PathBuf,
    /// Whether crates that DAGs give by path may be built, which runs code from their folders.
    pub build: Build,
    /// Told of builds.
    pub builds: Arc<dyn BuildWatcher>,
    /// How long tasks may go on after the stop.
    pub grace: Duration,
    /// Where it says what it does.
    pub log: Arc<dyn ServeLog>,
    /// Told of runs.
    pub observer: Arc<dyn RunObserver>,
}

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder of DAG files.
    #[error("the folder of DAG files {path} cannot be used")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// There is another server, or none can be.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The DAG files.
    #[error(transparent)]
    Dags(#[from] DagsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The artifacts or scratch folders.
    #[error(transparent)]
    Artifacts(#[from] artifacts::StoreError),
    /// The loop could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The loop ended without a word.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why there is no loop.
#[derive(Debug, thiserror::Error)]
enum NoLoop {
    /// The scratch folders.
    #[error(transparent)]
    Artifacts(#[from] artifacts::StoreError),
    /// The thread.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl From<NoLoop> for ServeError {
    fn from(why: NoLoop) -> Self {
        match why {
            NoLoop::Artifacts(error) => error.into(),
            NoLoop::Start(error) => error.into(),
        }
    }
}

impl From<NoLoop> for OperateError {
    fn from(why: NoLoop) -> Self {
        match why {
            NoLoop::Artifacts(error) => error.into(),
            NoLoop::Start(error) => error.into(),
        }
    }
}

/// Why something that was asked for is not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// No server is there, and none can be in its place.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The scratch folders.
    #[error(transparent)]
    Artifacts(#[from] artifacts::StoreError),
    /// The loop could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Host {
    /// Serves until `stop` becomes true. A database that cannot be written for a while (a full disk) is tried again:
    /// what ran is then as after a crash.
    pub async fn serve(&self, request: ServeRequest, mut stop: watch::Receiver<bool>) -> Result<(), ServeError> {
        let ServeRequest { dags, build, builds, grace, log, observer } = request;
        let failed = |source| ServeError::Folder { path: dags.clone(), source };
        let root = std::fs::canonicalize(&dags).map_err(failed)?;
        std::fs::read_dir(&root).map_err(failed)?;
        // Other people's files come in here: only from where they may.
        let host = Self { grounds: self.grounds.serving(&root), ..self.clone() };
        let lease = Lease::take_server(Arc::clone(&self.store), &self.home.processes(), self.clock.now())?;
        let mut wait = TRY_AGAIN.0;
        loop {
            let files = DagFiles::new(host.clone(), root.clone(), build, Arc::clone(&builds), Arc::clone(&log));
            let session = Session { host: &host, lease: &lease, log: &log, observer: &observer, grace };
            let error = match session.run(files, &mut stop).await {
                Ok(()) => break,
                Err(error) => error,
            };
            if !may_pass(&error) {
                return Err(error);
            }
            log.say(&format!("{}; what ran is ended, and all goes on when it can", artifacts::cause_chain(&error)));
            tokio::select! {
                () = sleep(wait) => wait = (wait * 2).min(TRY_AGAIN.1),
                Ok(_) = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        lease.end(self.clock.now())?;
        Ok(())
    }

    /// Does what is asked for without a server: by a loop of its own that begins nothing.
    pub async fn operate(&self, request: Request) -> Result<Reply, OperateError> {
        let lease = Lease::take_place(Arc::clone(&self.store), &self.home.processes(), self.clock.now())?;
        let capacity = Capacity { parallelism: 0, ..self.capacity()? };
        let (scheduler, mut looping) = self.start(&lease, capacity, Arc::new(Unobserved), false)?;
        let answer = scheduler.ask(request).await;
        // The loop may be over already; then that says why.
        drop(scheduler.stop(Duration::ZERO));
        looping.ended().await?;
        lease.end(self.clock.now())?;
        Ok(answer?)
    }

    fn start(
        &self,
        lease: &Lease,
        capacity: Capacity,
        observer: Arc<dyn RunObserver>,
        begins_runs: bool,
    ) -> Result<(Scheduler, Looping), NoLoop> {
        Ok(Scheduler::start(Parts {
            store: Arc::clone(&self.store),
            executor: Arc::new(self.executor(None)?),
            clock: Arc::clone(&self.clock),
            materials: Arc::new(HomeMaterials::new(
                Arc::clone(&self.artifacts),
                self.registry.clone(),
                self.grounds.clone(),
            )),
            observer,
            process: lease.presence(),
            capacity,
            begins_runs,
        })?)
    }
}

/// A full disk or a home that is read-only for a while is no reason to give up.
fn may_pass(error: &ServeError) -> bool {
    let store = match error {
        ServeError::Store(store)
        | ServeError::Dags(DagsError::Store(store))
        | ServeError::Lease(LeaseError::Store(store)) => store,
        ServeError::Artifacts(_) | ServeError::Start(_) => return true,
        ServeError::Dags(DagsError::Stopped(_)) | ServeError::Stopped(_) => return true,
        ServeError::Folder { .. }
        | ServeError::Lease(LeaseError::Io { .. } | LeaseError::Served)
        | ServeError::Control(_)
        | ServeError::Dags(DagsError::Watch { .. }) => return false,
    };
    store.may_pass()
}

/// From a start of the loop to its end.
struct Session<'a> {
    host: &'a Host,
    lease: &'a Lease,
    log: &'a Arc<dyn ServeLog>,
    observer: &'a Arc<dyn RunObserver>,
    grace: Duration,
}

impl Session<'_> {
    /// Until the stop, or an error.
    async fn run(&self, mut files: DagFiles, stop: &mut watch::Receiver<bool>) -> Result<(), ServeError> {
        let host = self.host;
        let (scheduler, mut looping) = host.start(self.lease, host.capacity()?, Arc::clone(self.observer), true)?;
        let worked = match self.work(&scheduler, &mut looping, &mut files, stop).await {
            // The loop itself knows why.
            Err(ServeError::Stopped(_) | ServeError::Dags(DagsError::Stopped(_))) => match looping.ended().await {
                Ok(()) | Err(StoreError::Closed) => Err(Stopped.into()),
                Err(error) => Err(error.into()),
            },
            worked => worked,
        };
        // The next session has the same process's name.
        looping.end().await;
        worked
    }

    async fn work(
        &self,
        scheduler: &Scheduler,
        looping: &mut Looping,
        files: &mut DagFiles,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), ServeError> {
        let host = self.host;
        let known = all_known_dags(host.store.as_ref())?;
        scheduler.recover(known).await?;
        files.forget_errors()?;
        files.look(scheduler).await?;
        files.go_on(scheduler)?;
        let control = Control::listen(&host.home.socket())?;
        let (plugins_changed, changed) = watch::channel(0);
        let (dags, wrong) = files.counts();
        self.log.say(&format!("ready: DAGs: {dags}, files that cannot be used: {wrong}"));
        let (over, is_over) = oneshot::channel::<()>();
        let until_over = async { drop(is_over.await) };
        let mut listening = std::pin::pin!(control.serve(scheduler.clone(), plugins_changed, until_over));
        let ended = tokio::select! {
            ended = looping.ended() => Some(ended.map_err(ServeError::from).and(Err(Stopped.into()))),
            watched = files.watch(scheduler, changed) => Some(watched.map_err(ServeError::from)),
            () = &mut listening => Some(Err(Stopped.into())),
            Ok(_) = stop.wait_for(|stopped| *stopped) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.log.say(&format!("stopping: what runs may go on for {} s", self.grace.as_secs()));
                scheduler.stop(self.grace)?;
                // People may still ask, for one to cancel what holds the stop up.
                tokio::select! {
                    ended = looping.ended() => ended.map_err(ServeError::from),
                    () = &mut listening => Err(Stopped.into()),
                }
            }
        };
        drop(over);
        listening.await;
        ended
    }
}
