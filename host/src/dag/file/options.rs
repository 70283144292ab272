//! The keys that may stand in a task and in `[defaults]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::dag::file::parts::{DurationText, SizeSpec};
use crate::dag::model::TriggerRule;

/// Retries at most: at the shortest delays they still end.
const RETRIES_MAX: u64 = 10_000;

/// Options of a task.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Options {
    /// Who is responsible.
    pub(crate) owner: Option<String>,
    /// How often it is tried again after a failure; 0 by default.
    #[schemars(range(min = 0, max = RETRIES_MAX))]
    pub(crate) retries: Option<u32>,
    /// How long to wait before a retry; `5m` by default.
    pub(crate) retry_delay: Option<DurationText>,
    /// Whether the delay doubles with each retry.
    pub(crate) retry_exponential_backoff: Option<bool>,
    /// The longest delay; `24h` by default.
    pub(crate) max_retry_delay: Option<DurationText>,
    /// The longest time of one try; `1h` by default.
    pub(crate) execution_timeout: Option<DurationText>,
    /// How long it may ask to be run again later; `7d` by default.
    pub(crate) reschedule_timeout: Option<DurationText>,
    /// When it may run, given how its upstreams ended; `all_success` by default.
    pub(crate) trigger_rule: Option<TriggerRule>,
    /// Higher goes first where not all can go; 1 by default.
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub(crate) priority_weight: Option<i32>,
    /// Memory of one try; `512MiB` by default.
    pub(crate) memory: Option<SizeSpec>,
    /// Bytes that one try may write to `/out` and `/tmp`; `2GiB` by default.
    pub(crate) scratch: Option<SizeSpec>,
    /// Bytes of log of one try; `16MiB` by default.
    pub(crate) log: Option<SizeSpec>,
    /// Bytes of its result; `256KiB` by default.
    pub(crate) result: Option<SizeSpec>,
    /// Whether the same inputs give the same bytes (virtual clocks, seeded random numbers); `true` by default.
    pub(crate) deterministic: Option<bool>,
}
