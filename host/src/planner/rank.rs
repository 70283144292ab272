//! Who goes first: more weight, then who came first; but waiting is worth weight, so that nothing starves.
//!
//! A rank is fixed when an instance becomes ready, and never looked at again: twice the weight is worth
//! [`DOUBLED_WEIGHT_WAIT`] of waiting. Of what becomes ready at the same time, more weight always goes first. An instance
//! is overtaken only by what becomes ready within the time that the difference of their weights is worth: a bounded
//! time, after which everything that comes stands behind it.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::limits::{BACKFILL_WAIT, DOUBLED_WEIGHT_WAIT};

/// A place in the order of launches. The least goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// When it became ready, earlier by what its weight is worth; in microseconds.
    turn: i64,
    weight: Reverse<i32>,
    /// The order of arrival.
    ticket: u64,
}

impl Rank {
    /// `in_background`: it goes after all that does not, unless that came [`BACKFILL_WAIT`] later.
    pub(super) fn new(ready_at: Timestamp, in_background: bool, weight: i32, ticket: u64) -> Self {
        let later = if in_background { i64::try_from(BACKFILL_WAIT.as_micros()).unwrap_or(i64::MAX) } else { 0 };
        let turn = ready_at.as_microsecond().saturating_sub(worth(weight)).saturating_add(later);
        Self { turn, weight: Reverse(weight), ticket }
    }
}

/// What a weight is worth, in microseconds of waiting; with each doubling of 1 + weight as much again, evenly between. A
/// negative weight is worth as much less than nothing.
pub(super) fn worth(weight: i32) -> i64 {
    let unit = u64::try_from(DOUBLED_WEIGHT_WAIT.as_micros()).unwrap_or(u64::MAX);
    let size = u64::from(weight.unsigned_abs()) + 1;
    let doublings = size.ilog2();
    let power = 1_u64 << doublings;
    let rest = (size - power).saturating_mul(unit) / power;
    let worth = unit.saturating_mul(doublings.into()).saturating_add(rest);
    let worth = i64::try_from(worth).unwrap_or(i64::MAX) * if planted!(WeightReversed) { -1 } else { 1 };
    if weight < 0 { -worth } else { worth }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Rank, worth};
    use crate::limits::DOUBLED_WEIGHT_WAIT;

    #[test]
    fn what_is_in_the_background_goes_after_all_that_comes_within_half_a_day_whatever_its_weight() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let background = Rank::new(at(0), true, 0, 1);
        assert!(Rank::new(at(11), false, 0, 2) < background);
        assert!(Rank::new(at(0), false, -1000, 3) < background);
        assert!(Rank::new(at(13), false, 0, 4) > background, "it does not starve");
    }

    #[test]
    fn more_weight_is_worth_more_and_twice_the_weight_ten_minutes() {
        let weights = [i32::MIN, -1000, -2, -1, 0, 1, 2, 3, 4, 7, 8, 1000, 100_000, 100_001, i32::MAX];
        assert!(weights.windows(2).all(|pair| worth(pair[0]) < worth(pair[1])));
        let unit = DOUBLED_WEIGHT_WAIT.as_micros() as i64;
        assert_eq!([0, 1, 3, 7].map(worth), [0, unit, 2 * unit, 3 * unit]);
        assert_eq!(worth(2), unit + unit / 2);
    }

    #[test]
    fn no_difference_of_weights_is_worth_more_than_it_says() {
        let most = worth(i32::MAX) - worth(i32::MIN);
        assert!(most <= (10 * 60 + 20) * 60 * 1_000_000, "{most}");
    }
}
