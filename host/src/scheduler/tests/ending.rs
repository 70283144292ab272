//! The end of the loop: in good order, dropped, waited for.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Act, Bench, Started, Stays};
use crate::ids::RunKey;
use crate::lifecycle::state::{RunState, TaskState};
use crate::scheduler::request::{Reply, Request};
use crate::scheduler::{RunObserver, Scheduler, snapshot};

fn add(bench: &Bench, scheduler: &Scheduler, key: RunKey, observer: Arc<dyn RunObserver>) {
    let run = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    drop(scheduler.add(taken, vec![], observer).unwrap());
}

/// A loop that stays right after its first commit, until it is let on.
async fn staying(bench: &Bench, scheduler: &Scheduler, key: RunKey) -> blocking::Sender<()> {
    let (stays, mut is_there, go) = Stays::at("a");
    add(bench, scheduler, key, Arc::new(stays));
    is_there.wait_for(|there| *there).await.unwrap();
    go
}

#[tokio::test]
async fn who_waits_for_a_run_is_told_its_end_though_the_loop_ends_with_it() {
    let bench = Bench::of("id = \"one\"\n[tasks.a]\nplugin = \"p\"\n");
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let (open, is_open) = watch::channel(false);
    let (started, mut begun) = watch::channel(false);
    let acts = move |_: &str, _| Act::Until(is_open.clone());
    let (scheduler, mut looping) = Scheduler::start(bench.parts(&lease, acts)).unwrap();
    add(&bench, &scheduler, key, Arc::new(Started(started, "a")));
    begun.wait_for(|begun| *begun).await.unwrap();
    let run = bench.store.run(key).unwrap().unwrap();
    let wait = scheduler.ask(Request::Wait { dag: run.dag_id, run: run.run_id });
    let stops = async {
        scheduler.stop(Duration::MAX).unwrap();
        open.send_replace(true);
    };
    let (told, ()) = tokio::join!(wait, stops);
    assert_eq!(told, Ok(Reply::Ended { state: RunState::Success }));
    looping.ended().await.unwrap();
}

#[tokio::test]
async fn the_end_is_waited_for_and_nothing_is_done_after_it() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let launched = Arc::new(AtomicBool::new(false));
    let notes = Arc::clone(&launched);
    let launches = move |_: &str, _| {
        notes.store(true, Ordering::SeqCst);
        Act::Done
    };
    let (scheduler, looping) = Scheduler::start(bench.parts(&lease, launches)).unwrap();
    let go = staying(&bench, &scheduler, key).await;
    let states = bench.states(key);
    let mut ending = pin!(looping.end());
    tokio::select! {
        biased;
        () = &mut ending => panic!("the loop is under way"),
        () = async {} => {}
    }
    go.send(()).unwrap();
    ending.await;
    assert!(scheduler.close().is_err());
    assert!(!launched.load(Ordering::SeqCst), "what was committed last is not begun");
    assert_eq!(bench.states(key), states);
}

#[tokio::test]
async fn a_process_lives_until_its_loop_writes_nothing_any_more() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let (scheduler, looping) = Scheduler::start(bench.parts(&lease, |_, _| Act::Done)).unwrap();
    let go = staying(&bench, &scheduler, key).await;
    drop(lease);
    let (_, abandoned) = bench.lease();
    assert!(abandoned.is_empty(), "the loop may still write in its name");
    let ending = looping.end();
    go.send(()).unwrap();
    ending.await;
    let (_, abandoned) = bench.lease();
    assert_eq!(abandoned, [key]);
    assert_eq!(bench.states(key)[2], TaskState::Skipped);
}

#[tokio::test]
async fn when_the_loop_is_dropped_what_it_runs_ends() {
    let bench = Bench::new();
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let (held, mut gone) = mpsc::unbounded_channel();
    let (started, mut begun) = watch::channel(false);
    let (scheduler, looping) = Scheduler::start(bench.parts(&lease, move |_, _| Act::Holds(held.clone()))).unwrap();
    let run = bench.store.run(key).unwrap().unwrap();
    let taken = snapshot(&run, Arc::clone(&bench.source.dag), &bench.store.instances(key).unwrap(), None);
    let ended = scheduler.add(taken, vec![], Arc::new(Started(started, "a"))).unwrap();
    begun.wait_for(|begun| *begun).await.unwrap();
    drop(looping);
    assert_eq!(gone.recv().await, None, "the try and the executor are dropped");
    assert!(ended.await.is_err());
    assert!(scheduler.close().is_err());
}
