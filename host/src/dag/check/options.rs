//! Options of tasks, with the defaults filled in.

use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::dag::check::ground::Ground;
use crate::dag::check::quantity::{Zero, duration, size};
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{Options, TaskSpec};
use crate::dag::model::{PastRule, RetryPolicy, TriggerRule, WeightRule};
use crate::dag::path::DocPath;
use crate::ids::PoolName;
use crate::limits::{
    DAG_POOLS_MAX, EXECUTION_TIMEOUT_MAX, LOG_MAX_BYTES, MAX_RETRY_DELAY, MEMORY_MAX_BYTES, MEMORY_MIN_BYTES,
    RESCHEDULE_TIMEOUT, RESULT_MAX_BYTES, RESULT_MIN_BYTES, RETRY_DELAY, SCRATCH_MAX_BYTES, TRAFFIC_MAX_BYTES,
    TaskLimits,
};
use crate::schedule::duration::show_duration;
use crate::text::exact_bytes;

/// Airflow's.
const PRIORITY_WEIGHT: i32 = 1;

/// Airflow's.
const POOL_SLOTS: u32 = 1;

/// A task's options, complete.
#[derive(Debug, Clone)]
pub(super) struct TaskOptions {
    pub(super) owner: Option<String>,
    pub(super) trigger_rule: TriggerRule,
    pub(super) retry: RetryPolicy,
    pub(super) reschedule_timeout: Duration,
    pub(super) limits: TaskLimits,
    pub(super) deterministic: bool,
    pub(super) priority_weight: i32,
    pub(super) weight_rule: WeightRule,
    pub(super) pool: PoolName,
    pub(super) pool_slots: u32,
    pub(super) max_active_tis_per_dag: Option<u32>,
    pub(super) max_active_tis_per_dagrun: Option<u32>,
    pub(super) depends_on_past: bool,
    pub(super) wait_for_downstream: bool,
}

impl TaskOptions {
    /// `wait_for_downstream` includes `depends_on_past`, as in Airflow.
    pub(super) fn past(&self) -> PastRule {
        match (self.wait_for_downstream, self.depends_on_past) {
            (true, _) => PastRule::WithDownstream,
            (false, true) => PastRule::SameTask,
            (false, false) => PastRule::Ignored,
        }
    }
}

/// The options of every task.
pub(super) fn check(ground: &Ground<'_>, mistakes: &mut Vec<Mistake>) -> Vec<Arc<TaskOptions>> {
    let defaults = read(&ground.file.defaults.options, &|| DocPath::of(&["defaults"]), &built_in(), mistakes);
    let defaults = Arc::new(defaults);
    let tasks = ground.tasks.iter().enumerate();
    let of_task = |(at, (_, task)): (usize, &(String, TaskSpec))| match task.options.said() {
        Some(options) => Arc::new(read(options, &|| ground.path(at), &defaults, mistakes)),
        None => Arc::clone(&defaults),
    };
    let options: Vec<_> = tasks.map(of_task).collect();
    count_pools(ground, &options, mistakes);
    options
}

fn count_pools(ground: &Ground<'_>, options: &[Arc<TaskOptions>], mistakes: &mut Vec<Mistake>) {
    let mut pools = FxHashSet::default();
    let mut named = options.iter().enumerate().filter(|(_, options)| pools.insert(&options.pool));
    if let Some((at, _)) = named.nth(DAG_POOLS_MAX) {
        let place = Place::value(ground.path(at).key("pool"));
        mistakes.push(Mistake::error(place, format!("the tasks of a DAG name at most {DAG_POOLS_MAX} pools")));
    }
}

fn built_in() -> TaskOptions {
    TaskOptions {
        owner: None,
        trigger_rule: TriggerRule::default(),
        retry: RetryPolicy { retries: 0, delay: RETRY_DELAY, exponential_backoff: false, max_delay: MAX_RETRY_DELAY },
        reschedule_timeout: RESCHEDULE_TIMEOUT,
        limits: TaskLimits::default(),
        deterministic: true,
        priority_weight: PRIORITY_WEIGHT,
        weight_rule: WeightRule::default(),
        pool: PoolName::default(),
        pool_slots: POOL_SLOTS,
        max_active_tis_per_dag: None,
        max_active_tis_per_dagrun: None,
        depends_on_past: false,
        wait_for_downstream: false,
    }
}

/// `options`, and `base` where they say nothing.
fn read(options: &Options, at: &impl Fn() -> DocPath, base: &TaskOptions, mistakes: &mut Vec<Mistake>) -> TaskOptions {
    let key = |name: &'static str| move || at().key(name);
    let retry = RetryPolicy {
        retries: options.tries.retries.unwrap_or(base.retry.retries),
        delay: duration(options.tries.retry_delay.as_ref(), key("retry_delay"), Zero::Allowed, mistakes)
            .unwrap_or(base.retry.delay),
        exponential_backoff: options.tries.retry_exponential_backoff.unwrap_or(base.retry.exponential_backoff),
        max_delay: duration(options.tries.max_retry_delay.as_ref(), key("max_retry_delay"), Zero::Allowed, mistakes)
            .unwrap_or(base.retry.max_delay),
    };
    let wait_for_downstream = options.wait_for_downstream.unwrap_or(base.wait_for_downstream);
    if wait_for_downstream && options.depends_on_past == Some(false) {
        mistakes.push(past_all_the_same(at()));
    }
    TaskOptions {
        owner: options.owner.clone().or_else(|| base.owner.clone()),
        trigger_rule: options.trigger_rule.unwrap_or(base.trigger_rule),
        retry,
        reschedule_timeout: duration(
            options.reschedule_timeout.as_ref(),
            key("reschedule_timeout"),
            Zero::Refused,
            mistakes,
        )
        .unwrap_or(base.reschedule_timeout),
        limits: limits(options, at, &base.limits, mistakes),
        deterministic: options.tries.deterministic.unwrap_or(base.deterministic),
        priority_weight: options.tries.priority_weight.unwrap_or(base.priority_weight),
        weight_rule: options.weight_rule.unwrap_or(base.weight_rule),
        pool: pool(options, key("pool"), mistakes).unwrap_or_else(|| base.pool.clone()),
        pool_slots: options.tries.pool_slots.unwrap_or(base.pool_slots),
        max_active_tis_per_dag: options.max_active_tis_per_dag.or(base.max_active_tis_per_dag),
        max_active_tis_per_dagrun: options.max_active_tis_per_dagrun.or(base.max_active_tis_per_dagrun),
        depends_on_past: options.depends_on_past.unwrap_or(base.depends_on_past),
        wait_for_downstream,
    }
}

fn pool(options: &Options, at: impl Fn() -> DocPath, mistakes: &mut Vec<Mistake>) -> Option<PoolName> {
    let name = options.tries.pool.as_deref()?;
    match PoolName::new(name) {
        Ok(pool) => Some(pool),
        Err(error) => {
            let mistake = Mistake::error(Place::value(at()), format!("`{name}` cannot be a pool's name: {error}"));
            mistakes.push(mistake.hint("without a `pool`, a task takes its slots from `default_pool`".to_owned()));
            None
        }
    }
}

fn past_all_the_same(task: DocPath) -> Mistake {
    let message = "`depends_on_past = false` does nothing where `wait_for_downstream` is true: that includes it";
    let hint = "leave it out, or set `wait_for_downstream = false` too";
    Mistake::warning(Place::key(task.key("depends_on_past")), message).hint(hint.to_owned())
}

fn limits(options: &Options, at: &impl Fn() -> DocPath, base: &TaskLimits, mistakes: &mut Vec<Mistake>) -> TaskLimits {
    let key = |name: &'static str| move || at().key(name);
    let mut limits = base.clone();
    if let Some(bytes) = size(options.tries.memory.as_ref(), key("memory"), Zero::Refused, mistakes) {
        within(bytes, MEMORY_MIN_BYTES, MEMORY_MAX_BYTES, key("memory")(), mistakes);
        limits.memory_bytes = bytes;
    }
    if let Some(bytes) = size(options.scratch.as_ref(), key("scratch"), Zero::Allowed, mistakes) {
        within(bytes, 0, SCRATCH_MAX_BYTES, key("scratch")(), mistakes);
        limits.scratch_bytes = bytes;
        limits.scratch_declared = true;
    }
    if let Some(bytes) = size(options.log.as_ref(), key("log"), Zero::Allowed, mistakes) {
        within(bytes, 0, LOG_MAX_BYTES, key("log")(), mistakes);
        limits.log_bytes = bytes;
    }
    if let Some(bytes) = size(options.result.as_ref(), key("result"), Zero::Allowed, mistakes) {
        within(bytes, RESULT_MIN_BYTES, RESULT_MAX_BYTES, key("result")(), mistakes);
        limits.result_bytes = bytes;
    }
    if let Some(bytes) = size(options.traffic.as_ref(), key("traffic"), Zero::Allowed, mistakes) {
        within(bytes, 0, TRAFFIC_MAX_BYTES, key("traffic")(), mistakes);
        limits.traffic_bytes = bytes;
    }
    limits.handles = options.handles.map_or(limits.handles, |handles| handles as usize);
    limits.metric_points = options.metric_points.map_or(limits.metric_points, u64::from);
    limits.fuel = options.fuel.or(limits.fuel);
    let timeout = duration(options.tries.execution_timeout.as_ref(), key("execution_timeout"), Zero::Refused, mistakes);
    if timeout.is_some_and(|timeout| timeout > EXECUTION_TIMEOUT_MAX) {
        let message = format!("a try may take {} at most", show_duration(EXECUTION_TIMEOUT_MAX));
        mistakes.push(Mistake::error(Place::value(key("execution_timeout")()), message));
    }
    limits.execution_timeout = timeout.unwrap_or(limits.execution_timeout);
    limits
}

/// Holds a number of bytes against the least and the most that a DAG may ask for.
fn within(bytes: u64, least: u64, most: u64, at: DocPath, mistakes: &mut Vec<Mistake>) {
    let message = match bytes {
        bytes if bytes < least => format!("this is too little: {} is the least", exact_bytes(least)),
        bytes if bytes > most => format!("this is too much: {} is the most", exact_bytes(most)),
        _ => return,
    };
    mistakes.push(Mistake::error(Place::value(at), message));
}
