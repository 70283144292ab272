//! Fakes of what the registry asks others for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use semver::Version;
use tempfile::TempDir;

use super::compile::{CompileProblem, InProcessCompiler};
use super::ports::{Codegen, IndexError, Inspector, Naming, PluginIndex, Unnaming};
use super::record::{ComponentInterface, ComponentRecord, PathBuild, PluginRecord, PluginUser};
use super::{Parts, Registry};
use crate::clock::Clock;
use crate::contract::{Cardinality, Descriptor, Port, Problem, Request};
use crate::executor::Boxed;
use crate::executor::port::{Compiled, Ended, EngineKind, Job, JobReport, Sandbox};
use crate::ids::Digest;
use crate::lifecycle::launch::Usage;

/// Rows in memory, with the meaning that a database gives them.
#[derive(Default)]
pub(crate) struct MemoryIndex {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    components: BTreeMap<Digest, ComponentRecord>,
    plugins: BTreeMap<(String, Version), (Digest, Timestamp)>,
    builds: BTreeMap<PathBuf, PathBuild>,
    users: Vec<(Digest, PluginUser)>,
}

impl Rows {
    fn users_of(&self, digest: Digest) -> Vec<PluginUser> {
        self.users.iter().filter(|(used, _)| *used == digest).map(|(_, user)| user.clone()).collect()
    }

    fn record(&self, name: &str, version: &Version) -> Option<PluginRecord> {
        let (digest, registered_at) = self.plugins.get(&(name.to_owned(), version.clone()))?;
        let component = self.components.get(digest)?.clone();
        Some(PluginRecord { name: name.to_owned(), version: version.clone(), registered_at: *registered_at, component })
    }
}

impl MemoryIndex {
    pub(crate) fn add_user(&self, digest: Digest, user: PluginUser) {
        self.rows.lock().unwrap().users.push((digest, user));
    }
}

impl PluginIndex for MemoryIndex {
    fn keep_component(&self, component: &ComponentRecord) -> Result<(), IndexError> {
        let mut rows = self.rows.lock().unwrap();
        rows.components.entry(component.digest).or_insert_with(|| component.clone());
        Ok(())
    }

    fn component(&self, digest: Digest) -> Result<Option<ComponentRecord>, IndexError> {
        Ok(self.rows.lock().unwrap().components.get(&digest).cloned())
    }

    fn forget_component(&self, digest: Digest) -> Result<bool, IndexError> {
        let mut rows = self.rows.lock().unwrap();
        let has_name = rows.plugins.values().any(|(named, _)| *named == digest);
        let has_build = rows.builds.values().any(|build| build.digest == digest);
        if has_name || has_build || !rows.users_of(digest).is_empty() {
            return Ok(false);
        }
        rows.components.remove(&digest);
        Ok(true)
    }

    fn name_plugin(&self, plugin: &PluginRecord, replace: bool) -> Result<Naming, IndexError> {
        let mut rows = self.rows.lock().unwrap();
        let digest = plugin.component.digest;
        if !rows.components.contains_key(&digest) {
            return Err(IndexError("the component was not kept".into()));
        }
        let before = rows.record(&plugin.name, &plugin.version);
        let naming = match before {
            Some(before) if before.component.digest == digest => return Ok(Naming::Same(before.registered_at)),
            Some(before) if !replace => return Ok(Naming::Taken(before.component.digest)),
            Some(before) => Naming::Replaced(before.component.digest),
            None => Naming::New,
        };
        rows.plugins.insert((plugin.name.clone(), plugin.version.clone()), (digest, plugin.registered_at));
        Ok(naming)
    }

    fn unname_plugin(&self, name: &str, version: &Version) -> Result<Unnaming, IndexError> {
        let mut rows = self.rows.lock().unwrap();
        let Some(record) = rows.record(name, version) else { return Ok(Unnaming::Absent) };
        let users = rows.users_of(record.component.digest);
        if !users.is_empty() {
            return Ok(Unnaming::InUse(users));
        }
        rows.plugins.remove(&(name.to_owned(), version.clone()));
        Ok(Unnaming::Removed)
    }

    fn plugins(&self) -> Result<Vec<PluginRecord>, IndexError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.plugins.keys().filter_map(|(name, version)| rows.record(name, version)).collect())
    }

    fn users_of(&self, digest: Digest) -> Result<Vec<PluginUser>, IndexError> {
        Ok(self.rows.lock().unwrap().users_of(digest))
    }

    fn keep_path_build(&self, build: &PathBuild) -> Result<(), IndexError> {
        let mut rows = self.rows.lock().unwrap();
        if !rows.components.contains_key(&build.digest) {
            return Err(IndexError("the component was not kept".into()));
        }
        rows.builds.insert(build.path.clone(), build.clone());
        Ok(())
    }

    fn path_build(&self, path: &Path) -> Result<Option<PathBuild>, IndexError> {
        Ok(self.rows.lock().unwrap().builds.get(path).cloned())
    }
}

/// Takes what wasmparser takes as a component.
pub(crate) struct ParserInspector;

impl Inspector for ParserInspector {
    fn inspect(&self, wasm: &[u8]) -> Result<ComponentInterface, Problem> {
        if !wasm.starts_with(b"\0asm") {
            return Err(Problem::new("not-wasm", "it is not WebAssembly"));
        }
        if wasmparser::Parser::is_core_wasm(wasm) {
            return Err(Problem::new("core-module", "it is a core module, not a component"));
        }
        let mut validator = wasmparser::Validator::new();
        validator.validate_all(wasm).map_err(|error| Problem::new("invalid", error.to_string()))?;
        Ok(interface(&said(wasm).unwrap_or_default()))
    }
}

/// "Machine code" is the component with a word before it; counts how often it is made.
#[derive(Default)]
pub(crate) struct CountingCodegen {
    pub(crate) compiled: AtomicUsize,
}

impl Codegen for CountingCodegen {
    fn compatibility(&self, engine: EngineKind) -> String {
        format!("test/{}", engine.as_str())
    }

    fn compile(&self, engine: EngineKind, wasm: &[u8]) -> Result<Vec<u8>, CompileProblem> {
        self.compiled.fetch_add(1, Ordering::SeqCst);
        if wasm.windows(8).any(|window| window == b"too-hard") {
            return Err(CompileProblem::OutOfMemory { limit_bytes: 8 << 30 });
        }
        Ok([engine.as_str().as_bytes(), b":", wasm].concat())
    }
}

/// Describes a component by its custom section `describe`: `name version`, or how the call ends.
#[derive(Default)]
pub(crate) struct FakeSandbox {
    pub(crate) described: AtomicUsize,
}

impl Sandbox for FakeSandbox {
    fn run(&self, _job: Job) -> Boxed<JobReport> {
        Box::pin(async { JobReport { result: Err(Ended::Cancelled), usage: Usage::default() } })
    }

    fn describe(&self, component: Compiled) -> Boxed<Result<Descriptor, Ended>> {
        self.described.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let code =
                std::fs::read(&component.path).map_err(|error| Ended::Host(Problem::new("io", error.to_string())))?;
            let wasm = code.strip_prefix(b"pure:").ok_or_else(|| Ended::Host(Problem::new("code", "bad code")))?;
            match said(wasm).as_deref() {
                Some("never-ends") => Err(Ended::Timeout(Problem::new("timeout", "describe took longer than 10 s"))),
                Some("traps") => Err(Ended::Trap(Problem::new("unreachable", "describe trapped"))),
                Some(text) => Ok(descriptor(text)),
                None => Err(Ended::Refused(Problem::new("world", "it says nothing"))),
            }
        })
    }
}

fn said(wasm: &[u8]) -> Option<String> {
    wasmparser::Parser::new(0).parse_all(wasm).find_map(|payload| match payload {
        Ok(wasmparser::Payload::CustomSection(section)) if section.name() == "describe" => {
            Some(String::from_utf8_lossy(section.data()).into_owned())
        }
        _ => None,
    })
}

/// A component that describes itself as `text`: `name version` and perhaps more words, which only change its bytes.
pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!(r#"(component (@custom "describe" {text:?}))"#)).unwrap()
}

/// What [`FakeSandbox`] makes of `name version …`.
pub(crate) fn descriptor(text: &str) -> Descriptor {
    let mut words = text.split(' ');
    let name = words.next().unwrap_or_default().to_owned();
    let version = words.next().and_then(|word| word.parse().ok()).unwrap_or(Version::new(0, 0, 0));
    Descriptor {
        name,
        version,
        summary: "A test.".to_owned(),
        params_schema: serde_json::json!({"type": "object"}),
        result_schema: None,
        inputs: Vec::new(),
        outputs: vec![Port {
            name: "out".to_owned(),
            description: String::new(),
            media_type: None,
            cardinality: Cardinality::One,
        }],
        may_branch: false,
        requests: words.filter_map(request).collect(),
    }
}

/// `wants:KIND=VALUE`
fn request(word: &str) -> Option<Request> {
    let (kind, value) = word.strip_prefix("wants:")?.split_once('=')?;
    Some(Request { kind: kind.to_owned(), value: value.to_owned(), reason: String::new() })
}

/// The imports of what describes itself as `text`, by its words `imports:…` and `uses:…`.
fn interface(text: &str) -> ComponentInterface {
    let after = |start: &str| text.split(' ').filter_map(|word| word.strip_prefix(start)).map(str::to_owned).collect();
    ComponentInterface {
        exports: vec!["dagwood:task/task@0.1.0".to_owned()],
        task_imports: after("uses:"),
        granted_imports: after("imports:"),
        ..Default::default()
    }
}

/// A record as if `text` had been registered.
pub(crate) fn record(text: &str) -> PluginRecord {
    let wasm = component(text);
    let component = ComponentRecord {
        digest: Digest::of(&wasm),
        size_bytes: wasm.len() as u64,
        descriptor: Arc::new(descriptor(text)),
        interface: interface(text),
        registered_at: Timestamp::UNIX_EPOCH,
    };
    PluginRecord::of(component, Timestamp::UNIX_EPOCH)
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A registry over a home in a temporary folder.
pub(crate) struct Bench {
    pub(crate) home: TempDir,
    pub(crate) index: Arc<MemoryIndex>,
    pub(crate) codegen: Arc<CountingCodegen>,
    pub(crate) sandbox: Arc<FakeSandbox>,
    pub(crate) registry: Registry,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (index, codegen) = (Arc::new(MemoryIndex::default()), Arc::new(CountingCodegen::default()));
        let (home, sandbox) = (tempfile::tempdir().unwrap(), Arc::new(FakeSandbox::default()));
        let registry = Registry::new(home.path(), parts(&index, &codegen, &sandbox));
        Self { home, index, codegen, sandbox, registry }
    }

    /// What a later process would see: nothing is remembered but what is kept.
    pub(crate) fn another_process(&self) -> Registry {
        Registry::new(self.home.path(), self.parts())
    }

    /// What its registries are made of.
    pub(crate) fn parts(&self) -> Parts {
        parts(&self.index, &self.codegen, &self.sandbox)
    }

    pub(crate) fn times_compiled(&self) -> usize {
        self.codegen.compiled.load(Ordering::SeqCst)
    }

    pub(crate) fn times_described(&self) -> usize {
        self.sandbox.described.load(Ordering::SeqCst)
    }

    /// Files in the home, but for locks and the key.
    pub(crate) fn kept_files(&self) -> Vec<PathBuf> {
        let walk = walkdir::WalkDir::new(self.home.path()).sort_by_file_name().into_iter();
        let files = walk.map(Result::unwrap).filter(|entry| !entry.file_type().is_dir());
        let kept = files.filter(|entry| entry.file_name() != ".lock" && entry.file_name() != "compiled.key");
        kept.map(|entry| entry.into_path()).collect()
    }
}

fn parts(index: &Arc<MemoryIndex>, codegen: &Arc<CountingCodegen>, sandbox: &Arc<FakeSandbox>) -> Parts {
    Parts {
        index: Arc::clone(index) as Arc<dyn PluginIndex>,
        inspector: Arc::new(ParserInspector),
        compiler: Arc::new(InProcessCompiler::new(Arc::clone(codegen) as Arc<dyn Codegen>)),
        sandbox: Arc::clone(sandbox) as Arc<dyn Sandbox>,
        clock: Arc::new(StoppedClock),
        build_variables: std::env::vars_os().filter(|(name, _)| name != "CARGO_TARGET_DIR").collect(),
    }
}
