//! Tests of the tables, and the rules of `docs/scheduling.md` said once more in other words.

mod instance;
pub(crate) mod restated;
mod retries;
mod rules;
mod run_ends;
mod transitions;

use std::time::Duration;

use jiff::Timestamp;

use crate::dag::model::RetryPolicy;
use crate::lifecycle::retry::Jitter;
use crate::lifecycle::transition::Terms;

/// An instant, by its seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn policy(retries: u32) -> RetryPolicy {
    RetryPolicy {
        retries,
        delay: Duration::from_secs(10),
        exponential_backoff: false,
        max_delay: Duration::from_secs(3600),
    }
}

fn terms(policy: &RetryPolicy) -> Terms<'_> {
    Terms { retry: policy, reschedule_timeout: Duration::from_secs(100), jitter: Jitter(0) }
}
