//! The keys that may stand in a task and in `[defaults]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::dag::file::parts::{DurationText, SizeSpec};
use crate::dag::model::{TriggerRule, WeightRule};
use crate::limits::{FUEL_MAX, HANDLES_MAX, HANDLES_MIN, METRIC_POINTS_MAX};

/// Retries at most: at the shortest delays they still end.
const RETRIES_MAX: u64 = 10_000;

/// Slots of a pool, or tries of one task at once, at most: more than a machine does at once.
const AT_ONCE_MAX: u64 = 100_000;

/// Options of a task.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Options {
    /// Those that a callback has too.
    #[serde(flatten)]
    pub(crate) tries: TryOptions,
    /// Who is responsible.
    pub(crate) owner: Option<String>,
    /// How long it may ask to be run again later; `7d` by default.
    pub(crate) reschedule_timeout: Option<DurationText>,
    /// When it may run, given how its upstreams ended; `all_success` by default.
    pub(crate) trigger_rule: Option<TriggerRule>,
    /// What counts into its weight besides its own: the weights `downstream` (the default), `upstream`, or nothing.
    pub(crate) weight_rule: Option<WeightRule>,
    /// How often it may run at once over all runs of the DAG; without limit by default.
    #[schemars(range(min = 1, max = AT_ONCE_MAX))]
    pub(crate) max_active_tis_per_dag: Option<u32>,
    /// How often it may run at once in one run; without limit by default.
    #[schemars(range(min = 1, max = AT_ONCE_MAX))]
    pub(crate) max_active_tis_per_dagrun: Option<u32>,
    /// Whether it waits until it succeeded or was skipped in the DAG's previous run; `false` by default.
    pub(crate) depends_on_past: Option<bool>,
    /// The same, and until all directly downstream of it did so there too; `false` by default.
    pub(crate) wait_for_downstream: Option<bool>,
    /// Bytes that one try may write to `/out` and `/tmp`; `2GiB` by default.
    pub(crate) scratch: Option<SizeSpec>,
    /// Bytes of log of one try; `16MiB` by default.
    pub(crate) log: Option<SizeSpec>,
    /// Bytes that its HTTP requests and their answers carry together; `1GiB` by default.
    pub(crate) traffic: Option<SizeSpec>,
    /// Bytes of its result; `256KiB` by default.
    pub(crate) result: Option<SizeSpec>,
    /// Open files, streams and other handles of one try; 4096 by default.
    #[schemars(range(min = HANDLES_MIN, max = HANDLES_MAX))]
    pub(crate) handles: Option<u32>,
    /// Points of metrics and messages of progress of one try; 100000 by default.
    #[schemars(range(min = 0, max = METRIC_POINTS_MAX))]
    pub(crate) metric_points: Option<u32>,
    /// What it may compute, about one unit for each WebAssembly instruction: a limit that is the same on any machine. By default nobody
    /// counts, which is faster.
    #[schemars(range(min = 1, max = FUEL_MAX))]
    pub(crate) fuel: Option<u64>,
}

/// Options of a task's tries, which callbacks have too.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TryOptions {
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
    /// Higher goes first where not all can go; 1 by default.
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub(crate) priority_weight: Option<i32>,
    /// The pool whose slots it takes while it runs; `default_pool` by default.
    pub(crate) pool: Option<String>,
    /// How many slots of its pool it takes; 1 by default.
    #[schemars(range(min = 1, max = AT_ONCE_MAX))]
    pub(crate) pool_slots: Option<u32>,
    /// Memory of one try; `512MiB` by default.
    pub(crate) memory: Option<SizeSpec>,
    /// Whether the same inputs give the same bytes (virtual clocks, seeded random numbers); `true` by default.
    pub(crate) deterministic: Option<bool>,
}
