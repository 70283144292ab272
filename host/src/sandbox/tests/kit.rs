//! Components from text, and a sandbox to run them in.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::contract::{Descriptor, Invocation};
use crate::executor::granted::Granted;
use crate::executor::port::{
    Compiled, Ended, EngineKind, Folders, Job, JobReport, Level, Sandbox, TaskContext, Watcher, WorkPaths,
};
use crate::ids::Digest;
use crate::lifecycle::launch::RunDates;
use crate::limits::TaskLimits;
use crate::sandbox::{SandboxConfig, WasmtimeSandbox, compile};

const WIT: &str = include_str!("../../../../wit/dagwood_task@0.1.0/task.wit");

/// One sandbox for all tests: each would set address space aside.
pub(super) static SANDBOX: LazyLock<WasmtimeSandbox> =
    LazyLock::new(|| WasmtimeSandbox::new(SandboxConfig { slots: 8, threads: 2, ..SandboxConfig::default() }).unwrap());

/// A core module that implements the interface: the parts that matter to a test, and defaults for the rest.
pub(super) struct Core {
    /// Imports and anything else that comes first.
    pub(super) head: &'static str,
    /// The memory.
    pub(super) memory: &'static str,
    /// The body of `describe`; it leaves the address of a descriptor.
    pub(super) describe: &'static str,
    /// The body of `run`; it leaves the address of an answer.
    pub(super) run: &'static str,
    /// Further functions and data.
    pub(super) more: &'static str,
    /// What the descriptor says.
    pub(super) says: Says,
}

/// What the default descriptor says.
pub(super) struct Says {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) schema: String,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            head: "",
            memory: r#"(memory (export "memory") 2)"#,
            describe: "(i32.const 512)",
            run: "(i32.const 1024)",
            more: "",
            says: Says { name: "probe", version: "1.2.3", schema: "{}".to_owned() },
        }
    }
}

fn bytes(numbers: &[u32]) -> String {
    numbers.iter().flat_map(|number| number.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

impl Core {
    /// As text. A descriptor lies at 512, the answer `done("{}")` at 1024, texts from 2048 on.
    pub(super) fn text(&self) -> String {
        let Says { name, version, schema } = &self.says;
        let length = |text: &str| u32::try_from(text.len()).unwrap();
        let descriptor = bytes(&[2100, length(name), 2300, length(version), 2048, 0, 8192, length(schema)]);
        let escaped: String = schema.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        format!(
            r#"(module
              {head}
              {memory}
              (global $next (mut i32) (i32.const 65536))
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                (global.get $next)
                (global.set $next (i32.add (global.get $next) (local.get 3))))
              (func $describe (export "dagwood:task/task@0.1.0#describe") (result i32) {describe})
              (func $run (export "dagwood:task/task@0.1.0#run")
                (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32) {run})
              (data (i32.const 512) "{descriptor}")
              (data (i32.const 1040) "{answer}")
              (data (i32.const 2048) "{{}}")
              (data (i32.const 2100) "{name}")
              (data (i32.const 2300) "{version}")
              (data (i32.const 8192) "{escaped}")
              {more})"#,
            head = self.head,
            memory = self.memory,
            describe = self.describe,
            run = self.run,
            answer = bytes(&[2048, 2]),
            more = self.more,
        )
    }

    /// As a component.
    pub(super) fn component(&self) -> Vec<u8> {
        component_of(&self.text(), WIT)
    }
}

/// A component of a core module in a world.
pub(super) fn component_of(core: &str, wit: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("task.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// The interface's text.
pub(super) fn wit() -> &'static str {
    WIT
}

/// A compiled component in a folder of its own.
pub(super) struct Ready {
    pub(super) compiled: Compiled,
    pub(super) folder: TempDir,
}

/// Compiles for the pure engine.
pub(super) fn ready(wasm: &[u8]) -> Ready {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("code");
    std::fs::write(&path, compile(EngineKind::Pure, wasm).unwrap()).unwrap();
    Ready { compiled: Compiled { digest: Digest::of(wasm), path, engine: EngineKind::Pure }, folder }
}

/// A line of the log: level, message, fields.
pub(super) type Line = (Level, String, Vec<(String, String)>);

/// What a guest said.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<(String, u64, f64)>,
}

/// Keeps what a guest says; tells when nobody can say anything more.
pub(super) struct Recorder {
    pub(super) heard: Arc<Mutex<Heard>>,
    gone: Sender<()>,
    spoke: Sender<()>,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.gone.send(());
    }
}

impl Watcher for Recorder {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        self.heard.lock().unwrap().lines.push((level, message.to_owned(), fields.to_vec()));
        let _ = self.spoke.send(());
    }
    fn host(&self, level: Level, message: &str) {
        self.log(level, message, &[]);
    }
    fn stdout(&self, _bytes: &[u8]) {}
    fn stderr(&self, _bytes: &[u8]) {}
    fn progress(&self, _done: u64, _total: Option<u64>, _message: &str) {}
    fn metric(&self, name: &str, step: u64, value: f64) {
        self.heard.lock().unwrap().points.push((name.to_owned(), step, value));
    }
}

/// A call that can be changed before it is made.
pub(super) struct Prepared {
    pub(super) job: Job,
    pub(super) heard: Arc<Mutex<Heard>>,
    /// Gives the cancel.
    pub(super) cancel: watch::Sender<bool>,
    /// Hears when the guest's store is gone.
    pub(super) gone: Receiver<()>,
    /// Hears each line of the log.
    pub(super) spoke: Receiver<()>,
    _folder: TempDir,
}

/// A call of `run` of a component.
pub(super) fn prepare(wasm: &[u8]) -> Prepared {
    let Ready { compiled, folder } = ready(wasm);
    let heard = Arc::<Mutex<Heard>>::default();
    let (gone_sender, gone) = channel();
    let (spoke_sender, spoke) = channel();
    let recorder = Recorder { heard: Arc::clone(&heard), gone: gone_sender, spoke: spoke_sender };
    let (cancel, cancelled) = watch::channel(false);
    let job = Job {
        granted: Granted::default(),
        component: compiled,
        invocation: Invocation { params: json!({}), inputs: Vec::new(), values: Vec::new(), seed: 7, resume: None },
        context: TaskContext {
            dag_id: "dag".to_owned(),
            run_id: "run".to_owned(),
            task_id: "task".to_owned(),
            try_number: 1,
            max_tries: 1,
            idempotency_key: "key".to_owned(),
            dates: RunDates { logical_date: None, data_interval: None, run_after: jiff::Timestamp::UNIX_EPOCH },
        },
        folders: Folders {
            inputs: Vec::new(),
            work: Arc::new(WorkPaths { out: folder.path().join("out"), tmp: folder.path().join("tmp") }),
        },
        limits: TaskLimits::default(),
        pure: true,
        cancel: cancelled,
        watcher: Arc::new(recorder),
    };
    Prepared { job, heard, cancel, gone, spoke, _folder: folder }
}

impl Prepared {
    /// Ends the call that soon.
    pub(super) fn within(mut self, timeout: Duration) -> Self {
        self.job.limits.execution_timeout = timeout;
        self
    }

    /// Makes the call.
    pub(super) fn report(self) -> JobReport {
        block_on(SANDBOX.run(self.job))
    }
}

/// Calls `run` of such a component.
pub(super) fn run(core: &Core) -> JobReport {
    prepare(&core.component()).report()
}

/// Calls `describe` of such a component.
pub(super) fn describe(core: &Core) -> Result<Descriptor, Ended> {
    let ready = ready(&core.component());
    block_on(SANDBOX.describe(ready.compiled.clone()))
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The code of whatever ended a call.
pub(super) fn code(report: &JobReport) -> &str {
    match &report.result {
        Ok(_) => "answered",
        Err(Ended::Cancelled) => "cancelled",
        Err(
            Ended::Trap(problem)
            | Ended::Timeout(problem)
            | Ended::Refused(problem)
            | Ended::NotLoaded(problem)
            | Ended::Host(problem)
            | Ended::Limit { problem, .. },
        ) => &problem.code,
    }
}
