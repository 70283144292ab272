//! One case against a fresh host: registered, run beside a good task, measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use dagwood::compose::{CompileIn, Host, Options, RunRequest};
use dagwood::contract::Problem;
use dagwood::executor::Boxed;
use dagwood::executor::log::{Source, TryFiles, read_log};
use dagwood::ids::TaskId;
use dagwood::loader::{self, Build, LoadError};
use dagwood::registry::{RegisterOptions, RegistryError, SilentBuild};
use dagwood::sandbox::Resolve;
use dagwood::scheduler::Unobserved;
use dagwood::store::{InstanceRecord, RunRecord};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::case::{By, Case, Way};
use crate::common::web::Web;
use crate::guests::{beside, component, plugin};
use crate::measure::{held, peak_bytes, reset_peak, wait_until};
use crate::special;

/// What the guest's input says.
const INPUT: &str = "what it was given\n";
/// What a host itself may take while it runs a case, besides what it gives the guest: a debug build with its compiler in
/// another process.
const HOST_PEAK_BYTES: u64 = 192 << 20;
/// How long after its deadline a guest is over at the latest. A busy machine may be that late; the host looks every 10 ms.
const ENDED_WITHIN: Duration = Duration::from_secs(3);
/// What may stay of a case: pages that the allocator keeps.
const STAYS_BYTES: u64 = 32 << 20;

/// A fresh home, and what a case may ask for.
pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) web: Web,
    pub(crate) evil: Web,
}

/// How a case ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Refused { code: String, message: String },
    Invalid(String),
    Ran(Box<Ran>),
}

/// A run that came to its end.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) run: RunRecord,
    pub(crate) hostile: InstanceRecord,
    pub(crate) beside: Option<InstanceRecord>,
}

/// Tries a case, and holds everything against what it says.
pub(crate) fn try_case(case: &Case) {
    // Built and compiled before anything is measured.
    let (wasm, good) = (component(case), beside());
    let bench = Bench::new();
    warm_up(case, &good);
    let before = held("self");
    reset_peak();
    let began = Instant::now();
    match case.by {
        By::Running => {
            let ended = runtime().block_on(bench.run(case, wasm, Some(good)));
            check(case, &bench, &ended);
        }
        other => special::try_case(case, other, &bench, wasm),
    }
    let took = began.elapsed();
    #[allow(clippy::print_stderr, reason = "shown where a test is looked at")]
    {
        eprintln!("{}: {took:?}", case.name);
    }
    assert!(took < Duration::from_secs(case.within_s), "it took {took:?}");
    let given = memory(case);
    let peak = peak_bytes().saturating_sub(before.resident_bytes);
    assert!(peak <= given + HOST_PEAK_BYTES, "the host took {} MiB meanwhile", peak >> 20);
    let settled = wait_until(|| {
        let now = held("self");
        now.files <= before.files && now.resident_bytes <= before.resident_bytes + STAYS_BYTES
    });
    assert!(settled, "not all came back: before {before:?}, now {:?}", held("self"));
}

/// Does once what a process does once: child processes, signals, lazily made tables.
fn warm_up(case: &Case, good: &[u8]) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let plain =
            Case { name: "beside".to_owned(), operator: String::new(), task: toml::Table::new(), ..case.clone() };
        drop(runtime().block_on(Bench::new().run(&plain, good.to_vec(), None)));
    });
}

/// What the guest may have.
fn memory(case: &Case) -> u64 {
    // It is only asked what it is.
    if [Way::Refused, Way::Invalid].contains(&case.ends.way) {
        return 64 << 20;
    }
    let mebibytes = case.task.get("memory").and_then(|memory| memory.as_str()?.strip_suffix("MiB")?.parse().ok());
    mebibytes.unwrap_or(512_u64) << 20
}

/// A runtime of its own for each case: its threads go with it.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (folder, web, evil) = (tempfile::tempdir().unwrap(), Web::plain(), Web::plain());
        std::fs::write(folder.path().join("input.txt"), INPUT).unwrap();
        Self { folder, web, evil }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The host over this bench's home, with what the operator of the case says.
    pub(crate) fn host(&self, case: &Case) -> Host {
        let home = self.path("home");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("config.toml"), &case.operator).unwrap();
        let compile_in = CompileIn::ChildOf(env!("CARGO_BIN_EXE_dagwood").into());
        let compile_timeout = case.compile_timeout_s.map(Duration::from_secs);
        let resolver = Some(Arc::new(Changing::default()) as Arc<dyn Resolve>);
        Host::open(&home, Options { compile_in, compile_timeout, parallelism: Some(4), resolver }).unwrap()
    }

    /// Registers the guest and, if there is one, the good task; runs both in a DAG.
    pub(crate) async fn run(&self, case: &Case, wasm: Vec<u8>, good: Option<Vec<u8>>) -> Ended {
        let host = self.host(case);
        let options = RegisterOptions::default();
        if let Some(good) = good {
            host.registry.register_bytes("beside.wasm", good, options).await.unwrap();
        }
        let ended = match host.registry.register_bytes("guest.wasm", wasm, options).await {
            Err(error) => refused(&error),
            Ok(_) => self.run_registered(&host, case).await,
        };
        // What did not get to run had nobody beside it: the host is asked to do its work now.
        if matches!(ended, Ended::Refused { .. } | Ended::Invalid(_)) {
            self.runs_good(&host, case).await;
        }
        ended
    }

    /// Runs the good task alone, if it is registered.
    pub(crate) async fn runs_good(&self, host: &Host, case: &Case) {
        if host.registry.list().unwrap().iter().all(|plugin| plugin.name != "beside") {
            return;
        }
        let alone = Case { name: "beside".to_owned(), task: toml::Table::new(), ..case.clone() };
        let Ended::Ran(ran) = Box::pin(self.run_registered(host, &alone)).await else { panic!("it did not run") };
        check_good(&ran.hostile);
    }

    /// Runs the guest, which is registered, beside the good task, if that is.
    pub(crate) async fn run_registered(&self, host: &Host, case: &Case) -> Ended {
        let has_good = host.registry.list().unwrap().iter().any(|plugin| plugin.name == "beside");
        let path = self.dag(case, has_good && case.name != "beside");
        let loaded = loader::load(&host.registry, &host.grounds, &path, Build::Kept, Arc::new(SilentBuild)).await;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(LoadError::Diagnostics { diagnostics, .. }) => {
                let words: Vec<_> = diagnostics.into_iter().map(|wrong| wrong.message).collect();
                return Ended::Invalid(words.join("\n"));
            }
            Err(error) => panic!("{error}"),
        };
        let request = RunRequest { loaded, params: BTreeMap::new(), logical_date: None, resume: None };
        let (_cancel, cancelled) = tokio::sync::watch::channel(false);
        let finished = host.run(request, Arc::new(Unobserved), cancelled).await.unwrap();
        let run = host.store.run(finished.key).unwrap().unwrap();
        let mut instances: BTreeMap<String, InstanceRecord> = host
            .store
            .instances(finished.key)
            .unwrap()
            .into_iter()
            .map(|instance| (instance.task_id.to_string(), instance))
            .collect();
        let (hostile, beside) = (instances.remove("hostile").unwrap(), instances.remove("beside"));
        Ended::Ran(Box::new(Ran { run, hostile, beside }))
    }

    /// The DAG file of the case.
    fn dag(&self, case: &Case, good: bool) -> PathBuf {
        let path = self.path("dag.toml");
        std::fs::write(&path, self.dag_text(case, "case", good)).unwrap();
        path
    }

    /// A DAG of the case, with the good task beside it.
    pub(crate) fn dag_text(&self, case: &Case, id: &str, good: bool) -> String {
        let mut hostile = case.task.clone();
        hostile.insert("plugin".to_owned(), plugin(&case.name).into());
        if !self.is_text(case) {
            let input: toml::Table = [("file".to_owned(), "input.txt".into())].into_iter().collect();
            let inputs: toml::Table = [("data".to_owned(), input.into())].into_iter().collect();
            hostile.insert("inputs".to_owned(), inputs.into());
        }
        let mut tasks: toml::Table = [("hostile".to_owned(), hostile.into())].into_iter().collect();
        if good {
            let beside: toml::Table = [("plugin".to_owned(), "beside".into())].into_iter().collect();
            tasks.insert("beside".to_owned(), beside.into());
        }
        let dag: toml::Table = [("id".to_owned(), id.into()), ("tasks".to_owned(), tasks.into())].into_iter().collect();
        toml::to_string(&dag)
            .unwrap()
            .replace("{web}", &self.web.host())
            .replace("{evil}", &self.evil.host())
            .replace("{evil_port}", &self.evil.address.port().to_string())
    }

    /// Whether its guest is in text, and so has no ports.
    fn is_text(&self, case: &Case) -> bool {
        crate::case::folder().join(&case.name).join("guest.wat").exists()
    }
}

fn refused(error: &RegistryError) -> Ended {
    Ended::Refused { code: error.code().to_owned(), message: error.to_problem().message }
}

/// Holds the end of a case against what it says.
pub(crate) fn check(case: &Case, bench: &Bench, ended: &Ended) {
    let ends = &case.ends;
    let says = |message: &str| {
        for words in &ends.says {
            assert!(message.contains(words), "`{words}` is not in: {message}");
        }
    };
    let has_code = |code: &str| {
        assert_eq!(ends.code.as_deref(), Some(code), "{ended:?}");
    };
    match (ended, ends.way) {
        (Ended::Refused { code, message }, Way::Refused) => {
            has_code(code);
            says(message);
            assert!(message.len() < 4_096, "the words are too many: {} bytes", message.len());
        }
        (Ended::Invalid(message), Way::Invalid) => says(message),
        (Ended::Ran(ran), Way::Failed | Way::Success) => {
            let state = ran.hostile.state.to_string();
            let expected = if ends.way == Way::Failed { "failed" } else { "success" };
            assert_eq!(state, expected, "{:?}", ran.hostile.problem);
            if ends.way == Way::Failed {
                let problem = ran.hostile.problem.as_ref().expect("a failure has a problem");
                has_code(&problem.code);
                says(&problem.message);
                is_short(problem);
            }
            check_time(case, ran);
            check_value(case, ran);
            check_log(case, bench, ran);
            check_published(case, bench, ran);
            match &ran.beside {
                Some(beside) => check_good(beside),
                None => assert!(case.name == "beside" || case.by != By::Running),
            }
        }
        (_, _) => panic!("it ended otherwise: {ended:?}"),
    }
    if ends.evil_hears_nothing {
        assert_eq!(bench.evil.heard(), Vec::<String>::new());
    }
}

fn is_short(problem: &Problem) {
    assert!(problem.message.len() < 20_000, "the words are too many: {} bytes", problem.message.len());
}

fn check_value(case: &Case, ran: &Ran) {
    let Some(expected) = &case.ends.value else { return };
    assert_eq!(&ran.hostile.value.clone().unwrap_or(Value::Null), expected);
}

/// How soon the host ended it: what has a deadline is over soon after it.
fn check_time(case: &Case, ran: &Ran) {
    let timeout = case.task.get("execution_timeout").and_then(|text| text.as_str()?.strip_suffix('s')?.parse().ok());
    let (Some(timeout), Some("deadline")) = (timeout.map(Duration::from_secs), case.ends.code.as_deref()) else {
        return;
    };
    let (began, ended) = (ran.hostile.start_date.unwrap(), ran.hostile.end_date.unwrap());
    let took = Duration::try_from(ended.duration_since(began)).unwrap();
    assert!(took >= timeout && took < timeout + ENDED_WITHIN, "it had {timeout:?} and took {took:?}");
}

fn check_log(case: &Case, bench: &Bench, ran: &Ran) {
    let ends = &case.ends;
    let home = bench.path("home");
    let logs = home.join("logs");
    let (dag, run, task) = (&ran.run.dag_id, &ran.run.run_id, TaskId::new("hostile").unwrap());
    let files = TryFiles::of(&logs, dag, run, &task, ran.hostile.try_number);
    if let Some(most) = ends.log_most_bytes {
        let size = std::fs::metadata(&files.log).unwrap().len();
        assert!(size <= most, "the log has {size} bytes");
    }
    for line in read_log(&files.log).unwrap().into_iter().flatten().map(Result::unwrap) {
        let lies = ends.host_never_said.iter().any(|words| line.message.contains(words));
        assert!(!(lies && line.source == Source::Host), "{line:?}");
    }
    if let Some(most) = ends.metrics_at_most {
        let kept = ran.hostile.metrics.len();
        assert!(kept > 0 && kept <= most, "{kept} series are kept");
    }
    if ends.log.is_empty() && ends.log_never.is_empty() {
        return;
    }
    let printed = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dagwood"));
        let output = command.arg("--home").arg(&home).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let (dag, run) = (dag.as_str(), run.as_str());
    let log = printed(&["logs", dag, run, "hostile"]);
    let shown = printed(&["runs", "show", dag, run]) + &printed(&["runs", "show", dag, run, "hostile"]);
    let mut elsewhere = String::new();
    if case.listed {
        let plugin = plugin(&case.name);
        elsewhere += &printed(&["plugin", "list"]);
        elsewhere += &printed(&["plugin", "inspect", &plugin]);
        elsewhere += &printed(&["artifacts", "list", run]);
        elsewhere += &printed(&["explain", dag, run, "hostile"]);
        elsewhere += &printed(&["runs", "list", dag]);
    }
    for words in &ends.log {
        assert!(log.contains(words), "`{words}` is not in the log");
    }
    for never in &ends.log_never {
        let reached = [&log, &shown, &elsewhere].into_iter().any(|text| text.contains(never));
        assert!(!reached, "{never:?} reached the terminal");
    }
}

fn check_published(case: &Case, bench: &Bench, ran: &Ran) {
    let ends = &case.ends;
    if let Some(bytes) = ends.published_bytes {
        let published: u64 = ran.hostile.outputs.iter().map(|output| output.artifact.size_bytes).sum();
        assert_eq!(published, bytes);
    }
    let artifacts = files_below(&bench.path("home/artifacts"));
    for never in &ends.published_never {
        let has =
            |path: &PathBuf| std::fs::read(path).unwrap().windows(never.len()).any(|piece| piece == never.as_bytes());
        assert!(!artifacts.iter().any(has), "`{never}` was published");
    }
    if ends.input_stays {
        assert_eq!(std::fs::read_to_string(bench.path("input.txt")).unwrap(), INPUT);
        let kept = artifacts.iter().filter(|path| std::fs::read_to_string(path).is_ok_and(|text| text == INPUT));
        assert_eq!(kept.count(), 1, "the input is kept as it was");
    }
    // Nothing of a try is left in its folders.
    assert_eq!(files_below(&bench.path("home/scratch")), Vec::<PathBuf>::new());
    assert!(!bench.path("escaped").exists() && !bench.path("home/escaped").exists());
}

fn check_good(good: &InstanceRecord) {
    assert_eq!(good.state.to_string(), "success", "{:?}", good.problem);
    assert_eq!(good.value, Some(json!({ "sum": GOOD_SUM, "same": true })));
    assert_eq!((good.try_number, good.outputs.len()), (1, 1));
}

/// What the good task computes.
const GOOD_SUM: &str = "14454715117401947521";

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else if !is_lock(&entry.file_name().to_string_lossy()) {
            files.push(entry.path());
        }
    }
    files
}

/// The host's own files, by which processes find each other.
fn is_lock(name: &str) -> bool {
    let stem = name.strip_suffix(".lock");
    name == "lock" || stem.is_some_and(|stem| stem.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Names lead to this machine, but for one that changes: at its first look it leads nowhere.
#[derive(Debug, Default)]
struct Changing {
    asked: AtomicBool,
}

impl Resolve for Changing {
    fn resolve(&self, host: &str, port: u16) -> Boxed<std::io::Result<Vec<std::net::SocketAddr>>> {
        let nowhere = host == "changing.example" && !self.asked.swap(true, Ordering::SeqCst);
        let addresses = if nowhere { Vec::new() } else { vec![([127, 0, 0, 1], port).into()] };
        Box::pin(async move { Ok(addresses) })
    }
}
