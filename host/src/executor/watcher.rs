//! Listens to one guest: its lines, numbers and progress.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::executor::local::Progress;
use crate::executor::log::{LogLine, Series, Source, TryFiles, TryLog};
use crate::executor::port::{Level, Watcher};
use crate::lifecycle::launch::Attempt;
use crate::limits::TaskLimits;

/// The longest message of progress: it goes beside a bar.
const PROGRESS_MAX_BYTES: usize = 1 << 10;

/// The ears of one try.
pub(super) struct TryWatcher {
    attempt: Attempt,
    clock: Arc<dyn Clock>,
    progress: Option<Arc<dyn Progress>>,
    kept: Mutex<Kept>,
}

struct Kept {
    log: TryLog,
    series: Series,
    /// Points that no series could take.
    points_dropped: u64,
    /// The try is over; what a thread of the guest's still says is not heard.
    over: bool,
}

impl TryWatcher {
    pub(super) fn new(
        attempt: Attempt,
        files: &TryFiles,
        limits: &TaskLimits,
        clock: Arc<dyn Clock>,
        progress: Option<Arc<dyn Progress>>,
    ) -> Self {
        let kept = Kept {
            log: TryLog::new(files.log.clone(), limits.log_bytes),
            series: Series::new(files.metrics.clone()),
            points_dropped: 0,
            over: false,
        };
        Self { attempt, clock, progress, kept: Mutex::new(kept) }
    }

    /// Notes that the try starts; written only if there will be more.
    pub(super) fn started(&self, message: String, fields: impl IntoIterator<Item = (&'static str, serde_json::Value)>) {
        let line = self.line(Level::Info, message, fields);
        self.kept().log.hold(line);
    }

    /// A line of the host's own.
    pub(super) fn host(
        &self,
        level: Level,
        message: String,
        fields: impl IntoIterator<Item = (&'static str, serde_json::Value)>,
    ) {
        let line = self.line(level, message, fields);
        self.kept().log.host(&line);
    }

    /// Ends the log. `quiet`: a try that said nothing leaves no file. Gives the last value of each metric.
    pub(super) fn finish(
        &self,
        level: Level,
        message: String,
        fields: impl IntoIterator<Item = (&'static str, serde_json::Value)>,
        quiet: bool,
    ) -> Vec<(String, f64)> {
        let mut line = self.line(level, message, fields);
        let mut kept = self.kept();
        if kept.points_dropped > 0 {
            line.fields.insert("dropped_points".into(), kept.points_dropped.into());
        }
        let quiet = quiet && kept.points_dropped == 0;
        kept.log.finish(line, quiet);
        kept.over = true;
        kept.series.finish()
    }

    fn line(
        &self,
        level: Level,
        message: String,
        fields: impl IntoIterator<Item = (&'static str, serde_json::Value)>,
    ) -> LogLine {
        let mut line = LogLine::host(self.clock.now(), level, message);
        line.fields.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        line
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic in the middle of a line harms that line at most.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listening(&self) -> Option<MutexGuard<'_, Kept>> {
        Some(self.kept()).filter(|kept| !kept.over)
    }
}

impl Watcher for TryWatcher {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        if let Some(mut kept) = self.listening() {
            kept.log.call(self.clock.now(), level, message, fields);
        }
    }

    fn host(&self, level: Level, message: &str) {
        TryWatcher::host(self, level, message.to_owned(), []);
    }

    fn stdout(&self, bytes: &[u8]) {
        if let Some(mut kept) = self.listening() {
            kept.log.stream(self.clock.now(), Source::Stdout, bytes);
        }
    }

    fn stderr(&self, bytes: &[u8]) {
        if let Some(mut kept) = self.listening() {
            kept.log.stream(self.clock.now(), Source::Stderr, bytes);
        }
    }

    fn progress(&self, done: u64, total: Option<u64>, message: &str) {
        let Some(progress) = &self.progress else { return };
        if self.listening().is_some() {
            // Not under the lock: the observer is not ours.
            let message = &message[..message.floor_char_boundary(PROGRESS_MAX_BYTES)];
            progress.progress(&self.attempt, done, total, message);
        }
    }

    fn metric(&self, name: &str, step: u64, value: f64) {
        let Some(mut kept) = self.listening() else { return };
        if !kept.series.point(name, step, value) {
            kept.points_dropped += 1;
        }
    }
}
