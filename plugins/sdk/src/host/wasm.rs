//! The imports of the component.

use crate::Level;
use crate::bindings::dagwood::task::{context, log as import, metrics, progress as progress_import};

/// What the log macros call.
pub fn log(level: Level, message: String, fields: Vec<(String, String)>) {
    let level = match level {
        Level::Trace => import::Level::Trace,
        Level::Debug => import::Level::Debug,
        Level::Info => import::Level::Info,
        Level::Warn => import::Level::Warn,
        Level::Error => import::Level::Error,
    };
    import::log(level, &message, &fields);
}

pub(crate) fn progress(done: u64, total: Option<u64>, message: &str) {
    progress_import::report(done, total, message);
}

pub(crate) fn metric(name: &str, step: u64, value: f64) {
    metrics::record_metric(name, step, value);
}

pub(crate) fn current() -> context::TaskInstance {
    context::current()
}

pub(crate) fn dates() -> context::RunDates {
    context::dates()
}
