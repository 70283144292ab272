//! A DAG in Rust: what a DAG file says, for those who embed the host.
//!
//! ```ignore
//! let dag = DagBuilder::new("ml_pipeline");
//! let preprocess = dag.task("preprocess", "preprocess").input_file("data", "penguins.csv");
//! let train = dag.task("train", "train").input("train", preprocess.output("train"));
//! let evaluate = dag.task("evaluate", "evaluate").input("model", train.output("model"));
//! let report = dag.task("report", "report");
//! preprocess >> train >> [evaluate, report];
//! let draft = dag.draft();
//! ```
//! The draft goes through the same checks as a file's.

use std::cell::RefCell;
use std::ops::Shr;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::draft::Draft;
use crate::dag::model::TriggerRule;
use crate::dag::path::DocPath;
use crate::schedule::duration::show_duration;

/// Builds a [`Draft`].
#[derive(Debug)]
pub struct DagBuilder {
    document: RefCell<Document>,
}

#[derive(Debug, Default)]
struct Document {
    top: Map<String, Value>,
    plugins: Map<String, Value>,
    params: Map<String, Value>,
    defaults: Map<String, Value>,
    tasks: Vec<(String, Map<String, Value>)>,
    mistakes: Vec<Mistake>,
}

/// A task of a [`DagBuilder`]. It is a small handle: copy it, and order tasks by `a >> b >> [c, d]`.
#[derive(Debug, Clone, Copy)]
pub struct TaskRef<'a> {
    dag: &'a DagBuilder,
    at: usize,
}

/// What an input can be wired to: an output port of a task, or its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRef(String);

impl DagBuilder {
    /// A DAG without tasks.
    pub fn new(id: &str) -> Self {
        let document = Document { top: Map::from_iter([("id".to_owned(), json!(id))]), ..Document::default() };
        Self { document: RefCell::new(document) }
    }

    /// Sets a key at the top of the DAG file, such as `schedule` or `max_active_tasks`, to what it is written as there.
    pub fn set(&self, key: &str, value: impl Serialize) -> &Self {
        let value = self.value(DocPath::of(&[key]), value);
        self.document.borrow_mut().top.insert(key.to_owned(), value);
        self
    }

    /// Sets an option for all tasks that do not say otherwise, such as `retries`.
    pub fn default_option(&self, key: &str, value: impl Serialize) -> &Self {
        let value = self.value(DocPath::of(&["defaults", key]), value);
        self.document.borrow_mut().defaults.insert(key.to_owned(), value);
        self
    }

    /// Declares a parameter of the DAG with its default.
    pub fn param(&self, name: &str, default: impl Serialize) -> &Self {
        let value = self.value(DocPath::of(&["params", name]), default);
        self.document.borrow_mut().params.insert(name.to_owned(), json!({ "default": value }));
        self
    }

    /// Names a plugin whose crate lies in a folder.
    pub fn plugin_crate(&self, name: &str, folder: impl AsRef<Path>) -> &Self {
        self.plugin(name, json!({ "path": folder.as_ref() }))
    }

    /// Names a plugin that is a component in a file.
    pub fn plugin_file(&self, name: &str, file: impl AsRef<Path>) -> &Self {
        self.plugin(name, json!({ "file": file.as_ref() }))
    }

    /// Names a registered plugin by its version requirement.
    pub fn plugin_version(&self, name: &str, requirement: &str) -> &Self {
        self.plugin(name, json!(requirement))
    }

    /// Adds a task that runs a plugin: one that was named, or a registered one.
    pub fn task(&self, id: &str, plugin: &str) -> TaskRef<'_> {
        let mut document = self.document.borrow_mut();
        if document.tasks.iter().any(|(other, _)| other == id) {
            let place = Place::key(DocPath::of(&["tasks", id]));
            document.mistakes.push(Mistake::error(place, format!("there are two tasks `{id}`")));
        }
        let task = Map::from_iter([("plugin".to_owned(), json!(plugin))]);
        document.tasks.push((id.to_owned(), task));
        TaskRef { dag: self, at: document.tasks.len() - 1 }
    }

    /// What was built so far, to be checked.
    pub fn draft(&self) -> Draft {
        let document = self.document.borrow();
        let mut top = document.top.clone();
        let tables = [("plugins", &document.plugins), ("params", &document.params), ("defaults", &document.defaults)];
        for (key, table) in tables {
            if !table.is_empty() {
                top.insert(key.to_owned(), Value::Object(table.clone()));
            }
        }
        let tasks: Map<_, _> = document.tasks.iter().map(|(id, task)| (id.clone(), task.clone().into())).collect();
        top.insert("tasks".to_owned(), Value::Object(tasks));
        let mut draft = Draft::from_document(Value::Object(top));
        draft.mistakes.extend(document.mistakes.iter().cloned());
        draft
    }

    fn plugin(&self, name: &str, source: Value) -> &Self {
        self.document.borrow_mut().plugins.insert(name.to_owned(), source);
        self
    }

    /// What is no JSON becomes a mistake.
    fn value(&self, at: DocPath, value: impl Serialize) -> Value {
        serde_json::to_value(value).unwrap_or_else(|error| {
            let mistake = Mistake::error(Place::value(at), format!("this value is no JSON: {error}"));
            self.document.borrow_mut().mistakes.push(mistake);
            Value::Null
        })
    }

    fn id(&self, at: usize) -> String {
        self.document.borrow().tasks.get(at).map(|(id, _)| id.clone()).unwrap_or_default()
    }
}

impl<'a> TaskRef<'a> {
    /// Sets a key of the task, such as `memory` or `deterministic`, to what it is written as in a DAG file.
    pub fn set(self, key: &str, value: impl Serialize) -> Self {
        let value = self.dag.value(DocPath::of(&["tasks", &self.dag.id(self.at), key]), value);
        self.edit(|task| {
            task.insert(key.to_owned(), value);
        })
    }

    /// Sets one of its params.
    pub fn param(self, name: &str, value: impl Serialize) -> Self {
        let value = self.dag.value(DocPath::of(&["tasks", &self.dag.id(self.at), "params", name]), value);
        self.insert_into("params", name, value)
    }

    /// Wires an input.
    pub fn input(self, name: &str, output: OutputRef) -> Self {
        self.insert_into("inputs", name, Value::String(output.0))
    }

    /// Wires an input to a file or folder outside.
    pub fn input_file(self, name: &str, path: impl AsRef<Path>) -> Self {
        self.insert_into("inputs", name, json!({ "file": path.as_ref() }))
    }

    /// When it may run.
    pub fn trigger_rule(self, rule: TriggerRule) -> Self {
        self.set("trigger_rule", rule)
    }

    /// How often it is tried again, and how long to wait before that.
    pub fn retries(self, retries: u32, delay: Duration) -> Self {
        self.set("retries", retries).set("retry_delay", show_duration(delay))
    }

    /// The longest time of one try.
    pub fn execution_timeout(self, timeout: Duration) -> Self {
        self.set("execution_timeout", show_duration(timeout))
    }

    /// What a label that its plugin may choose stands for.
    pub fn branch(self, label: &str, tasks: &[TaskRef<'_>]) -> Self {
        let ids: Vec<String> = tasks.iter().map(|task| task.dag.id(task.at)).collect();
        self.insert_into("branches", label, json!(ids))
    }

    /// One of its output ports.
    pub fn output(self, port: &str) -> OutputRef {
        OutputRef(format!("{}.{port}", self.dag.id(self.at)))
    }

    /// Its result.
    pub fn value(self) -> OutputRef {
        self.output("value")
    }

    /// Runs after `upstream` without being given data; as `upstream >> self`.
    pub fn after(self, upstream: TaskRef<'_>) -> Self {
        let id = json!(upstream.dag.id(upstream.at));
        self.edit(|task| match task.entry("after").or_insert_with(|| json!([])) {
            Value::Array(after) => after.push(id),
            other => *other = json!([other.clone(), id]),
        })
    }

    fn insert_into(self, table: &str, key: &str, value: Value) -> Self {
        self.edit(|task| {
            let table = task.entry(table).or_insert_with(|| json!({}));
            // Whoever set the whole table to something else is told by the checks.
            if let Value::Object(table) = table {
                table.insert(key.to_owned(), value);
            }
        })
    }

    fn edit(self, edit: impl FnOnce(&mut Map<String, Value>)) -> Self {
        if let Some((_, task)) = self.dag.document.borrow_mut().tasks.get_mut(self.at) {
            edit(task);
        }
        self
    }
}

/// `a >> b`: first `a`, then `b`. Gives `b`, so that chains can be written.
impl<'a> Shr<TaskRef<'a>> for TaskRef<'a> {
    type Output = TaskRef<'a>;

    fn shr(self, next: TaskRef<'a>) -> Self::Output {
        next.after(self)
    }
}

/// `a >> [b, c]`.
impl<'a, const N: usize> Shr<[TaskRef<'a>; N]> for TaskRef<'a> {
    type Output = [TaskRef<'a>; N];

    fn shr(self, next: [TaskRef<'a>; N]) -> Self::Output {
        next.map(|next| next.after(self))
    }
}

/// `a >> (b, c)`.
impl<'a> Shr<(TaskRef<'a>, TaskRef<'a>)> for TaskRef<'a> {
    type Output = [TaskRef<'a>; 2];

    fn shr(self, (one, two): (TaskRef<'a>, TaskRef<'a>)) -> Self::Output {
        self >> [one, two]
    }
}

/// `[a, b] >> c`.
impl<'a, const N: usize> Shr<TaskRef<'a>> for [TaskRef<'a>; N] {
    type Output = TaskRef<'a>;

    fn shr(self, next: TaskRef<'a>) -> Self::Output {
        self.into_iter().fold(next, |next, before| next.after(before))
    }
}
