use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{Bench, Shown, done, launch};
use crate::executor::log::read_metrics;
use crate::executor::port::{Level, Watcher};

#[tokio::test]
async fn progress_reaches_the_observer_in_bounded_messages() {
    let bench = Bench::new();
    let launched = launch(vec![]);
    let report = bench.run(launched.clone(), |job| {
        job.watcher.progress(1, Some(3), "reading");
        job.watcher.progress(2, None, &"ä".repeat(10_000));
        done()
    });
    report.await;
    let shown = bench.bars.0.lock().unwrap();
    let [Shown(attempt, 1, Some(3), first), Shown(_, 2, None, second)] = shown.as_slice() else {
        panic!("{shown:?}");
    };
    assert_eq!((attempt, first.as_str(), second.len()), (&launched.attempt, "reading", 1_024));
}

#[tokio::test]
async fn metrics_are_kept_as_series_and_their_last_values_reported() {
    let bench = Bench::new();
    let report = bench.run(launch(vec![]), |job| {
        for step in 0..10 {
            job.watcher.metric("loss", step, 1.0 / (step as f64 + 1.0));
        }
        job.watcher.metric("diverged", 1, f64::INFINITY);
        done()
    });
    assert_eq!(report.await.metrics, [("loss".to_owned(), 0.1)]);
    assert_eq!(read_metrics(&bench.files().metrics).unwrap().unwrap().count(), 11);
    assert!(bench.log().is_empty(), "metrics alone are no reason for a log");
}

#[tokio::test]
async fn a_try_has_a_thousand_series_at_most_and_the_rest_is_counted() {
    let bench = Bench::new();
    let report = bench.run(launch(vec![]), |job| {
        for number in 0..1_500 {
            job.watcher.metric(&format!("series {number}"), 0, 1.0);
        }
        job.watcher.metric("series 0", 1, 2.0);
        done()
    });
    let metrics = report.await.metrics;
    assert_eq!((metrics.len(), &metrics[0]), (1_000, &("series 0".to_owned(), 2.0)));
    assert_eq!(bench.log().last().unwrap().fields["dropped_points"], json!(500));
}

#[tokio::test]
async fn what_the_host_says_of_a_guest_is_its_own_line() {
    let bench = Bench::new();
    let report = bench.run(launch(vec![]), |job| {
        job.watcher.host(Level::Warn, "a request was refused");
        done()
    });
    report.await;
    let said = bench.log().into_iter().find(|line| line.message == "a request was refused").unwrap();
    assert_eq!(said.source, crate::executor::log::Source::Host);
}

#[tokio::test]
async fn what_a_thread_says_after_the_end_is_not_heard() {
    let bench = Bench::new();
    let heard: Arc<Mutex<Option<Arc<dyn Watcher>>>> = Arc::default();
    let keep = Arc::clone(&heard);
    let report = bench.run(launch(vec![]), move |job| {
        job.watcher.log(Level::Info, "in time", &[]);
        *keep.lock().unwrap() = Some(Arc::clone(&job.watcher));
        done()
    });
    report.await;
    let before = bench.log();
    assert_eq!(
        before.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(),
        ["try 2 started", "in time", "done"]
    );
    let late = heard.lock().unwrap().take().unwrap();
    late.stdout(b"too late\n");
    late.log(Level::Info, "too late", &[]);
    late.metric("late", 1, 1.0);
    late.progress(1, None, "late");
    assert_eq!(bench.log(), before);
    assert!(bench.bars.0.lock().unwrap().is_empty());
    assert!(read_metrics(&bench.files().metrics).unwrap().is_none());
}
