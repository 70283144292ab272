//! Every number that bounds something, with its unit and one line of why.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Tasks at once in one process; Airflow's `parallelism`.
pub const PARALLELISM: usize = 32;
/// Runs of one DAG at once; Airflow's `max_active_runs_per_dag`.
pub const MAX_ACTIVE_RUNS: u32 = 16;
/// Tasks of one run at once; Airflow's `max_active_tasks_per_dag`.
pub const MAX_ACTIVE_TASKS: u32 = 16;
/// Slots of the pool `default_pool` where nobody said otherwise; Airflow's `default_pool_task_slot_count`.
pub const DEFAULT_POOL_SLOTS: u32 = 128;
/// What twice the weight is worth in waiting: long enough that a weight means something under load. A weight has at most
/// 31 doublings and its negative as many, so nothing is overtaken by what came more than 10 h 20 min after it.
pub const DOUBLED_WEIGHT_WAIT: Duration = Duration::from_secs(10 * 60);
/// How much later tasks of backfills stand in the order of launches: more than any weight is worth, so that they are never
/// in the way of the schedule; and not for ever, so that they do not starve.
pub const BACKFILL_WAIT: Duration = Duration::from_secs(12 * 60 * 60);
/// Hosts that an instance may lose, since it was last cleared, before it counts as failed: apart from its tries.
pub const LOST_HOSTS: u32 = 3;
/// Airflow's `default_task_retry_delay`.
pub const RETRY_DELAY: Duration = Duration::from_secs(5 * 60);
/// Airflow's `max_task_retry_delay`.
pub const MAX_RETRY_DELAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest wait that `again` may ask for: less would be a busy loop.
pub const MIN_RESCHEDULE: Duration = Duration::from_millis(100);
/// How long a task may answer `again`, counted from its first; Airflow's sensor timeout.
pub const RESCHEDULE_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long `describe` may take: it only fills a record.
pub const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory of `describe`: it only fills a record.
pub const DESCRIBE_MEMORY_BYTES: u64 = 64 << 20;
/// The largest component that is taken: a Python runtime with its libraries is about 100 MiB.
pub const COMPONENT_MAX_BYTES: u64 = 256 << 20;
/// How long compiling one component may take.
pub const COMPILE_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Components that one process compiles at once: each takes all processors where it can, and a second one goes on where the
/// first is slow.
pub const COMPILES_AT_ONCE: usize = 2;
/// Address space of the compiling child.
pub const COMPILE_MEMORY_BYTES: u64 = 8 << 30;
/// The largest DAG file: 100,000 tasks take about 15 MiB.
pub const DAG_FILE_MAX_BYTES: u64 = 64 << 20;
/// Tasks of one DAG.
pub const DAG_TASKS_MAX: usize = 100_000;
/// Pools that the tasks of one DAG name: a run that becomes full changes its place in the line of each.
pub const DAG_POOLS_MAX: usize = 100;
/// How deep JSON from a stranger may nest: recursion over it stays far from the end of the stack.
pub const JSON_DEPTH_MAX: usize = 100;
/// Free space below which a guest's write is refused as a full disk.
pub const DISK_RESERVE_BYTES: u64 = 1 << 30;

/// The most memory that a DAG may give a task: what 32-bit WebAssembly can address.
pub const MEMORY_MAX_BYTES: u64 = 4 << 30;
/// The least that makes sense: one page of WebAssembly.
pub const MEMORY_MIN_BYTES: u64 = 64 << 10;
/// The longest time that a DAG may give a try.
pub const EXECUTION_TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The most that a DAG may let a task keep in `/out` and `/tmp`.
pub const SCRATCH_MAX_BYTES: u64 = 100 << 30;

/// The most that a DAG may let a try write to its log.
pub const LOG_MAX_BYTES: u64 = 1 << 30;
/// The least that a result needs: it may be `null`.
pub const RESULT_MIN_BYTES: u64 = 4;
/// The most that a DAG may let a result be: it is kept in the database.
pub const RESULT_MAX_BYTES: u64 = 16 << 20;
/// The fewest handles that make sense: a standard library opens about ten before it does anything.
pub const HANDLES_MIN: u64 = 32;
/// The most handles that a DAG may give a try: what a process may usually have open, many times over.
pub const HANDLES_MAX: u64 = 100_000;
/// The most points of metrics and messages of progress that a DAG may let a try send.
pub const METRIC_POINTS_MAX: u64 = 10_000_000;

/// The most bytes that a DAG may let a try send and get by HTTP.
pub const TRAFFIC_MAX_BYTES: u64 = 1 << 40;
/// What it may without a word.
const TRAFFIC_BYTES: u64 = 1 << 30;

/// The most fuel that a DAG may give a try: as much as a number in TOML can say.
pub const FUEL_MAX: u64 = i64::MAX as u64;

/// What one try may use. The defaults suit a task on a few gigabytes of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLimits {
    /// All linear memories, tables and so on of the instance together.
    pub memory_bytes: u64,
    /// From the start of the try to its end, in real time.
    pub execution_timeout: Duration,
    /// `/out` and `/tmp` together.
    pub scratch_bytes: u64,
    /// Whether the DAG says so itself: what it declares is admitted like memory, a default is not.
    #[serde(default)]
    pub scratch_declared: bool,
    /// Files and folders in `/out` and `/tmp` together.
    pub scratch_files: u64,
    /// stdout, stderr and log calls of a try together; what is more is dropped, with a line that says so.
    pub log_bytes: u64,
    /// The small result, as JSON.
    pub result_bytes: u64,
    /// Open handles and other resources of a store.
    pub handles: usize,
    /// Points of metrics and messages of progress.
    pub metric_points: u64,
    /// Bodies of HTTP requests and answers of a try together.
    #[serde(default = "traffic_bytes")]
    pub traffic_bytes: u64,
    /// What the guest may compute, in Wasmtime's units of fuel, about one for each instruction: on any machine the same. It costs speed,
    /// so by default nobody counts.
    #[serde(default)]
    pub fuel: Option<u64>,
}

fn traffic_bytes() -> u64 {
    TRAFFIC_BYTES
}

impl Default for TaskLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            execution_timeout: Duration::from_secs(60 * 60),
            scratch_bytes: 2 << 30,
            scratch_declared: false,
            scratch_files: 100_000,
            log_bytes: 16 << 20,
            result_bytes: 256 << 10,
            handles: 4_096,
            metric_points: 100_000,
            traffic_bytes: TRAFFIC_BYTES,
            fuel: None,
        }
    }
}
