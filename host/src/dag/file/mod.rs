//! The DAG file as types: the one definition from which its JSON Schema, its reading and the editor's completion come.
//!
//! Every field may be absent here, the required ones too: what is wrong is taken out and reported, and the rest is
//! read all the same. Doc comments become the schema's descriptions.

mod callbacks;
mod grants;
mod options;
mod parts;
mod schema;

pub(crate) use callbacks::{CallbackSpec, DeadlineSpec, TaskCallbacks};
pub(crate) use grants::{GrantsSpec, HttpGrantSpec, MountSpec, SecretGrantSpec, SecretGrantTable};
pub(crate) use options::Options;
pub(crate) use parts::{
    CatchupSpec, DurationText, InputSpec, OneOrMany, Ordered, ParamDeclaration, PluginSpec, SizeSpec, Sparse,
    WindowSpec,
};
pub use schema::schema;
pub(crate) use schema::{checking_schema_of, for_checking as schema_for_checking};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::dag::file::parts::ParamSpec;
use crate::schedule::{DstFold, DstGap};

/// Runs of one DAG and tasks of one run at most: more than a machine does at once.
const ACTIVE_MAX: u64 = 100_000;

/// A pipeline of dagwood: its tasks, what they are wired to, and when it runs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(title = "DAG file", deny_unknown_fields, extend("required" = ["id", "tasks"]))]
#[serde(default)]
pub(crate) struct DagFile {
    /// The DAG's id: letters, digits, `_`, `-` and `.`.
    pub(crate) id: Option<String>,
    /// What it is for, in a line.
    pub(crate) description: Option<String>,
    /// Who is responsible; else the `owner` of `[defaults]`.
    pub(crate) owner: Option<String>,
    /// Words to find it by.
    #[schemars(with = "Vec<String>")]
    pub(crate) tags: Vec<Option<String>>,
    /// When it runs by itself: `@daily` and other presets, cron (`30 6 * * MON-FRI`), or `every 15m`. Without it: by hand only.
    #[schemars(example = "@daily", example = "0 6 * * *", example = "every 15m")]
    pub(crate) schedule: Option<String>,
    /// The old name of `schedule`.
    #[schemars(extend("deprecated" = true))]
    pub(crate) schedule_interval: Option<String>,
    /// No scheduled run before it: `2026-01-01`, or a date and time.
    #[schemars(example = "2026-01-01")]
    pub(crate) start_date: Option<String>,
    /// No scheduled run after it.
    pub(crate) end_date: Option<String>,
    /// The IANA time zone of schedule and dates; `UTC` by default.
    #[schemars(example = &"UTC", example = &"Europe/Berlin")]
    pub(crate) timezone: Option<String>,
    /// Which of the missed ticks run: only the latest (`false`, the default), all (`true`), or the latest within limits.
    pub(crate) catchup: Option<CatchupSpec>,
    /// `previous`: a run is for the time between the previous tick and its own.
    pub(crate) window: Option<WindowSpec>,
    /// What becomes of a tick at a local time that a clock change leaves out.
    pub(crate) dst_gap: Option<DstGap>,
    /// When a tick is whose local time comes twice.
    pub(crate) dst_fold: Option<DstFold>,
    /// How many runs of this DAG may be active at once; 16 by default.
    #[schemars(range(min = 1, max = ACTIVE_MAX))]
    pub(crate) max_active_runs: Option<u32>,
    /// How many tasks of one run may be active at once; 16 by default.
    #[schemars(range(min = 1, max = ACTIVE_MAX))]
    pub(crate) max_active_tasks: Option<u32>,
    /// A run that takes longer fails.
    pub(crate) dagrun_timeout: Option<DurationText>,
    /// So many failed runs in a row pause the DAG; by default, or with 0, none do.
    #[schemars(range(min = 0, max = ACTIVE_MAX))]
    pub(crate) max_consecutive_failed_dag_runs: Option<u32>,
    /// When a run should be at its end; one that is not is noted, and `on_deadline` is started.
    pub(crate) deadline: Option<DeadlineSpec>,
    /// Started when a run is not at its end at its `deadline`.
    pub(crate) on_deadline: Option<CallbackSpec>,
    /// Started when a run succeeded.
    pub(crate) on_success: Option<CallbackSpec>,
    /// Started when a run failed.
    pub(crate) on_failure: Option<CallbackSpec>,
    /// The DAG's own parameters: `name = default`, or a table with `default`, `schema` and `description`.
    #[schemars(with = "Ordered<ParamSpec>")]
    pub(crate) params: Ordered<Value>,
    /// What holds for all tasks that do not say otherwise.
    pub(crate) defaults: DefaultsSpec,
    /// Where the plugins come from: `"0.1"` for a registered one, `{ path = "…" }` for a crate, `{ file = "….wasm" }`.
    pub(crate) plugins: Ordered<PluginSpec>,
    /// Order without data: `"a >> b >> [c, d]"`.
    pub(crate) flow: OneOrMany,
    /// The tasks by their ids.
    pub(crate) tasks: Ordered<TaskSpec>,
}

/// What holds for all tasks that do not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Defaults", deny_unknown_fields)]
#[serde(default)]
pub(crate) struct DefaultsSpec {
    /// The options.
    #[serde(flatten)]
    pub(crate) options: Options,
    /// The callbacks.
    #[serde(flatten)]
    pub(crate) callbacks: TaskCallbacks,
}

/// A task.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Task", deny_unknown_fields, extend("required" = ["plugin"]))]
#[serde(default)]
pub(crate) struct TaskSpec {
    /// The plugin that it runs: a name of `[plugins]`, or a registered plugin.
    pub(crate) plugin: Option<String>,
    /// What it is for, in a line.
    pub(crate) description: Option<String>,
    /// What its plugin's input ports are wired to: `"task.port"`, `"task.value"`, or `{ file = "…" }`.
    pub(crate) inputs: Ordered<InputSpec>,
    /// Tasks that come before it without giving it data.
    pub(crate) after: OneOrMany,
    /// What its plugin is given. Strings may be templates, such as `"{{ ds }}"` or `"{{ params.x }}"`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, Value>>")]
    pub(crate) params: Option<Value>,
    /// For a plugin that branches: its labels → downstream tasks. A label that is not here is a task's id.
    pub(crate) branches: Ordered<OneOrMany>,
    /// The seed for every random choice; by default it is made of the ids.
    pub(crate) seed: Option<u64>,
    /// What it may do beyond the sandbox.
    pub(crate) grants: Option<Box<GrantsSpec>>,
    /// The options.
    #[serde(flatten)]
    #[schemars(with = "Options")]
    pub(crate) options: Sparse<Options>,
    /// The callbacks.
    #[serde(flatten)]
    #[schemars(with = "TaskCallbacks")]
    pub(crate) callbacks: Sparse<TaskCallbacks>,
}
