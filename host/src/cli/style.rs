//! Colours by what they mean, on terminals only.

use std::io::IsTerminal;

use clap::builder::styling::{AnsiColor, Style};

use crate::lifecycle::state::{RunState, TaskState};

/// What a word means for who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something failed.
    Bad,
    /// Worth a look.
    Wary,
    /// It goes on.
    Busy,
    /// Less important than the rest.
    Faint,
    /// A heading.
    Strong,
}

impl Tone {
    /// The tone of a task instance's state.
    pub fn of_task(state: TaskState) -> Self {
        match state {
            TaskState::Success => Self::Good,
            TaskState::Failed | TaskState::UpstreamFailed => Self::Bad,
            TaskState::UpForRetry | TaskState::UpForReschedule => Self::Wary,
            TaskState::Running | TaskState::Queued | TaskState::Scheduled => Self::Busy,
            TaskState::None | TaskState::Skipped | TaskState::Removed => Self::Faint,
        }
    }

    /// The tone of a run's state.
    pub fn of_run(state: RunState, with_failures: bool) -> Self {
        match (state, with_failures) {
            (RunState::Success, false) => Self::Good,
            (RunState::Success, true) => Self::Wary,
            (RunState::Failed, _) => Self::Bad,
            (RunState::Queued | RunState::Running, _) => Self::Busy,
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Wary => AnsiColor::Yellow.on_default(),
            Self::Busy => AnsiColor::Cyan.on_default(),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// Paints, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    on: bool,
}

impl Palette {
    /// One that never paints.
    pub const PLAIN: Self = Self { on: false };

    /// The palette for a stream: it paints on terminals that can, unless `NO_COLOR` is set (see no-color.org).
    pub fn of(stream: &impl IsTerminal) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { on: stream.is_terminal() && !set("NO_COLOR") && !dumb }
    }

    /// Whether it paints.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// `text` in a tone. The text must have been made harmless already.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }
}
