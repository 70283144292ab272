//! Cases that a run alone cannot show.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use dagwood::contract::Invocation;
use dagwood::executor::granted::Granted;
use dagwood::executor::port::{
    Compiled, Ended as CallEnded, EngineKind, Folders, Job, Level, Sandbox, TaskContext, Watcher, WorkPaths,
};
use dagwood::ids::Digest;
use dagwood::lifecycle::launch::RunDates;
use dagwood::limits::TaskLimits;
use dagwood::registry::RegisterOptions;
use dagwood::sandbox::{SandboxConfig, WasmtimeSandbox, compile};
use serde_json::json;
use tokio::sync::watch;

use crate::bench::{Bench, Ended, check, files_below, runtime};
use crate::case::{By, Case};
use crate::common;
use crate::guests::beside;

/// Tries a case in its own way.
pub(crate) fn try_case(case: &Case, by: By, bench: &Bench, wasm: Vec<u8>) {
    match by {
        By::Running => check(case, bench, &runtime().block_on(bench.run(case, wasm, None))),
        By::SmallDisk => small_disk(case, wasm),
        By::Cancelling => cancelling(bench, &wasm),
        By::Truncating => truncating(case, bench, &wasm),
        By::Precompiling => {
            let code = compile(EngineKind::Pure, &wasm).unwrap();
            check(case, bench, &runtime().block_on(bench.run(case, code, Some(beside()))));
        }
        By::DescribingTwice => describing_twice(case, &wasm),
        By::Flipping => changed_code(case, bench, wasm, flip),
        By::Planting => changed_code(case, bench, wasm, plant),
    }
}

/// With the program itself, in a namespace that has a small disk.
fn small_disk(case: &Case, wasm: Vec<u8>) {
    let bench = common::Bench::new();
    bench.write("guest.wasm", wasm);
    let plugin = format!("case-{}", case.name);
    let dag = format!("id = 'case'\n[tasks.hostile]\nplugin = '{plugin}'\n");
    bench.write("dag.toml", dag);
    let script = "dagwood plugin register guest.wasm >&2 && dagwood run dag.toml --json";
    let Some(ran) = common::on_small_disk(&bench, script) else { return };
    let document = ran.exits(1).json();
    let error = &common::instance(&document, "hostile")["error"];
    assert_eq!(error["code"].as_str(), case.ends.code.as_deref(), "{error}");
    for words in &case.ends.says {
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
}

/// Ten thousand tries of one sandbox, eight at a time, each cancelled as soon as it says that it computes.
fn cancelling(bench: &Bench, wasm: &[u8]) {
    const TRIES: usize = 10_000;
    let config = SandboxConfig { slots: 8, threads: 2, ..SandboxConfig::default() };
    let sandbox = Arc::new(WasmtimeSandbox::new(config).unwrap());
    let path = bench.path("code");
    std::fs::write(&path, compile(EngineKind::Pure, wasm).unwrap()).unwrap();
    let compiled = Compiled { digest: Digest::of(wasm), path, engine: EngineKind::Pure };
    let runtime = runtime();
    let held = |sandbox: &Arc<WasmtimeSandbox>, tries: std::ops::Range<usize>| {
        runtime.block_on(async {
            let mut running = tokio::task::JoinSet::new();
            for at in tries {
                if running.len() >= 8 {
                    running.join_next().await.unwrap().unwrap();
                }
                running.spawn(cancelled_try(Arc::clone(sandbox), compiled.clone(), bench.path(&format!("tries/{at}"))));
            }
            while let Some(ended) = running.join_next().await {
                ended.unwrap();
            }
        });
        crate::measure::held("self")
    };
    // What is made once, as the pool's memory, is there after a few. Threads come and go with what runs at once.
    let warm = held(&sandbox, 0..200);
    let after = held(&sandbox, 200..TRIES);
    assert!(after.files <= warm.files && after.threads <= warm.threads + 8, "warm {warm:?}, after {after:?}");
    assert!(after.resident_bytes <= warm.resident_bytes + (16 << 20), "warm {warm:?}, after {after:?}");
}

async fn cancelled_try(sandbox: Arc<WasmtimeSandbox>, component: Compiled, folder: PathBuf) {
    let (cancel, cancelled) = watch::channel(false);
    let (ready, is_ready) = channel();
    let (out, tmp) = (folder.join("out"), folder.join("tmp"));
    std::fs::create_dir_all(&out).unwrap();
    std::fs::create_dir_all(&tmp).unwrap();
    let job = Job {
        component,
        invocation: Invocation { params: json!({}), inputs: Vec::new(), values: Vec::new(), seed: 1, resume: None },
        context: TaskContext {
            dag_id: "case".to_owned(),
            run_id: "run".to_owned(),
            task_id: "hostile".to_owned(),
            try_number: 1,
            max_tries: 1,
            idempotency_key: "key".to_owned(),
            dates: RunDates { logical_date: None, data_interval: None, run_after: jiff::Timestamp::UNIX_EPOCH },
        },
        folders: Folders { inputs: Vec::new(), work: Arc::new(WorkPaths { out, tmp }) },
        granted: Granted::default(),
        limits: TaskLimits::default(),
        pure: true,
        cancel: cancelled,
        watcher: Arc::new(Ready(ready)),
    };
    let running = tokio::spawn(sandbox.run(job));
    tokio::task::spawn_blocking(move || is_ready.recv()).await.unwrap().unwrap();
    cancel.send(true).unwrap();
    let report = running.await.unwrap();
    assert!(matches!(report.result, Err(CallEnded::Cancelled)), "{report:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Tells when a guest said something.
struct Ready(Sender<()>);

impl Watcher for Ready {
    fn log(&self, _level: Level, _message: &str, _fields: &[(String, String)]) {
        let _ = self.0.send(());
    }
    fn host(&self, _level: Level, _message: &str) {}
    fn stdout(&self, _bytes: &[u8]) {}
    fn stderr(&self, _bytes: &[u8]) {}
    fn progress(&self, _done: u64, _total: Option<u64>, _message: &str) {}
    fn metric(&self, _name: &str, _step: u64, _value: f64) {}
}

/// At every hundredth of its length.
fn truncating(case: &Case, bench: &Bench, wasm: &[u8]) {
    runtime().block_on(async {
        let host = bench.host(case);
        for part in 0..100 {
            let cut = wasm[..wasm.len() * part / 100].to_vec();
            let error = host.registry.register_bytes("guest.wasm", cut, RegisterOptions::default()).await.unwrap_err();
            assert!(["not-wasm", "truncated", "invalid", "wrong-world"].contains(&error.code()), "{part}: {error}");
        }
        assert_eq!(host.registry.list().unwrap(), []);
        assert_eq!(files_below(&bench.path("home/plugins")), Vec::<PathBuf>::new());
    });
}

/// In two homes, so that nothing is known from the first time.
fn describing_twice(case: &Case, wasm: &[u8]) {
    let says = || {
        let bench = Bench::new();
        runtime().block_on(async {
            let host = bench.host(case);
            let registered =
                host.registry.register_bytes("guest.wasm", wasm.to_vec(), RegisterOptions::default()).await;
            let first = registered.unwrap().plugin;
            let again = host.registry.register_bytes("guest.wasm", wasm.to_vec(), RegisterOptions::default()).await;
            assert_eq!(again.unwrap().plugin, first, "it is not asked again");
            first.component.descriptor.summary.clone()
        })
    };
    assert_eq!(says(), says(), "it has nothing to change by");
}

/// Registered and run once, so that its code is kept; changed; run by a host that starts anew.
fn changed_code(case: &Case, bench: &Bench, wasm: Vec<u8>, change: fn(&[PathBuf])) {
    let first = runtime().block_on(bench.run(case, wasm, Some(beside())));
    assert_success(&first);
    let code: Vec<PathBuf> = files_below(&bench.path("home/compiled"));
    assert!(code.len() >= 2, "{code:?}");
    let before: Vec<Vec<u8>> = code.iter().map(|path| std::fs::read(path).unwrap()).collect();
    change(&code);
    let ended = runtime().block_on(async {
        let host = bench.host(case);
        bench.run_registered(&host, case).await
    });
    check(case, bench, &ended);
    let after: Vec<Vec<u8>> = code.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(before == after, "it was compiled anew, to the same code");
}

fn assert_success(ended: &Ended) {
    assert!(matches!(ended, Ended::Ran(ran) if ran.hostile.state.to_string() == "success"), "{ended:?}");
}

/// One bit in the middle of each.
fn flip(code: &[PathBuf]) {
    for path in code {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        rewrite(path, &bytes);
    }
}

/// Each gets the next one's, seal and all.
fn plant(code: &[PathBuf]) {
    let all: Vec<Vec<u8>> = code.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for (at, path) in code.iter().enumerate() {
        rewrite(path, &all[(at + 1) % all.len()]);
    }
}

/// In place, as whoever can write there would.
fn rewrite(path: &PathBuf, bytes: &[u8]) {
    let mut permissions = std::fs::metadata(path).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "of this user's file in a temporary folder")]
    permissions.set_readonly(false);
    std::fs::set_permissions(path, permissions).unwrap();
    let file: File = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    file.write_all_at(bytes, 0).unwrap();
}
