//! What a guest may ask of the host and tell it, whatever the version of the interface: with the caps that keep one
//! guest from filling the host.

use std::sync::Arc;

use crate::executor::port::{Level, TaskContext, Watcher};
use crate::sandbox::limits::{
    LOG_FIELD_BYTES, LOG_FIELDS, LOG_MESSAGE_BYTES, METRIC_NAME_BYTES, PROGRESS_MESSAGE_BYTES,
};
use crate::sandbox::trap::NoContext;
use crate::text::cut;

/// The host's side of `context`, `log`, `progress` and `metrics`.
pub(in crate::sandbox) struct HostCalls {
    context: Option<TaskContext>,
    context_called: bool,
    watcher: Arc<dyn Watcher>,
    points: u64,
    points_left: u64,
    points_dropped: bool,
}

impl HostCalls {
    /// For one try, or without a context for `describe`.
    pub(in crate::sandbox) fn new(context: Option<TaskContext>, watcher: Arc<dyn Watcher>, points: u64) -> Self {
        Self { context, context_called: false, watcher, points, points_left: points, points_dropped: false }
    }

    /// Whether the guest asked which run and try this is.
    pub(in crate::sandbox) fn context_called(&self) -> bool {
        self.context_called
    }

    /// Which run and try this is; asking is noted.
    pub(super) fn context(&mut self) -> Result<&TaskContext, NoContext> {
        self.context_called = true;
        self.context.as_ref().ok_or(NoContext)
    }

    /// One message of the log.
    pub(super) fn log(&self, level: Level, message: &str, mut fields: Vec<(String, String)>) {
        let dropped = fields.len().saturating_sub(LOG_FIELDS);
        fields.truncate(LOG_FIELDS);
        for (name, value) in &mut fields {
            *name = cut(name, LOG_FIELD_BYTES);
            *value = cut(value, LOG_FIELD_BYTES);
        }
        if dropped > 0 {
            fields.push(("dagwood.dropped-fields".to_owned(), dropped.to_string()));
        }
        match message.len() > LOG_MESSAGE_BYTES {
            true => self.watcher.log(level, &cut(message, LOG_MESSAGE_BYTES), &fields),
            false => self.watcher.log(level, message, &fields),
        }
    }

    /// How far it is.
    pub(super) fn progress(&mut self, done: u64, total: Option<u64>, message: &str) {
        if self.take_point() {
            self.watcher.progress(done, total, &cut(message, PROGRESS_MESSAGE_BYTES));
        }
    }

    /// A point of a series.
    pub(super) fn metric(&mut self, name: &str, step: u64, value: f64) {
        if self.take_point() {
            self.watcher.metric(&cut(name, METRIC_NAME_BYTES), step, value);
        }
    }

    /// Counts one point; what is over the limit is dropped, with one line that says so.
    fn take_point(&mut self) -> bool {
        match self.points_left.checked_sub(1) {
            Some(left) => {
                self.points_left = left;
                true
            }
            None => {
                if !std::mem::replace(&mut self.points_dropped, true) {
                    let most = self.points;
                    self.watcher.host(
                        Level::Warn,
                        &format!(
                            "the limit of {most} metric points and progress messages is reached; the rest is dropped; \
                             raise `metric_points`"
                        ),
                    );
                }
                false
            }
        }
    }
}
