//! What is known of a run while it goes, from what the scheduler says.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::cli::progress::said::{Said, end_of, said};
use crate::ids::TaskId;
use crate::lifecycle::change::{TaskChange, TaskStep};
use crate::text;

/// The longest message of a task's progress.
const MESSAGE_MAX_CHARS: usize = 60;

/// A run as far as it is.
#[derive(Debug, Default)]
pub struct RunProgress {
    tasks: u64,
    cleared: u64,
    finished: u64,
    /// Tries of tasks whose try is not their first: few, where most tasks have one.
    tries: HashMap<TaskId, u32>,
    /// Tasks that answered `again` in this try. A sensor may do so for days: only its first time is told.
    again: HashSet<TaskId>,
    /// In the order in which they began.
    running: Vec<RunningTask>,
}

/// A task that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningTask {
    /// Which.
    pub task: TaskId,
    /// When its try began.
    pub started: Timestamp,
    /// How far it said it is, of how much, if it knows.
    pub done: Option<(u64, Option<u64>)>,
    /// What it said, made harmless.
    pub message: String,
}

impl RunProgress {
    /// The run of a DAG with so many tasks.
    pub fn begin(&mut self, tasks: usize) {
        *self = Self { tasks: tasks as u64, ..Self::default() };
    }

    /// Takes in a change, and gives it in words.
    pub fn change(&mut self, task: &TaskId, change: &TaskChange) -> Option<Said> {
        if change.step == TaskStep::ClearLater {
            return None;
        }
        let started = self.stop(task).map(|stopped| stopped.started);
        match &change.step {
            TaskStep::Schedule { try_number } if *try_number > 1 => drop(self.tries.insert(task.clone(), *try_number)),
            TaskStep::Start { .. } => {
                let (started, message) = (change.at, String::new());
                self.running.push(RunningTask { task: task.clone(), started, done: None, message });
            }
            TaskStep::Clear { .. } => self.cleared += 1,
            step => self.finished += u64::from(end_of(step).is_some()),
        }
        let is_told = self.is_told(task, &change.step);
        said(change, started, self.tries.get(task).copied().unwrap_or(1)).filter(|_| is_told)
    }

    fn is_told(&mut self, task: &TaskId, step: &TaskStep) -> bool {
        match step {
            TaskStep::Reschedule { .. } => self.again.insert(task.clone()),
            TaskStep::Schedule { .. } | TaskStep::Queue | TaskStep::Start { .. } => !self.again.contains(task),
            TaskStep::Succeed(_)
            | TaskStep::Skip { .. }
            | TaskStep::FailUpstream { .. }
            | TaskStep::Fail { .. }
            | TaskStep::RetryLater { .. }
            | TaskStep::LoseHost { .. }
            | TaskStep::HandBack { .. }
            | TaskStep::ClearLater
            | TaskStep::Clear { .. }
            | TaskStep::Mark { .. }
            | TaskStep::Remove => {
                self.again.remove(task);
                true
            }
        }
    }

    /// Takes in what a task says of itself. False: it does not run.
    pub fn progress(&mut self, task: &TaskId, done: u64, total: Option<u64>, message: &str) -> bool {
        let Some(running) = self.running.iter_mut().find(|running| running.task == *task) else { return false };
        running.done = Some((done, total));
        running.message = text::short_line(message, MESSAGE_MAX_CHARS);
        true
    }

    /// Tasks that came to their end, and those that will: all, or those that were cleared when an earlier run goes on.
    pub fn finished(&self) -> (u64, u64) {
        let all = if self.cleared > 0 { self.cleared } else { self.tasks };
        (self.finished, all.max(self.finished))
    }

    /// What runs, longest first.
    pub fn running(&self) -> &[RunningTask] {
        &self.running
    }

    /// How many tasks the DAG has.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    fn stop(&mut self, task: &TaskId) -> Option<RunningTask> {
        let at = self.running.iter().position(|running| running.task == *task)?;
        Some(self.running.remove(at))
    }
}
