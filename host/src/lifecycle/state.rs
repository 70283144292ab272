//! The states of runs and task instances: the words of Airflow 3.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state")]
pub struct UnknownState(pub String);

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every state, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;
            fn from_str(word: &str) -> Result<Self, UnknownState> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(UnknownState(other.to_owned())),
                }
            }
        }
    };
}

states! {
    /// The state of a DAG run.
    RunState {
        /// Made, not begun.
        Queued = "queued",
        /// Some task may still go on.
        Running = "running",
        /// No leaf failed.
        Success = "success",
        /// A leaf failed, or the run was cancelled.
        Failed = "failed",
    }
}

states! {
    /// The state of a task instance.
    TaskState {
        /// Its trigger rule is not decided, or it waits for the previous run.
        None = "none",
        /// Its rule is met; it waits for a slot.
        Scheduled = "scheduled",
        /// It has a slot; it waits for an executor.
        Queued = "queued",
        /// An executor has started it.
        Running = "running",
        /// Done.
        Success = "success",
        /// No tries are left, or no try would help.
        Failed = "failed",
        /// It failed and waits for its next try.
        UpForRetry = "up_for_retry",
        /// It answered `again` and waits.
        UpForReschedule = "up_for_reschedule",
        /// What it needs cannot come any more.
        UpstreamFailed = "upstream_failed",
        /// It has nothing to do in this run.
        Skipped = "skipped",
        /// The DAG version that the run was moved to has no such task.
        Removed = "removed",
    }
}

impl RunState {
    /// Whether the run is at its end.
    pub fn is_finished(self) -> bool {
        match self {
            Self::Success | Self::Failed => true,
            Self::Queued | Self::Running => false,
        }
    }
}

impl TaskState {
    /// Whether the instance is at its end (a clear can still bring it back).
    pub fn is_finished(self) -> bool {
        match self {
            Self::Success | Self::Failed | Self::UpstreamFailed | Self::Skipped | Self::Removed => true,
            Self::None | Self::Scheduled | Self::Queued | Self::Running | Self::UpForRetry | Self::UpForReschedule => {
                false
            }
        }
    }

    /// Whether it holds a slot.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}
