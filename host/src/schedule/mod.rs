//! When a DAG runs by itself: the words for it and what they mean.
//!
//! Pure: no clock, no files, nothing of DAGs; time is an argument. In the order of dependency: a text is read
//! ([`expression`], [`cron`], [`duration`]); `calendar` finds the local times of a cron expression; `stretch` takes a time
//! zone apart; `wall` puts both together; `beat` is the ticks of any schedule; [`timetable`] adds the dates that
//! bound them, what a run is for ([`planned`]), and which missed ones are made up for ([`catchup`]).
//!
//! One more preset: a line in [`expression`]'s table. One more kind of schedule: a variant there, and the compiler
//! names the places.

mod beat;
mod calendar;
pub mod catchup;
pub mod changes;
pub mod continuous;
pub mod cron;
pub mod duration;
pub mod expression;
mod field;
pub mod planned;
mod stretch;
#[cfg(test)]
mod tests;
pub mod ticks;
pub mod timetable;
mod wall;

pub use catchup::Catchup;
pub use changes::{ClockChanges, DstFold, DstGap};
pub use continuous::{Continuous, EndedRun, Pace};
pub use cron::Cron;
pub use duration::parse_duration;
pub use expression::Schedule;
pub use planned::{DataInterval, PlannedRun, PlannedRuns, Window};
pub use ticks::Ticks;
pub use timetable::{Timetable, TimetableSpec};

use std::ops::Range;

/// Why a text is no schedule or no duration, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadExpression {
    /// What is wrong.
    pub message: String,
    /// What to write instead, if that is known.
    pub hint: Option<String>,
    /// The wrong part, in bytes of the text.
    pub span: Range<usize>,
}

impl BadExpression {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, span }
    }

    /// With a place that lies in `text` and cuts no character: what is missing has none of its own.
    fn within(mut self, text: &str) -> Self {
        self.span = text.floor_char_boundary(self.span.start)..text.ceil_char_boundary(self.span.end);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The words of `text`, each with its place.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.split_whitespace().map(move |word| {
        // `word` is a part of `text`, so the distance of their starts is its place.
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        (start..start + word.len(), word)
    })
}
