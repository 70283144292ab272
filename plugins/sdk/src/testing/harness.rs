//! What one try is given in a test.

use super::contract;
use super::tried::Tried;
use crate::bindings::dagwood::task::{context as raw_context, types as raw};
use crate::context::{RunDates, TaskInstance};
use crate::invocation::Folders;
use crate::{PortName, Task, export, host};
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::marker::PhantomData;
use std::path::Path;
use tempfile::TempDir;

/// One try of `T`, in the making. Every method but [`run`](Self::run) adds something that the try is given.
///
/// # Panics
/// Its methods panic where the test itself is wrong: a file that cannot be read, a value that cannot be JSON.
#[derive(Debug)]
pub struct Harness<T> {
    root: TempDir,
    invocation: raw::Invocation,
    instance: TaskInstance,
    dates: RunDates,
    task: PhantomData<T>,
}

impl<T: Task> Default for Harness<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Task> Harness<T> {
    /// No params, no inputs, seed 0, first try of one.
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder for the test");
        for folder in ["in", "out", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a folder in the temporary folder");
        }
        let invocation = raw::Invocation {
            params: "{}".to_owned(),
            inputs: Vec::new(),
            values: Vec::new(),
            seed: 0,
            resume: None,
            extra: Vec::new(),
        };
        Self { root, invocation, instance: first_try(), dates: a_day(), task: PhantomData }
    }

    /// The params: `json!({…})` or anything that serialises to an object.
    pub fn params(mut self, params: impl Serialize) -> Self {
        self.invocation.params = to_json(params);
        self
    }

    /// A file with these bytes at an input port. More than one at a port of cardinality `many` get the indices 0, 1, ….
    pub fn input(mut self, port: impl PortName, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.place(port.port_name());
        fs::write(&path, bytes).expect("the input is written");
        self.wire(port.port_name(), &path);
        self
    }

    /// A copy of a file or folder at an input port.
    pub fn input_path(mut self, port: impl PortName, from: impl AsRef<Path>) -> Self {
        let path = self.place(port.port_name());
        let from = from.as_ref();
        copy(from, &path).unwrap_or_else(|error| panic!("cannot copy {} for the test: {error}", from.display()));
        self.wire(port.port_name(), &path);
        self
    }

    /// The result of an upstream task, wired to `name`.
    pub fn value(mut self, name: &str, value: impl Serialize) -> Self {
        self.invocation.values.push(raw::NamedValue {
            name: name.to_owned(),
            index: Vec::new(),
            value: to_json(value),
        });
        self
    }

    /// The seed for random choices.
    pub fn seed(mut self, seed: u64) -> Self {
        self.invocation.seed = seed;
        self
    }

    /// What the last `again` left: [`Tried::state`] of the try before.
    pub fn resume(mut self, state: impl Serialize) -> Self {
        self.invocation.resume = Some(to_json(state));
        self
    }

    /// Which task instance and try this is, for a task that asks [`context`](mod@crate::context).
    pub fn instance(mut self, instance: TaskInstance) -> Self {
        self.instance = instance;
        self
    }

    /// Which try this is, and of how many.
    pub fn try_number(mut self, try_number: u32, max_tries: u32) -> Self {
        self.instance.try_number = try_number;
        self.instance.max_tries = max_tries;
        self
    }

    /// The dates of the run, for a task that asks [`context`](mod@crate::context).
    pub fn dates(mut self, dates: RunDates) -> Self {
        self.dates = dates;
        self
    }

    /// Runs the try.
    pub fn run(self) -> Tried {
        let folders = Folders { out: self.root.path().join("out"), tmp: self.root.path().join("tmp") };
        let descriptor = export::describe::<T>();
        let start = host::Recorded {
            logs: Vec::new(),
            progress: Vec::new(),
            metrics: Vec::new(),
            instance: raw_instance(self.instance),
            dates: raw_dates(self.dates),
            used_context: false,
        };
        let out = folders.out.clone();
        let (answer, recorded) = match contract::missing_input(&descriptor, &self.invocation) {
            Some(broken) => (Err(broken), Some(start)),
            None => host::recording(start, || export::run::<T>(self.invocation, folders)),
        };
        let answer = answer.and_then(|outcome| contract::keep(&descriptor, outcome, &out));
        Tried::new(self.root, answer, recorded.expect("nested tries put back what they replaced"))
    }

    /// Where the next file of a port goes: as in the sandbox, `in/<port>`, or `in/<port>/<n>` for `many`.
    fn place(&self, port: &str) -> std::path::PathBuf {
        let path = self.root.path().join("in").join(port);
        if !self.is_many(port) {
            return path;
        }
        fs::create_dir_all(&path).expect("a folder for the port");
        path.join(self.wired(port).to_string())
    }

    fn is_many(&self, port: &str) -> bool {
        let inputs = T::plugin().inputs;
        inputs
            .iter()
            .map(|known| known.describe())
            .any(|known| known.name == port && known.cardinality == raw::Cardinality::Many)
    }

    fn wired(&self, port: &str) -> usize {
        self.invocation.inputs.iter().filter(|artifact| artifact.port == port).count()
    }

    fn wire(&mut self, port: &str, path: &Path) {
        let index =
            if self.is_many(port) { vec![u32::try_from(self.wired(port)).unwrap_or(u32::MAX)] } else { Vec::new() };
        self.invocation.inputs.push(raw::Artifact {
            port: port.to_owned(),
            index,
            path: path.to_str().expect("temporary folders have UTF-8 names").to_owned(),
            media_type: None,
            digest: format!("blake3:{}", "0".repeat(64)),
            size_bytes: size_bytes(path),
        });
    }
}

fn to_json(value: impl Serialize) -> String {
    let value: Value = serde_json::to_value(value).expect("a test gives what can be JSON");
    value.to_string()
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn size_bytes(path: &Path) -> u64 {
    if !path.is_dir() {
        return path.metadata().map_or(0, |metadata| metadata.len());
    }
    fs::read_dir(path).map_or(0, |entries| entries.flatten().map(|entry| size_bytes(&entry.path())).sum())
}

fn first_try() -> TaskInstance {
    TaskInstance {
        dag_id: "test".to_owned(),
        run_id: "manual__2000-01-01T00:00:00+00:00".to_owned(),
        task_id: "task".to_owned(),
        map_index: Vec::new(),
        try_number: 1,
        max_tries: 1,
        idempotency_key: "test".to_owned(),
    }
}

fn a_day() -> RunDates {
    RunDates {
        logical_date: Some("2000-01-01T00:00:00+00:00".to_owned()),
        data_interval: None,
        run_after: "2000-01-01T00:00:00+00:00".to_owned(),
    }
}

fn raw_instance(instance: TaskInstance) -> raw_context::TaskInstance {
    raw_context::TaskInstance {
        dag_id: instance.dag_id,
        run_id: instance.run_id,
        task_id: instance.task_id,
        map_index: instance.map_index,
        try_number: instance.try_number,
        max_tries: instance.max_tries,
        idempotency_key: instance.idempotency_key,
    }
}

fn raw_dates(dates: RunDates) -> raw_context::RunDates {
    raw_context::RunDates {
        logical_date: dates.logical_date,
        data_interval: dates.data_interval.map(|(start, end)| raw_context::Interval { start, end }),
        run_after: dates.run_after,
    }
}
