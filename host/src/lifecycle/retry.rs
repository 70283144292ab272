//! Whether a failed try is followed by another, and when.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::dag::model::RetryPolicy;
use crate::lifecycle::instance::Instance;

/// A number that spreads the retries of many tasks: an argument, so that the same facts give the same times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jitter(pub u32);

/// The part of a delay that jitter may add at most: a quarter.
const JITTER_SHARE: u32 = 4;

/// What follows a failure that another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// The next try is due then.
    At(Timestamp),
    /// No tries are left.
    Never,
}

/// Decides what follows a retryable failure of `instance` at `at`.
///
/// `after` is the guest's own wish: it replaces the delay, but does not go beyond `max_retry_delay`.
pub fn next_try(
    instance: &Instance,
    policy: &RetryPolicy,
    after: Option<Duration>,
    jitter: Jitter,
    at: Timestamp,
) -> NextTry {
    let left = instance.tries_left().saturating_sub(u32::from(planted!(OneRetryFewer)));
    if left == 0 {
        return NextTry::Never;
    }
    let wait = match after {
        Some(wish) => wish.min(policy.max_delay),
        None => delay(policy, policy.retries.saturating_sub(left).saturating_add(1), jitter),
    };
    NextTry::At(later(at, wait))
}

/// The delay before retry `number`, counted from 1 (afresh after a clear).
///
/// Without backoff it is `retry_delay`. With it, the delay doubles with each retry, gets up to a quarter more by
/// jitter, and never exceeds `max_retry_delay`.
pub fn delay(policy: &RetryPolicy, number: u32, jitter: Jitter) -> Duration {
    if !policy.exponential_backoff {
        return policy.delay;
    }
    let doublings = number.saturating_sub(1);
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let base = policy.delay.saturating_mul(factor).min(policy.max_delay);
    let share = f64::from(jitter.0) / f64::from(u32::MAX) / f64::from(JITTER_SHARE);
    base.saturating_add(base.mul_f64(share)).min(policy.max_delay)
}

/// `at` plus `wait`, or the last instant there is.
pub fn later(at: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}
