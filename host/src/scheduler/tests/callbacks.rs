//! Callbacks: started after the commit, by whoever comes after a crash, and once.

use serde_json::json;
use tokio::sync::mpsc;

use super::{Act, Bench, OneDag};
use crate::clock::{Clock, SystemClock};
use crate::dag::callback::CallbackKind;
use crate::ids::RunKey;
use crate::lifecycle::change::{Call, Change, RunChange, RunStep};
use crate::lifecycle::state::{RunState, TaskState};
use crate::scheduler::lease::Lease;
use crate::scheduler::{Parts, Scheduler, Unobserved, snapshot};
use crate::store::{CallbackRecord, ProcessKind, RunFilter, RunRecord, RunType};
use std::sync::Arc;

const CALLS: &str = "id = \"calls\"\non_success = \"p\"\non_failure = \"p\"\n[tasks.a]\nplugin = \"p\"\non_success = { plugin = \"p\", params.of = \"{{ event.task_id }} in {{ event.run_id }}\" }\n";

fn parts(bench: &Bench, lease: &Lease, acts: impl Fn(&str, u32) -> Act + Send + Sync + 'static) -> Parts {
    Parts { materials: Arc::new(OneDag(Arc::clone(&bench.source.dag))), ..bench.parts(lease, acts) }
}

fn callbacks(bench: &Bench, run: RunKey) -> Vec<CallbackRecord> {
    bench.store.callbacks(run).unwrap()
}

/// The runs of callbacks, oldest first.
fn called(bench: &Bench) -> Vec<RunRecord> {
    let (mut runs, _) = bench.store.runs(&RunFilter { callbacks: true, ..RunFilter::default() }).unwrap();
    runs.sort_by_key(|run| run.key);
    runs
}

/// A run that failed, by a process that ended before it could start the callback.
async fn left_open(bench: &Bench) -> RunKey {
    let (dead, _) = bench.lease();
    let key = bench.new_run(&dead);
    let now = SystemClock.now();
    let fail = RunStep::Fail { reason: "broken".to_owned() };
    let event = Arc::new(json!({ "message": "broken" }));
    let changes = vec![
        Change::Run(RunChange { run: key, expect: RunState::Queued, at: now, step: fail }),
        Change::Call(Call { run: key, task: None, kind: CallbackKind::OnFailure, at: now, event }),
    ];
    bench.store.commit(dead.process(), Arc::new(changes)).unwrap();
    key
}

/// A server that takes up what is left, and ends when nothing is.
async fn serve(bench: &Bench, acts: impl Fn(&str, u32) -> Act + Send + Sync + 'static) {
    let folder = bench.folder.path().join("processes");
    let now = SystemClock.now();
    let (server, _) = Lease::take(Arc::clone(&bench.store), &folder, ProcessKind::Server, now).unwrap();
    bench.store.adopt_runs(server.process(), now).unwrap();
    let (scheduler, mut looping) = Scheduler::start(parts(bench, &server, acts)).unwrap();
    scheduler.recover(vec![]).await.unwrap();
    scheduler.close().unwrap();
    looping.ended().await.unwrap();
    server.end(now).unwrap();
}

#[tokio::test]
async fn a_task_and_its_run_call_what_they_name_and_the_loop_waits_for_it() {
    let bench = Bench::of(CALLS);
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    assert_eq!(bench.drive(&lease, key, Arc::new(Unobserved), |_, _| Act::Done).await, RunState::Success);
    let about = bench.store.run(key).unwrap().unwrap();
    let kinds: Vec<_> =
        callbacks(&bench, key).iter().map(|callback| (callback.task_id.clone(), callback.is_open)).collect();
    assert_eq!(kinds, [(Some("a".parse().unwrap()), false), (None, false)]);
    let runs = called(&bench);
    assert_eq!(
        runs.iter().map(|run| (run.run_type, run.state)).collect::<Vec<_>>(),
        [(RunType::Callback, RunState::Success); 2]
    );
    assert!(runs[0].run_id.as_str().starts_with("a.on_success__"), "{}", runs[0].run_id);
    assert!(runs[1].run_id.as_str().starts_with("on_success__"), "{}", runs[1].run_id);
    assert_eq!((runs[0].version, &runs[0].dates.logical_date), (about.version, &about.dates.logical_date));
    let invocation = bench.store.instances(runs[0].key).unwrap().remove(0).invocation.unwrap();
    assert_eq!(invocation.params["of"], json!(format!("a in {}", about.run_id)));
    let event = &invocation.values[0];
    assert_eq!(
        (event.name.as_str(), &event.value["kind"], &event.value["value"]),
        ("event", &json!("on_success"), &json!(1))
    );
    assert!(runs.iter().all(|run| callbacks(&bench, run.key).is_empty()), "a callback calls nothing");
}

#[tokio::test]
async fn where_nothing_may_start_a_callback_waits_for_the_next_server() {
    let bench = Bench::of(CALLS);
    let key = left_open(&bench).await;
    assert_eq!((callbacks(&bench, key)[0].is_open, called(&bench).len()), (true, 0));
    serve(&bench, |_, _| Act::Done).await;
    let runs = called(&bench);
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Success]);
    assert_eq!(runs[0].inputs.event.as_ref().and_then(|event| event["message"].as_str()), Some("broken"));
    serve(&bench, |_, _| Act::Done).await;
    assert_eq!(called(&bench), runs, "once");
}

#[tokio::test]
async fn the_run_of_a_callback_goes_on_after_a_crash() {
    let bench = Bench::of(CALLS);
    let folder = bench.folder.path().join("processes");
    let (lease, _) = Lease::take(Arc::clone(&bench.store), &folder, ProcessKind::Server, SystemClock.now()).unwrap();
    let key = bench.new_run(&lease);
    let (held, mut gone) = mpsc::unbounded_channel();
    let holds = move |task: &str, _| match task {
        "a" => Act::Done,
        _ => {
            held.send(()).unwrap();
            Act::Holds(held.clone())
        }
    };
    let (scheduler, looping) = Scheduler::start(parts(&bench, &lease, holds)).unwrap();
    let run = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    let ended = scheduler.add(taken, vec![], Arc::new(Unobserved)).unwrap();
    assert_eq!(ended.await.unwrap(), RunState::Success);
    let states = || called(&bench).iter().map(|run| bench.states(run.key)[0]).collect::<Vec<_>>();
    assert_eq!((gone.recv().await, gone.recv().await), (Some(()), Some(())));
    assert_eq!(states(), [TaskState::Running; 2]);
    drop(looping);
    assert_eq!(gone.recv().await, None);
    drop(lease);
    serve(&bench, |_, _| Act::Done).await;
    assert_eq!(states(), [TaskState::Success; 2]);
    let first = bench.store.instances(called(&bench)[0].key).unwrap().remove(0);
    assert_eq!((first.lost_hosts, first.start_number), (1, 2));
    assert_eq!(callbacks(&bench, key).len(), 2, "none was recorded twice");
}

#[tokio::test]
async fn a_callback_whose_dag_cannot_be_had_any_more_says_so() {
    let bench = Bench::of(CALLS);
    let other = Bench::of("id = \"calls\"\n[tasks.a]\nplugin = \"p\"\n");
    let key = left_open(&bench).await;
    let without =
        Bench { source: other.source.clone(), store: Arc::clone(&bench.store), folder: tempfile::tempdir().unwrap() };
    serve(&without, |_, _| Act::Done).await;
    let kept = callbacks(&bench, key).remove(0);
    assert_eq!((kept.is_open, kept.started), (false, None));
    assert!(kept.problem.unwrap().contains("has no `on_failure`"));
    assert_eq!(kept.event, json!({ "message": "broken" }));
}
