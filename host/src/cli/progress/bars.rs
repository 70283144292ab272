//! Progress as bars on a terminal.
//!
//! What the scheduler says is only noted; a thread draws it ten times a second, so that ten thousand tasks a second
//! cost no more than ten.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::cli::output::Output;
use crate::cli::progress::state::RunningTask;
use crate::cli::progress::{Progress, RunProgress};
use crate::cli::style::Tone;
use crate::dag::model::Dag;
use crate::ids::{RunId, TaskId};
use crate::lifecycle::change::{RunChange, TaskChange};
use crate::scheduler::RunObserver;
use crate::views::{duration_s, human};

/// Running tasks that get a row; the others are counted.
const ROWS_MAX: usize = 8;
/// With more tasks than these only trouble gets a line that stays.
const EVERY_TASK_MAX: u64 = 200;
/// Between two drawings.
const FRAME: Duration = Duration::from_millis(100);

/// Draws on standard error.
pub(super) struct Bars {
    shared: Arc<Mutex<Shared>>,
    output: Output,
    drawing: Mutex<Option<Drawing>>,
}

#[derive(Default)]
struct Shared {
    run: RunProgress,
    /// Lines that are to stay, not drawn yet.
    lines: Vec<String>,
}

/// Ends the thread when it is taken.
struct Drawing {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Bars {
    pub(super) fn start(output: Output) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (stop, stopped) = channel();
        let screen = Screen::new(Arc::clone(&shared));
        // Without the thread nothing is drawn, and the run goes on.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(move || screen.draw_until(&stopped));
        let drawing = Mutex::new(thread.ok().map(|thread| Drawing { stop, thread }));
        Self { shared, output, drawing }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left is still good enough to be shown.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RunObserver for Bars {
    fn run_made(&self, dag: &Dag, run_id: &RunId) {
        let mut shared = self.shared();
        shared.run.begin(dag.tasks.len());
        let title = self.output.words_colours().paint(Tone::Strong, dag.id.as_str());
        shared.lines.push(format!("{title} {run_id}"));
    }

    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        let mut shared = self.shared();
        let every = shared.run.tasks() <= EVERY_TASK_MAX;
        let Some(said) = shared.run.change(task, change) else { return };
        // That it runs is shown by its row.
        if said.is_trouble || (every && said.tone != Tone::Busy) {
            shared.lines.push(format!("  {task}: {}", self.output.words_colours().paint(said.tone, &said.words)));
        }
    }

    fn run_changed(&self, _change: &RunChange) {}

    fn progress(&self, task: &TaskId, done: u64, total: Option<u64>, message: &str) {
        self.shared().run.progress(task, done, total, message);
    }
}

impl Progress for Bars {
    fn say(&self, text: &str) {
        if lock(&self.drawing).is_some() {
            self.shared().lines.push(text.to_owned());
        } else {
            self.output.say(text);
        }
    }

    fn finish(&self) {
        if let Some(Drawing { stop, thread }) = lock(&self.drawing).take() {
            drop(stop);
            // A drawing that panicked has nothing left to take away.
            let _ = thread.join();
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The drawing thread's side.
struct Screen {
    shared: Arc<Mutex<Shared>>,
    screen: MultiProgress,
    whole: ProgressBar,
    rows: Vec<ProgressBar>,
}

impl Screen {
    fn new(shared: Arc<Mutex<Shared>>) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let whole = screen.add(ProgressBar::new(0).with_style(style("[{bar:30}] {pos}/{len} tasks {msg}")));
        Self { shared, screen, whole, rows: Vec::new() }
    }

    fn draw_until(mut self, stopped: &Receiver<()>) {
        loop {
            let ended = stopped.recv_timeout(FRAME) != Err(RecvTimeoutError::Timeout);
            self.draw();
            if ended {
                break;
            }
        }
        self.rows.iter().for_each(ProgressBar::finish_and_clear);
        self.whole.finish_and_clear();
    }

    fn draw(&mut self) {
        let (lines, running, (finished, all), others) = {
            let mut shared = lock(&self.shared);
            let running = shared.run.running();
            let shown: Vec<RunningTask> = running.iter().take(ROWS_MAX).cloned().collect();
            let others = running.len() - shown.len();
            (std::mem::take(&mut shared.lines), shown, shared.run.finished(), others)
        };
        for line in lines {
            // A terminal that went away is no reason to fail.
            let _ = self.screen.println(line);
        }
        self.show_rows(&running);
        self.whole.set_length(all);
        self.whole.set_position(finished);
        self.whole.set_message(if others > 0 { format!("({others} more running)") } else { String::new() });
        self.whole.tick();
    }

    fn show_rows(&mut self, running: &[RunningTask]) {
        while self.rows.len() > running.len() {
            if let Some(row) = self.rows.pop() {
                row.finish_and_clear();
                self.screen.remove(&row);
            }
        }
        while self.rows.len() < running.len() {
            let row = ProgressBar::new(0).with_style(style("  {spinner} {prefix} {msg}"));
            self.rows.push(self.screen.insert_before(&self.whole, row));
        }
        for (row, task) in self.rows.iter().zip(running) {
            show_row(row, task);
        }
    }
}

fn show_row(row: &ProgressBar, task: &RunningTask) {
    let elapsed = human::duration_or_dash(duration_s(Some(task.started), Some(Timestamp::now())));
    row.set_prefix(task.task.to_string());
    row.set_message(format!("{elapsed} {}", task.message));
    match task.done {
        Some((done, Some(total))) => {
            row.set_style(style("  {spinner} {prefix} [{bar:20}] {pos}/{len} {msg}"));
            row.set_length(total);
            row.set_position(done.min(total));
        }
        Some((done, None)) => {
            row.set_style(style("  {spinner} {prefix} {pos} {msg}"));
            row.set_position(done);
        }
        None => row.set_style(style("  {spinner} {prefix} {msg}")),
    }
    row.tick();
}

/// A style of this file's own; a template that were wrong would show the default bar, which a test rules out.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}
