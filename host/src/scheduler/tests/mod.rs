mod callbacks;
mod costs;
mod ending;

use std::sync::{Arc, Mutex, mpsc as blocking};

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::clock::{Clock, SystemClock};
use crate::contract::Outcome;
use crate::dag::model::{Dag, RunInputs};
use crate::dag::testing::{catalog, plugin};
use crate::dag::{Draft, check};
use crate::executor::{Boxed, Cancel, Executor};
use crate::ids::{RunKey, TaskId};
use crate::lifecycle::change::{TaskChange, TaskStep};
use crate::lifecycle::launch::{Launch, Report, RunDates, Usage};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::Capacity;
use crate::scheduler::create::{NewRunRequest, Source, new_run, resume};
use crate::scheduler::lease::{Lease, LeaseError};
use crate::scheduler::request::{Clear, Request};
use crate::scheduler::{Materials, NoMaterials, Parts, RunObserver, Scheduler, Unobserved, snapshot};
use crate::store::sqlite::SqliteStore;
use crate::store::{DagVersion, ProcessKind, RunType, Store};

const CHAIN: &str = "id = \"chain\"\nflow = \"a >> b >> c\"\n[tasks.a]\nplugin = \"p\"\n[tasks.b]\nplugin = \"p\"\n[tasks.c]\nplugin = \"p\"\n";

/// What a try does, by its task and how often that was started before.
type Acts = dyn Fn(&str, u32) -> Act + Send + Sync;

enum Act {
    Done,
    /// The executor itself breaks: no report comes.
    Panics,
    /// Runs until it is told to end.
    Waits,
    /// Runs until this is true.
    Until(watch::Receiver<bool>),
    /// Runs until it is dropped, and holds this.
    Holds(mpsc::UnboundedSender<()>),
}

struct Acting(Arc<Acts>);

impl Executor for Acting {
    fn run(&self, launch: Launch, mut cancel: Cancel) -> Boxed<Report> {
        let act = (self.0)(launch.task_id.as_str(), launch.attempt.start_number);
        Box::pin(async move {
            let outcome = match act {
                Act::Done => Outcome::Done { value: json!(launch.attempt.try_number) },
                Act::Panics => panic!("this executor is broken on purpose"),
                Act::Waits => {
                    cancel.wait_for(|cancelled| *cancelled).await.unwrap();
                    Outcome::Cancelled
                }
                Act::Until(mut open) => {
                    open.wait_for(|open| *open).await.unwrap();
                    Outcome::Done { value: json!(null) }
                }
                Act::Holds(_held) => std::future::pending().await,
            };
            Report {
                attempt: launch.attempt,
                ended_at: SystemClock.now(),
                outcome,
                outputs: vec![],
                metrics: vec![],
                usage: Usage::default(),
            }
        })
    }
}

struct Bench {
    folder: tempfile::TempDir,
    store: Arc<dyn Store>,
    source: Source,
}

impl Bench {
    fn new() -> Self {
        Self::of(CHAIN)
    }

    fn of(text: &str) -> Self {
        Self::heard(text, |_| {})
    }

    /// With somebody who hears each statement that writes.
    fn heard(text: &str, heard: impl FnMut(&str) + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("dagwood.db")).unwrap());
        store.listen(heard).unwrap();
        let checked = check(&Draft::from_toml(text), &catalog([plugin("p")]));
        let dag = Arc::new(checked.dag.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)));
        let source = Source { dag, text: text.into(), folder: "/".into(), file: None };
        Self { folder, store, source }
    }

    fn lease(&self) -> (Lease, Vec<RunKey>) {
        let folder = self.folder.path().join("processes");
        Lease::take(Arc::clone(&self.store), &folder, ProcessKind::Run, SystemClock.now()).unwrap()
    }

    fn new_run(&self, lease: &Lease) -> RunKey {
        let now = SystemClock.now();
        let dates = RunDates { logical_date: Some(now), data_interval: None, run_after: now };
        let request =
            NewRunRequest { run_type: RunType::Manual, dates, inputs: Default::default(), owner: lease.process(), now };
        new_run(self.store.as_ref(), &self.source, request).unwrap().0
    }

    fn parts(&self, lease: &Lease, acts: impl Fn(&str, u32) -> Act + Send + Sync + 'static) -> Parts {
        Parts {
            store: Arc::clone(&self.store),
            executor: Arc::new(Acting(Arc::new(acts))),
            clock: Arc::new(SystemClock),
            process: lease.presence(),
            materials: Arc::new(NoMaterials),
            observer: Arc::new(Unobserved),
            capacity: Capacity::new(4, u64::MAX),
            begins_runs: false,
        }
    }

    /// Drives the run to its end.
    async fn drive(
        &self,
        lease: &Lease,
        key: RunKey,
        observer: Arc<dyn RunObserver>,
        acts: impl Fn(&str, u32) -> Act + Send + Sync + 'static,
    ) -> RunState {
        let (scheduler, mut looping) = Scheduler::start(self.parts(lease, acts)).unwrap();
        let run = self.store.run(key).unwrap().unwrap();
        let taken = snapshot(&run, Arc::clone(&self.source.dag), &self.store.instances(key).unwrap(), None);
        let ended = scheduler.add(taken, vec![], observer).unwrap();
        let state = ended.await.unwrap();
        scheduler.close().unwrap();
        looping.ended().await.unwrap();
        state
    }

    fn states(&self, key: RunKey) -> Vec<TaskState> {
        self.store.instances(key).unwrap().iter().map(|instance| instance.state).collect()
    }
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl RunObserver for Notes {
    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        let mut notes = self.0.lock().unwrap();
        let step = format!("{:?}", change.step);
        let name = step.split([' ', '(']).next().unwrap_or_default();
        notes.push(format!("{task} {name}"));
    }
}

#[tokio::test]
async fn a_chain_runs_in_order_and_every_step_is_told_after_its_commit() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let notes = Arc::new(Notes::default());
    let state = bench.drive(&lease, key, Arc::clone(&notes) as _, |_, _| Act::Done).await;
    assert_eq!(state, RunState::Success);
    assert_eq!(bench.states(key), [TaskState::Success; 3]);
    let told = notes.0.lock().unwrap().clone();
    let expected: Vec<_> = ["a", "b", "c"]
        .iter()
        .flat_map(|task| ["Schedule", "Queue", "Start", "Succeed"].map(|step| format!("{task} {step}")))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_executor_that_breaks_is_a_lost_host_and_the_task_is_started_again() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let breaks_twice = |task: &str, start| if task == "b" && start < 3 { Act::Panics } else { Act::Done };
    let state = bench.drive(&lease, key, Arc::new(Unobserved), breaks_twice).await;
    assert_eq!(state, RunState::Success);
    let lost = bench.store.instances(key).unwrap().remove(1);
    assert_eq!((lost.state, lost.lost_hosts, lost.start_number), (TaskState::Success, 2, 3));
}

#[tokio::test]
async fn a_task_that_loses_every_host_fails_in_the_end() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let breaks = |task: &str, _| if task == "b" { Act::Panics } else { Act::Done };
    assert_eq!(bench.drive(&lease, key, Arc::new(Unobserved), breaks).await, RunState::Failed);
    assert_eq!(bench.states(key), [TaskState::Success, TaskState::Failed, TaskState::UpstreamFailed]);
}

/// Tells when a task has started.
struct Started(watch::Sender<bool>, &'static str);

impl RunObserver for Started {
    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        if task.as_str() == self.1 && matches!(change.step, TaskStep::Start { .. }) {
            self.0.send_replace(true);
        }
    }
}

/// Keeps the loop right after the commit in which a task starts, until it is let on.
struct Stays {
    task: &'static str,
    there: watch::Sender<bool>,
    on: Mutex<blocking::Receiver<()>>,
}

impl Stays {
    /// Also what tells that it is there, and what lets it on.
    fn at(task: &'static str) -> (Self, watch::Receiver<bool>, blocking::Sender<()>) {
        let ((there, is_there), (go, on)) = (watch::channel(false), blocking::channel());
        (Self { task, there, on: Mutex::new(on) }, is_there, go)
    }
}

impl RunObserver for Stays {
    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        let starts = task.as_str() == self.task && matches!(change.step, TaskStep::Start { .. });
        if starts && !self.there.send_replace(true) {
            self.on.lock().unwrap().recv().unwrap();
        }
    }
}

#[tokio::test]
async fn a_cancelled_run_ends_what_runs_and_can_be_resumed() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let (started, mut begun) = watch::channel(false);
    let waits = |task: &str, start| if task == "b" && start == 1 { Act::Waits } else { Act::Done };
    let (scheduler, mut looping) = Scheduler::start(bench.parts(&lease, waits)).unwrap();
    let run = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    let ended = scheduler.add(taken, vec![], Arc::new(Started(started, "b"))).unwrap();
    begun.wait_for(|begun| *begun).await.unwrap();
    scheduler.cancel(key, "a person had enough").unwrap();
    assert_eq!(ended.await.unwrap(), RunState::Failed);
    assert_eq!(bench.states(key), [TaskState::Success, TaskState::Failed, TaskState::Skipped]);
    let failed = bench.store.run(key).unwrap().unwrap();
    assert_eq!(failed.reason.as_deref(), Some("a person had enough"));

    let (run, instances, clear) = resume(
        bench.store.as_ref(),
        &bench.source,
        &failed.run_id,
        Default::default(),
        lease.process(),
        SystemClock.now(),
    )
    .unwrap();
    assert_eq!(clear.iter().map(|task| task.0).collect::<Vec<_>>(), [1, 2]);
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &instances, None);
    let ended = scheduler.add(taken, clear, Arc::new(Unobserved)).unwrap();
    assert_eq!(ended.await.unwrap(), RunState::Success);
    assert_eq!(bench.states(key), [TaskState::Success; 3]);
    assert_eq!(bench.store.instances(key).unwrap()[0].start_number, 1, "what succeeded does not run again");
    scheduler.close().unwrap();
    looping.ended().await.unwrap();
}

#[tokio::test]
async fn a_run_that_is_ended_and_cleared_in_one_breath_goes_on() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let (stays, mut is_there, go) = Stays::at("c");
    let waits = |task: &str, start| if task == "c" && start == 1 { Act::Waits } else { Act::Done };
    let materials = Arc::new(OneDag(Arc::clone(&bench.source.dag)));
    let (scheduler, mut looping) = Scheduler::start(Parts { materials, ..bench.parts(&lease, waits) }).unwrap();
    let record = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&record, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    let ended = scheduler.add(taken, vec![], Arc::new(stays)).unwrap();
    is_there.wait_for(|there| *there).await.unwrap();
    let (dag, run, task) = (record.dag_id, record.run_id, TaskId::new("c").unwrap());
    let (tasks, reason) = (vec![task.clone()], "by hand".to_owned());
    let (upstream, downstream, only_failed, dry_run) = (false, false, false, false);
    let clear = Clear { dag: dag.clone(), run: run.clone(), tasks, upstream, downstream, only_failed, dry_run };
    let mark = Request::Mark { dag, run, task, success: true, reason };
    // Both are in the inbox before the loop looks into it.
    let lets_on = async { go.send(()).unwrap() };
    let (marked, cleared, ()) = tokio::join!(scheduler.ask(mark), scheduler.ask(Request::Clear(clear)), lets_on);
    marked.unwrap();
    cleared.unwrap();
    assert_eq!(ended.await.unwrap(), RunState::Success);
    assert_eq!(bench.store.run(key).unwrap().unwrap().state, RunState::Success, "it is told when it is over");
    assert_eq!(bench.store.instances(key).unwrap()[2].start_number, 2);
    scheduler.close().unwrap();
    looping.ended().await.unwrap();
}

#[tokio::test]
async fn a_run_that_is_anothers_leaves_no_slot_taken() {
    let bench = Bench::new();
    let ((another, _), (lease, _)) = (bench.lease(), bench.lease());
    let (anothers, ours) = (bench.new_run(&another), bench.new_run(&lease));
    let capacity = Capacity::new(1, u64::MAX);
    let (scheduler, mut looping) =
        Scheduler::start(Parts { capacity, ..bench.parts(&lease, |_, _| Act::Done) }).unwrap();
    let ends = [anothers, ours].map(|key| {
        let run = bench.store.run(key).unwrap().unwrap();
        let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
        scheduler.add(taken, vec![], Arc::new(Unobserved)).unwrap()
    });
    let [refused, driven] = ends;
    assert_eq!(refused.await.unwrap(), RunState::Queued, "it is left as it is");
    assert_eq!(driven.await.unwrap(), RunState::Success);
    scheduler.close().unwrap();
    looping.ended().await.unwrap();
}

#[test]
fn the_runs_of_a_dead_process_are_ended_by_the_next() {
    let bench = Bench::new();
    let (dead, _) = bench.lease();
    let key = bench.new_run(&dead);
    drop(dead);
    let (alive, abandoned) = bench.lease();
    assert_eq!(abandoned, [key]);
    let run = bench.store.run(key).unwrap().unwrap();
    assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some("its process ended")));
    alive.end(Timestamp::UNIX_EPOCH).unwrap();
}

#[test]
fn a_living_process_keeps_its_runs() {
    let bench = Bench::new();
    let (alive, _) = bench.lease();
    let key = bench.new_run(&alive);
    let (_, abandoned) = bench.lease();
    assert!(abandoned.is_empty());
    assert_eq!(bench.store.run(key).unwrap().unwrap().state, RunState::Queued);
}

#[test]
fn a_server_waits_for_who_is_in_its_place_and_refuses_others() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("processes");
    let now = Timestamp::UNIX_EPOCH;
    let place = Lease::take_place(Arc::clone(&bench.store), &folder, now).unwrap();
    let server = std::thread::scope(|scope| {
        let server = scope.spawn(|| Lease::take_server(Arc::clone(&bench.store), &folder, now).unwrap());
        place.end(now).unwrap();
        server.join().unwrap()
    });
    for refused in [Lease::take_server, Lease::take_place] {
        let refused = refused(Arc::clone(&bench.store), &folder, now);
        assert!(matches!(refused, Err(LeaseError::Served)));
    }
    drop(server);
    Lease::take_place(Arc::clone(&bench.store), &folder, now).unwrap();
}

/// Has the DAG of the bench, whatever is asked for.
struct OneDag(Arc<Dag>);

impl Materials for OneDag {
    fn files(&self, _source: &Source) -> RunInputs {
        RunInputs::default()
    }

    fn dag(&self, _version: &DagVersion) -> Result<Arc<Dag>, String> {
        Ok(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn what_was_only_scheduled_is_started_once_by_who_takes_over_the_run() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let parts = |capacity| {
        let materials = Arc::new(OneDag(Arc::clone(&bench.source.dag)));
        Parts { capacity, materials, ..bench.parts(&lease, |_, _| Act::Done) }
    };
    // Without a slot, so that the first task is scheduled and no more.
    let (scheduler, mut looping) = Scheduler::start(parts(Capacity::new(0, u64::MAX))).unwrap();
    let run = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    drop(scheduler.add(taken, vec![], Arc::new(Unobserved)).unwrap());
    scheduler.stop(std::time::Duration::ZERO).unwrap();
    looping.ended().await.unwrap();
    assert_eq!(bench.states(key)[0], TaskState::Scheduled);

    let (scheduler, mut looping) = Scheduler::start(parts(Capacity::new(4, u64::MAX))).unwrap();
    scheduler.recover(vec![]).await.unwrap();
    scheduler.close().unwrap();
    looping.ended().await.unwrap();
    assert_eq!(bench.states(key), [TaskState::Success; 3]);
    let first = bench.store.instances(key).unwrap().remove(0);
    assert_eq!((first.try_number, first.start_number, first.lost_hosts), (1, 1, 0));
}
