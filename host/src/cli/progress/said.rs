//! What a change of a task instance is in words.

use jiff::Timestamp;

use crate::cli::style::Tone;
use crate::lifecycle::change::{TaskChange, TaskStep};
use crate::lifecycle::state::TaskState;
use crate::text;
use crate::views::{duration_s, human};

/// The longest message of a problem within a line of progress; the end of the run shows it in full.
const MESSAGE_MAX_CHARS: usize = 200;

/// A change in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it means.
    pub tone: Tone,
    /// Whether it is worth a line where there are very many tasks.
    pub is_trouble: bool,
    /// The words, made harmless.
    pub words: String,
}

/// A change in words; `None` for those that only lead to others. `started` is when the task's try began, `try_number`
/// which try it is.
pub fn said(change: &TaskChange, started: Option<Timestamp>, try_number: u32) -> Option<Said> {
    let took = || match duration_s(started, Some(change.at)) {
        Some(seconds) => format!(" in {}", human::duration(seconds)),
        None => String::new(),
    };
    let wait = |due: Timestamp| human::duration_or_dash(duration_s(Some(change.at), Some(due)));
    let why = |message: &str| text::short_line(message, MESSAGE_MAX_CHARS);
    let (tone, is_trouble, words) = match &change.step {
        TaskStep::Schedule { .. } | TaskStep::Queue | TaskStep::ClearLater => return None,
        TaskStep::Start { .. } if try_number > 1 => (Tone::Busy, false, format!("running, try {try_number}")),
        TaskStep::Start { .. } => (Tone::Busy, false, "running".to_owned()),
        TaskStep::Succeed(_) => (Tone::Good, false, format!("success{}", took())),
        TaskStep::Skip { reason, .. } => (Tone::Faint, false, format!("skipped: {}", why(reason))),
        TaskStep::FailUpstream { problem } => (Tone::Bad, true, format!("upstream_failed: {}", why(&problem.message))),
        TaskStep::Fail { problem, .. } => (Tone::Bad, true, format!("failed{}: {}", took(), why(&problem.message))),
        TaskStep::RetryLater { problem, due, .. } => {
            (Tone::Wary, true, format!("up_for_retry, next try in {}: {}", wait(*due), why(&problem.message)))
        }
        TaskStep::Reschedule { due, .. } => {
            (Tone::Wary, false, format!("up_for_reschedule, next time in {}", wait(*due)))
        }
        TaskStep::LoseHost { lost_hosts, .. } => {
            (Tone::Wary, true, format!("lost its host ({lost_hosts}), scheduled again"))
        }
        TaskStep::HandBack { .. } => (Tone::Wary, false, "its host stops, scheduled again".to_owned()),
        TaskStep::Clear { .. } => (Tone::Faint, false, "cleared".to_owned()),
        TaskStep::Mark { state, reason } => (Tone::of_task(*state), true, format!("marked {state}: {}", why(reason))),
        TaskStep::Remove => (Tone::Faint, false, "removed".to_owned()),
    };
    Some(Said { tone, is_trouble, words })
}

/// The state that a step ends an instance in; `None` if it goes on.
pub(super) fn end_of(step: &TaskStep) -> Option<TaskState> {
    match step {
        TaskStep::Succeed(_) => Some(TaskState::Success),
        TaskStep::Skip { .. } => Some(TaskState::Skipped),
        TaskStep::FailUpstream { .. } => Some(TaskState::UpstreamFailed),
        TaskStep::Fail { .. } => Some(TaskState::Failed),
        TaskStep::Remove => Some(TaskState::Removed),
        TaskStep::Mark { state, .. } => Some(*state),
        TaskStep::Schedule { .. }
        | TaskStep::Queue
        | TaskStep::Start { .. }
        | TaskStep::RetryLater { .. }
        | TaskStep::Reschedule { .. }
        | TaskStep::LoseHost { .. }
        | TaskStep::HandBack { .. }
        | TaskStep::ClearLater
        | TaskStep::Clear { .. } => None,
    }
}
