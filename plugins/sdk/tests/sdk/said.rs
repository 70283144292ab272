//! What a try says: log, progress, metrics.

use dagwood_sdk::prelude::*;
use dagwood_sdk::testing::{Harness, LogLine, Metric, Progress};
use dagwood_sdk::{Level, context};
use std::sync::Barrier;

struct Talk;

impl Task for Talk {
    type Params = Value;
    type Value = ();

    fn plugin() -> Plugin {
        Plugin::new("talk", "0.1.0", "Talks")
    }

    fn run(params: Value, _: &Invocation) -> TaskResult<()> {
        let who = params["who"].as_str().unwrap_or("nobody");
        trace!("quiet");
        debug!("{} + {}", 1, 2);
        info!(rows = 3, file = format!("{who}.csv"); "read by {who}");
        warn!(rows = 0; "empty");
        error!("on try {}", context::current().try_number);
        progress(1, Some(2), "half");
        progress(2, None, who);
        metric("loss", 7, 0.25);
        Ok(Outcome::Done(()))
    }
}

fn line(level: Level, message: &str, fields: &[(&str, &str)]) -> LogLine {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    LogLine { level, message: message.to_owned(), fields }
}

#[test]
fn log_lines_keep_level_text_fields_and_order() {
    let tried = Harness::<Talk>::new().params(json!({"who": "ada"})).try_number(2, 3).run();
    let expected = [
        line(Level::Trace, "quiet", &[]),
        line(Level::Debug, "1 + 2", &[]),
        line(Level::Info, "read by ada", &[("rows", "3"), ("file", "ada.csv")]),
        line(Level::Warn, "empty", &[("rows", "0")]),
        line(Level::Error, "on try 2", &[]),
    ];
    assert_eq!(tried.logs(), expected);
}

#[test]
fn progress_and_metrics_are_kept_in_order() {
    let tried = Harness::<Talk>::new().run();
    let expected = [
        Progress { done: 1, total: Some(2), message: "half".to_owned() },
        Progress { done: 2, total: None, message: "nobody".to_owned() },
    ];
    assert_eq!(tried.progress(), expected);
    assert_eq!(tried.metrics(), [Metric { name: "loss".to_owned(), step: 7, value: 0.25 }]);
}

#[test]
fn tries_on_different_threads_do_not_hear_each_other() {
    let both_are_there = Barrier::new(2);
    let heard = |who: &str| {
        both_are_there.wait();
        let tried = Harness::<Talk>::new().params(json!({ "who": who })).run();
        tried.logs().iter().map(|line| line.message.clone()).collect::<Vec<_>>()
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| heard("one"));
        let other = scope.spawn(|| heard("other"));
        (one.join().expect("one"), other.join().expect("other"))
    });
    assert_eq!((one.len(), other.len()), (5, 5));
    assert_eq!((one[2].as_str(), other[2].as_str()), ("read by one", "read by other"));
}

#[test]
fn a_try_that_panics_leaves_nothing_to_the_next_on_the_same_thread() {
    struct Panics;
    impl Task for Panics {
        type Params = NoParams;
        type Value = ();
        fn plugin() -> Plugin {
            Plugin::new("panics", "0.1.0", "Panics")
        }
        fn run(_: NoParams, _: &Invocation) -> TaskResult<()> {
            info!("before");
            panic!("as a test's task may");
        }
    }
    assert!(std::panic::catch_unwind(|| Harness::<Panics>::new().run()).is_err());
    assert!(std::panic::catch_unwind(context::current).is_err(), "no try runs, so there is no context");
    assert_eq!(Harness::<Talk>::new().run().logs().len(), 5);
}
