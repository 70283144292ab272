//! Ticks that passed without a run, and which of them still get one.

use std::time::Duration;

use jiff::Timestamp;

use crate::schedule::beat::moment_after;
use crate::schedule::ticks::Ticks;

/// What to do about missed ticks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Catchup {
    /// Only the latest runs.
    #[default]
    Latest,
    /// All run.
    All,
    /// The latest `max` of those within `window`.
    Within {
        /// How far back.
        window: Option<Duration>,
        /// How many.
        max: Option<u32>,
    },
}

impl Catchup {
    /// Ticks before it get no run, however few there are.
    pub(crate) fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Latest | Self::All => None,
            // A window longer than time itself holds all.
            Self::Within { window, max: _ } => window.and_then(|window| now.checked_sub(window).ok()),
        }
    }

    /// Those of `ticks` that get a run, oldest first. They are always the last of them, so it is enough to find where
    /// they begin.
    pub(crate) fn latest_of<'a>(&self, ticks: Ticks<'a>) -> Ticks<'a> {
        let max = match self {
            Self::Latest => Some(1),
            Self::All => None,
            Self::Within { window: _, max } => *max,
        };
        match max {
            Some(max) => ticks.latest(max),
            None => ticks,
        }
    }
}

/// From when on ticks count as missed.
pub(crate) fn since(
    last_run_after: Option<Timestamp>,
    start_date: Option<Timestamp>,
    first_seen: Timestamp,
) -> Option<Timestamp> {
    match last_run_after {
        Some(last) => moment_after(last),
        None => Some(start_date.unwrap_or(first_seen)),
    }
}
