//! Progress as plain lines.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::output::Output;
use crate::cli::progress::{Progress, RunProgress};
use crate::dag::model::Dag;
use crate::ids::{RunId, TaskId};
use crate::lifecycle::change::{RunChange, TaskChange};
use crate::scheduler::RunObserver;
use crate::views::human;

/// With more tasks than these only trouble gets a line, and now and then how far the run is.
const EVERY_TASK_MAX: u64 = 200;
/// Between two lines about how far something is.
const PAUSE: Duration = Duration::from_secs(5);

/// Says each change on standard error.
pub(super) struct Lines {
    output: Output,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    run: RunProgress,
    /// When a line about the run's progress was said last.
    run_said: Option<Instant>,
    /// When each running task was last said something about.
    task_said: HashMap<TaskId, Instant>,
}

impl Lines {
    pub(super) fn new(output: Output) -> Self {
        Self { output, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left is still good enough to be shown.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunObserver for Lines {
    fn run_made(&self, dag: &Dag, run_id: &RunId) {
        self.state().run.begin(dag.tasks.len());
        self.say(&format!("{} {run_id}: {}", dag.id, human::count(dag.tasks.len() as u64, "task")));
    }

    fn task_changed(&self, task: &TaskId, change: &TaskChange) {
        let mut state = self.state();
        state.task_said.remove(task);
        let said = state.run.change(task, change);
        let every = state.run.tasks() <= EVERY_TASK_MAX;
        if let Some(said) = said.filter(|said| every || said.is_trouble) {
            self.say(&format!("{task}: {}", said.words));
        }
        if !every && is_time(&mut state.run_said) {
            let (finished, all) = state.run.finished();
            self.say(&format!("{finished} of {all} tasks finished, {} running", state.run.running().len()));
        }
    }

    fn run_changed(&self, _change: &RunChange) {}

    fn progress(&self, task: &TaskId, done: u64, total: Option<u64>, message: &str) {
        let mut state = self.state();
        if state.run.tasks() > EVERY_TASK_MAX || !state.run.progress(task, done, total, message) {
            return;
        }
        // The first message waits too: a short task says enough by its end.
        let last = state.task_said.entry(task.clone()).or_insert_with(Instant::now);
        if last.elapsed() < PAUSE {
            return;
        }
        *last = Instant::now();
        let running = state.run.running().iter().find(|running| running.task == *task);
        let message = running.map(|running| running.message.as_str()).unwrap_or_default();
        self.say(&format!("{task}: {} {message}", amount(done, total)));
    }
}

impl Progress for Lines {
    fn say(&self, text: &str) {
        self.output.say(text);
    }

    fn finish(&self) {}
}

/// Whether enough time has passed since it last had; the first call begins to count.
fn is_time(last: &mut Option<Instant>) -> bool {
    match last {
        Some(at) if at.elapsed() < PAUSE => false,
        Some(at) => {
            *at = Instant::now();
            true
        }
        None => {
            *last = Some(Instant::now());
            false
        }
    }
}

fn amount(done: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => format!("{done}/{total}"),
        None => done.to_string(),
    }
}
