//! What is known of a task instance, and what each recorded step makes of it.
//!
//! A state is the replay of the recorded steps: the planner, and whoever keeps instances, must agree with [`Instance::record`].

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::lifecycle::change::{TaskResult, TaskStep};
use crate::lifecycle::state::TaskState;

/// A task instance, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its state.
    pub state: TaskState,
    /// 0 before the first scheduling; goes on counting after a clear.
    pub try_number: u32,
    /// The tries that there can be, by the count of `try_number`.
    pub max_tries: u32,
    /// Starts over its whole life.
    pub start_number: u32,
    /// Hosts lost since it was last cleared.
    pub lost_hosts: u32,
    /// How often it was cleared.
    pub clears: u32,
    /// Running, and to be cleared as soon as its try is over.
    pub clearing: bool,
    /// When it goes on; set in up_for_retry and up_for_reschedule only.
    pub due: Option<Timestamp>,
    /// What the last `again` of this try left. Boxed: few instances ever have it.
    pub again: Option<Box<Again>>,
    /// What it left for those downstream, if it succeeded.
    pub result: Option<Arc<TaskResult>>,
}

/// The state of a try that answered `again`.
#[derive(Debug, Clone, PartialEq)]
pub struct Again {
    /// When this try first answered `again`: `reschedule_timeout` counts from here.
    pub first_at: Timestamp,
    /// Handed back as `resume`.
    pub state: Option<Value>,
}

impl Instance {
    /// One that nothing has happened to yet.
    pub fn new(retries: u32) -> Self {
        Self {
            state: TaskState::None,
            try_number: 0,
            max_tries: retries.saturating_add(1),
            start_number: 0,
            lost_hosts: 0,
            clears: 0,
            clearing: false,
            due: None,
            again: None,
            result: None,
        }
    }

    /// Tries left after the one that it is at.
    pub fn tries_left(&self) -> u32 {
        self.max_tries.saturating_sub(self.try_number)
    }

    /// Makes it what it is after `step`. Whether the step fits is [`transition`](super::transition)'s to say.
    pub fn record(&mut self, step: &TaskStep) {
        self.due = None;
        self.clearing = matches!(step, TaskStep::ClearLater);
        match step {
            TaskStep::ClearLater => {}
            TaskStep::Schedule { try_number } => self.scheduled(*try_number),
            TaskStep::Queue => self.state = TaskState::Queued,
            TaskStep::Start { start_number, invocation: _ } => {
                self.state = TaskState::Running;
                self.start_number = *start_number;
            }
            TaskStep::Succeed(success) => {
                self.finished(TaskState::Success);
                self.result = Some(Arc::clone(&success.result));
            }
            TaskStep::Skip { cause: _, reason: _ } => self.finished(TaskState::Skipped),
            TaskStep::FailUpstream { problem: _ } => self.finished(TaskState::UpstreamFailed),
            TaskStep::Fail { problem: _, usage: _ } => self.finished(TaskState::Failed),
            TaskStep::RetryLater { due, problem: _, usage: _ } => {
                self.state = TaskState::UpForRetry;
                self.due = Some(*due);
                self.again = None;
            }
            TaskStep::Reschedule { due, state, first_at } => {
                self.state = TaskState::UpForReschedule;
                self.due = Some(*due);
                self.again = Some(Box::new(Again { first_at: *first_at, state: state.clone() }));
            }
            TaskStep::LoseHost { lost_hosts, try_number, max_tries } => {
                self.scheduled(*try_number);
                self.max_tries = *max_tries;
                self.lost_hosts = *lost_hosts;
            }
            TaskStep::HandBack { try_number, max_tries } => {
                self.scheduled(*try_number);
                self.max_tries = *max_tries;
            }
            TaskStep::Clear { max_tries, clears } => self.cleared(*max_tries, *clears),
            TaskStep::Mark { state, reason: _ } => self.marked(*state),
            TaskStep::Remove => self.finished(TaskState::Removed),
        }
    }

    fn scheduled(&mut self, try_number: u32) {
        self.state = TaskState::Scheduled;
        self.try_number = try_number;
    }

    fn finished(&mut self, state: TaskState) {
        self.state = state;
        self.again = None;
        self.result = None;
    }

    fn cleared(&mut self, max_tries: u32, clears: u32) {
        self.finished(TaskState::None);
        self.max_tries = max_tries;
        self.clears = clears;
        self.lost_hosts = if planted!(ClearKeepsLostHosts) { self.lost_hosts } else { 0 };
    }

    fn marked(&mut self, state: TaskState) {
        let kept = if state == TaskState::Success { self.result.take() } else { None };
        self.finished(state);
        self.result = kept;
    }
}
