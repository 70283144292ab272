//! The host that a unit test has: what a try says is kept for the test that runs it, on its own thread.

use crate::Level;
use crate::bindings::dagwood::task::context;
use crate::testing::{LogLine, Metric, Progress};
use std::cell::RefCell;

/// What a try said, and what it is told about itself.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) logs: Vec<LogLine>,
    pub(crate) progress: Vec<Progress>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) instance: context::TaskInstance,
    pub(crate) dates: context::RunDates,
    pub(crate) used_context: bool,
}

thread_local! {
    static CURRENT: RefCell<Option<Recorded>> = const { RefCell::new(None) };
}

/// Puts back what was recorded before, even if the task panics.
struct Restore(Option<Recorded>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs `try_once` and gives back what it answered and said. What other threads say in the meantime is not in it.
pub(crate) fn recording<R>(start: Recorded, try_once: impl FnOnce() -> R) -> (R, Option<Recorded>) {
    let _restore = Restore(CURRENT.replace(Some(start)));
    let answer = try_once();
    (answer, CURRENT.take())
}

fn with<R>(record: impl FnOnce(&mut Recorded) -> R) -> Option<R> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(record))
}

/// What the log macros call. Outside of a [`Harness`](crate::testing::Harness) the line goes to standard error, which
/// `cargo test` shows for a test that fails.
#[allow(clippy::print_stderr, reason = "there is no host that could take the line")]
pub fn log(level: Level, message: String, fields: Vec<(String, String)>) {
    let mut line = Some(LogLine { level, message, fields });
    with(|recorded| recorded.logs.extend(line.take()));
    if let Some(line) = line {
        eprintln!("{level:?}: {}", line.message);
    }
}

pub(crate) fn progress(done: u64, total: Option<u64>, message: &str) {
    with(|recorded| recorded.progress.push(Progress { done, total, message: message.to_owned() }));
}

pub(crate) fn metric(name: &str, step: u64, value: f64) {
    with(|recorded| recorded.metrics.push(Metric { name: name.to_owned(), step, value }));
}

pub(crate) fn current() -> context::TaskInstance {
    context_of(|recorded| recorded.instance.clone())
}

pub(crate) fn dates() -> context::RunDates {
    context_of(|recorded| recorded.dates.clone())
}

fn context_of<R>(read: impl FnOnce(&Recorded) -> R) -> R {
    with(|recorded| {
        recorded.used_context = true;
        read(recorded)
    })
    .expect("`context` answers only inside a try: run the task by `dagwood_sdk::testing::Harness`, on one thread")
}
