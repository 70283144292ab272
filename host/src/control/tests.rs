use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::executor::{Boxed, Cancel, Executor};
use crate::ids::{DagId, RunId};
use crate::lifecycle::launch::{Launch, Report};
use crate::planner::Capacity;
use crate::scheduler::lease::Lease;
use crate::scheduler::{NoMaterials, Parts, Scheduler, Unobserved};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

struct Idle;

impl Executor for Idle {
    fn run(&self, _launch: Launch, _cancel: Cancel) -> Boxed<Report> {
        unreachable!("no run is made here")
    }
}

/// A server whose socket lies in a folder of that name.
struct Served {
    folder: tempfile::TempDir,
    socket: PathBuf,
    changed: watch::Receiver<u64>,
    _looping: crate::scheduler::Looping,
    _lease: Lease,
    serving: tokio::task::JoinHandle<()>,
}

impl Served {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join(name);
        std::fs::create_dir_all(&home).unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&home.join("db")).unwrap());
        let lease = Lease::take_server(Arc::clone(&store), &home.join("processes"), SystemClock.now()).unwrap();
        let (scheduler, looping) = Scheduler::start(Parts {
            store,
            executor: Arc::new(Idle),
            clock: Arc::new(SystemClock),
            materials: Arc::new(NoMaterials),
            observer: Arc::new(Unobserved),
            process: lease.presence(),
            capacity: Capacity::new(1, u64::MAX),
            begins_runs: true,
        })
        .unwrap();
        let socket = home.join("serve.sock");
        let (tell, changed) = watch::channel(0);
        let control = Control::listen(&socket).unwrap();
        let serving = tokio::spawn(control.serve(scheduler, tell, std::future::pending()));
        Self { folder, socket, changed, _looping: looping, _lease: lease, serving }
    }

    async fn ask(&self, request: Request) -> Result<Answer, ClientError> {
        let socket = self.socket.clone();
        tokio::task::spawn_blocking(move || ask(&socket, request)).await.unwrap()
    }
}

fn trigger(dag: &str) -> Request {
    Request::Trigger { dag: DagId::new(dag).unwrap(), params: BTreeMap::new(), logical_date: None }
}

#[tokio::test]
async fn what_is_asked_is_answered_and_refusals_keep_their_kind() {
    let served = Served::new("home");
    assert_eq!(served.ask(Request::PoolsChanged).await.unwrap(), Ok(Reply::Done));
    let refused = served.ask(trigger("nobody")).await.unwrap();
    assert_eq!(refused, Err(RequestError::NoSuchDag { dag: DagId::new("nobody").unwrap() }));
    let run = RunId::new("manual__1").unwrap();
    let refused = served.ask(Request::Wait { dag: DagId::new("nobody").unwrap(), run }).await.unwrap();
    assert!(matches!(refused, Err(RequestError::NoSuchRun { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_socket_whose_path_is_too_long_for_an_address_is_reached_all_the_same() {
    let served = Served::new(&["long"; 40].join("-"));
    assert!(served.socket.as_os_str().len() > 150);
    assert_eq!(served.ask(Request::PoolsChanged).await.unwrap(), Ok(Reply::Done));
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_server() {
    let served = Served::new("home");
    served.serving.abort();
    assert!(served.serving.await.unwrap_err().is_cancelled());
    assert!(!served.socket.exists(), "it is taken away with the server");
    let asked = ask(&served.socket, Request::PoolsChanged);
    assert!(matches!(asked, Err(ClientError::NoServer)), "{asked:?}");
    // What a crash leaves behind.
    drop(std::os::unix::net::UnixListener::bind(&served.socket).unwrap());
    let asked = ask(&served.socket, Request::PoolsChanged);
    assert!(matches!(asked, Err(ClientError::NoServer)), "{asked:?}");
    drop(Control::listen(&served.socket).unwrap());
    drop(served.folder);
}

#[tokio::test]
async fn who_speaks_another_language_is_left_and_others_are_answered() {
    let served = Served::new("home");
    let socket = served.socket.clone();
    let left = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.write_all(b"GET / HTTP/1.1\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    assert_eq!(left.await.unwrap(), b"");
    assert_eq!(served.ask(Request::PoolsChanged).await.unwrap(), Ok(Reply::Done));
}

#[tokio::test]
async fn the_server_is_told_that_plugins_changed() {
    let mut served = Served::new("home");
    let socket = served.socket.clone();
    tokio::task::spawn_blocking(move || plugins_changed(&socket)).await.unwrap().unwrap();
    served.changed.changed().await.unwrap();
    assert_eq!(*served.changed.borrow(), 1);
}

#[tokio::test]
async fn the_socket_is_closed_to_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let served = Served::new("home");
    assert_eq!(std::fs::metadata(&served.socket).unwrap().permissions().mode() & 0o077, 0);
}
