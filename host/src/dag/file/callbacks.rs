//! The keys by which a DAG file says what is started when something happened.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::dag::callback::{CallbackKind, DeadlineReference};
use crate::dag::file::options::TryOptions;
use crate::dag::file::parts::DurationText;
use crate::dag::file::{DagFile, GrantsSpec, Options, TaskSpec};
use crate::dag::path::DocPath;

/// A task that is started when something happened: its plugin's name, or a table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Callback")]
pub(crate) enum CallbackSpec {
    /// A name of `[plugins]`, or a registered plugin.
    Plugin(String),
    /// The plugin with what it is given.
    // Boxed: few tasks have one.
    Task(Box<CallbackTask>),
}

/// A task that is started when something happened.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["plugin"]))]
#[serde(default)]
pub(crate) struct CallbackTask {
    /// The plugin that it runs: a name of `[plugins]`, or a registered plugin.
    pub(crate) plugin: Option<String>,
    /// What its plugin is given. Templates know `event` too: `"{{ event.task_id }} failed: {{ event.message }}"`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, Value>>")]
    pub(crate) params: Option<Value>,
    /// What it may do beyond the sandbox.
    pub(crate) grants: Option<GrantsSpec>,
    /// The options.
    #[serde(flatten)]
    pub(crate) options: TryOptions,
}

impl CallbackSpec {
    /// The plugin's name.
    pub(crate) fn plugin(&self) -> Option<&str> {
        match self {
            Self::Plugin(name) => Some(name),
            Self::Task(task) => task.plugin.as_deref(),
        }
    }

    /// As the task that it is.
    pub(crate) fn task(&self) -> TaskSpec {
        match self {
            Self::Plugin(name) => TaskSpec { plugin: Some(name.clone()), ..TaskSpec::default() },
            Self::Task(task) => task.as_task(),
        }
    }
}

impl CallbackTask {
    fn as_task(&self) -> TaskSpec {
        TaskSpec {
            plugin: self.plugin.clone(),
            params: self.params.clone(),
            grants: self.grants.clone().map(Box::new),
            options: Options { tries: self.options.clone(), ..Options::default() }.into(),
            ..TaskSpec::default()
        }
    }
}

/// Callbacks of a task, and in `[defaults]`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TaskCallbacks {
    /// Started when the task succeeded.
    pub(crate) on_success: Option<CallbackSpec>,
    /// Started when the task failed for good.
    pub(crate) on_failure: Option<CallbackSpec>,
    /// Started when a try of the task failed and another will follow.
    pub(crate) on_retry: Option<CallbackSpec>,
}

impl TaskCallbacks {
    /// The one of that kind.
    pub(crate) fn of(&self, kind: CallbackKind) -> Option<&CallbackSpec> {
        match kind {
            CallbackKind::OnSuccess => self.on_success.as_ref(),
            CallbackKind::OnFailure => self.on_failure.as_ref(),
            CallbackKind::OnRetry => self.on_retry.as_ref(),
            CallbackKind::OnDeadline => None,
        }
    }
}

/// When a run should be at its end.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Deadline", deny_unknown_fields, extend("required" = ["after", "of"]))]
#[serde(default)]
pub(crate) struct DeadlineSpec {
    /// From when it counts: the run's start, or its logical date.
    pub(crate) after: Option<DeadlineReference>,
    /// How long.
    pub(crate) of: Option<DurationText>,
}

impl DagFile {
    /// The run's own callback of that kind.
    pub(crate) fn callback(&self, kind: CallbackKind) -> Option<&CallbackSpec> {
        match kind {
            CallbackKind::OnSuccess => self.on_success.as_ref(),
            CallbackKind::OnFailure => self.on_failure.as_ref(),
            CallbackKind::OnRetry => None,
            CallbackKind::OnDeadline => self.on_deadline.as_ref(),
        }
    }

    /// The plugins that tasks and callbacks name, as often as they do.
    pub(crate) fn named_plugins(&self) -> impl Iterator<Item = &str> {
        let tasks = self.tasks.0.iter().filter_map(|(_, task)| task.plugin.as_deref());
        tasks.chain(self.callbacks().filter_map(|(_, callback)| callback.plugin()))
    }

    /// Where a task, or else a callback, names a plugin first.
    pub(crate) fn first_use(&self, plugin: &str) -> Option<DocPath> {
        let task = self.tasks.0.iter().find(|(_, task)| task.plugin.as_deref() == Some(plugin));
        let callback = || {
            let (at, spec) = self.callbacks().find(|(_, callback)| callback.plugin() == Some(plugin))?;
            Some(match spec {
                CallbackSpec::Plugin(_) => at,
                CallbackSpec::Task(_) => at.key("plugin"),
            })
        };
        task.map(|(id, _)| DocPath::of(&["tasks", id, "plugin"])).or_else(callback)
    }

    /// All callbacks, each with its place.
    pub(crate) fn callbacks(&self) -> impl Iterator<Item = (DocPath, &CallbackSpec)> {
        let own = |kind: &CallbackKind| Some((DocPath::of(&[kind.as_str()]), self.callback(*kind)?));
        let defaults =
            |kind: &CallbackKind| Some((DocPath::of(&["defaults", kind.as_str()]), self.defaults.callbacks.of(*kind)?));
        let tasks = self.tasks.0.iter().flat_map(|(id, task)| {
            let at = move |kind: &CallbackKind| DocPath::of(&["tasks", id, kind.as_str()]);
            CallbackKind::ALL.iter().filter_map(move |kind| Some((at(kind), task.callbacks.said()?.of(*kind)?)))
        });
        let kinds = CallbackKind::ALL.iter();
        kinds.clone().filter_map(own).chain(kinds.filter_map(defaults)).chain(tasks)
    }
}
