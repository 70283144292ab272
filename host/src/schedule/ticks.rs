//! Ticks one by one, from either end.

use jiff::Timestamp;

use crate::schedule::beat::{Beat, moment_after, moment_before};

/// The ticks between two instants, found as they are asked for; from the other end with `rev()`.
#[derive(Debug, Clone)]
pub struct Ticks<'a> {
    beat: Beat<'a>,
    /// What is still to be searched, both ends included.
    left: Option<(Timestamp, Timestamp)>,
}

impl<'a> Ticks<'a> {
    /// Between both, both included.
    pub(crate) fn new(beat: Beat<'a>, from: Timestamp, to: Timestamp) -> Self {
        Self { beat, left: Some((from, to)).filter(|(from, to)| from <= to) }
    }

    pub(crate) fn none(beat: Beat<'a>) -> Self {
        Self { beat, left: None }
    }

    /// The last `max` of them, or all if there are fewer. It steps over each of these once, to find the first.
    pub(crate) fn latest(self, max: u32) -> Self {
        let mut back = self.clone();
        let mut kept = Self::none(self.beat);
        for _ in 0..max {
            match (back.next_back(), self.left) {
                (Some(tick), Some((_, to))) => kept = Self::new(self.beat, tick, to),
                (None, _) | (_, None) => break,
            }
        }
        kept
    }
}

impl Iterator for Ticks<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let (from, to) = self.left.take()?;
        let tick = self.beat.first_from(from).filter(|tick| *tick <= to)?;
        self.left = moment_after(tick).map(|from| (from, to)).filter(|(from, to)| from <= to);
        Some(tick)
    }
}

impl DoubleEndedIterator for Ticks<'_> {
    fn next_back(&mut self) -> Option<Timestamp> {
        let (from, to) = self.left.take()?;
        let tick = self.beat.last_to(to).filter(|tick| *tick >= from)?;
        self.left = moment_before(tick).map(|to| (from, to)).filter(|(from, to)| from <= to);
        Some(tick)
    }
}

impl std::iter::FusedIterator for Ticks<'_> {}
