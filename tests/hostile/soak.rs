//! All cases against a running server, a thousand tries and more: what it holds must not grow.
//!
//! `cargo test -p dagwood --test hostile -- --ignored soak` prints what the server held after each round. The first
//! rounds fill what is made once: pools, caches, compiled code.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bench::{Bench, files_below};
use crate::case::{By, Case, Way};
use crate::guests::{beside, component};
use crate::measure::{Held, held, wait_until};

/// Tries, those of the good tasks not counted.
const TRIES: usize = 1_000;
/// Rounds that fill what is made once.
const WARM_ROUNDS: usize = 3;
/// What the memory may differ by: the allocator gives back when it likes.
const GROWTH_BYTES: u64 = 24 << 20;
/// Runs at once.
const AT_ONCE: usize = 4;

/// The server, which ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it.
pub(crate) fn soak() -> Result<(), libtest_mimic::Failed> {
    let bench = Bench::new();
    let home = bench.path("home");
    let dags = bench.path("dags");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(&dags).unwrap();
    let operator =
        "allow.env = ['LANG']\nallow.http = ['*:*', 'http://*:*', { to = 'http://localhost:*', private = true }]\n";
    std::fs::write(home.join("config.toml"), operator).unwrap();
    std::fs::copy(bench.path("input.txt"), dags.join("input.txt")).unwrap();
    register(&home, &bench.path("beside.wasm"), &beside());
    let cases = prepared(&bench, &home, &dags);
    let refused = refused(&bench);
    let server = serve(&home, &dags, &cases);
    let rounds = TRIES.div_ceil(cases.len());
    let mut seen: Vec<Held> = Vec::new();
    for round in 1..=rounds {
        play(&home, &cases);
        for file in &refused {
            let output = dagwood(&home, &["plugin", "register", file.to_str().unwrap()]).output().unwrap();
            assert_eq!(
                output.status.code(),
                Some(2),
                "{}: {}",
                file.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let quiet = || files_below(&home.join("scratch")).is_empty();
        assert!(wait_until(quiet), "files are left: {:?}", files_below(&home.join("scratch")));
        let now = settled(&server, seen.last());
        tell(&format!(
            "round {round} of {rounds}: {} tries, {} MiB, {now:?}",
            round * (cases.len() + refused.len()),
            now.resident_bytes >> 20
        ));
        seen.push(now);
    }
    let (warm, last) = (seen[WARM_ROUNDS], seen[seen.len() - 1]);
    assert!(last.files <= warm.files, "open files grow: {seen:?}");
    assert!(last.threads <= warm.threads, "threads grow: {seen:?}");
    assert!(last.resident_bytes <= warm.resident_bytes + GROWTH_BYTES, "memory grows: {seen:?}");
    Ok(())
}

/// What the server holds when it is idle: as much as after the round before, or what it then still holds.
fn settled(server: &Server, before: Option<&Held>) -> Held {
    let pid = server.0.id().to_string();
    if let Some(before) = before {
        wait_until(|| held(&pid).files <= before.files && held(&pid).threads <= before.threads);
    }
    held(&pid)
}

/// The components that must not be registered, as files. Those that hold a compiler or `describe` for seconds are tried
/// once elsewhere.
fn refused(bench: &Bench) -> Vec<PathBuf> {
    let quick = |case: &Case| case.ends.way == Way::Refused && case.by == By::Running && case.within_s == 60;
    let cases = Case::all().into_iter().filter(|case| quick(case) && case.compile_timeout_s.is_none());
    let written = cases.map(|case| {
        let path = bench.path(&format!("refused-{}.wasm", case.name));
        std::fs::write(&path, component(&case)).unwrap();
        path
    });
    written.collect()
}

/// Registers every guest that can be registered and writes its DAG.
fn prepared(bench: &Bench, home: &Path, dags: &Path) -> Vec<Case> {
    let runs = |case: &Case| {
        matches!(case.ends.way, Way::Failed | Way::Success)
            && [By::Running, By::Flipping, By::Planting].contains(&case.by)
    };
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| runs(case) && case.name != "beside").collect();
    let prepare = |case: &Case| {
        register(home, &bench.path("guest.wasm"), &component(case));
        let id = dag(case);
        let text = bench.dag_text(case, &id, true);
        std::fs::write(dags.join(format!("{id}.toml")), text).unwrap();
    };
    cases.iter().for_each(prepare);
    cases
}

fn dag(case: &Case) -> String {
    format!("case-{}", case.name)
}

fn register(home: &Path, file: &Path, wasm: &[u8]) {
    std::fs::write(file, wasm).unwrap();
    let output = dagwood(home, &["plugin", "register", file.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn dagwood(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dagwood"));
    command.arg("--home").arg(home).args(args).stdin(Stdio::null());
    command
}

/// A server that knows all DAGs.
fn serve(home: &Path, dags: &Path, cases: &[Case]) -> Server {
    let mut command = dagwood(home, &["serve", "--dags", dags.to_str().unwrap()]);
    let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let knows_all = || {
        let output = dagwood(home, &["dag", "list", "--json"]).output().unwrap();
        let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        list["total_entries"].as_u64() == Some(cases.len() as u64)
    };
    assert!(wait_until(knows_all), "the server does not know all DAGs");
    server
}

/// Runs each DAG once, some at a time, to its end.
fn play(home: &Path, cases: &[Case]) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let name = &dag(case);
                    let run = printed(home, &["trigger", name, "--wait", "--json"]);
                    let shown = printed(home, &["runs", "show", name, run["run_id"].as_str().unwrap(), "--json"]);
                    let good = &crate::common::instance(&shown, "beside")["state"];
                    let hostile = crate::common::instance(&shown, "hostile");
                    assert_eq!(hostile["error"]["code"].as_str(), case.ends.code.as_deref(), "{name}: {hostile}");
                    assert_eq!(good, "success", "the good task beside {name}");
                }
            });
        }
    });
}

/// The document that a command prints; a run that failed is as good as any here.
fn printed(home: &Path, args: &[&str]) -> serde_json::Value {
    let output = dagwood(home, args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {:?} {said}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
}

#[allow(clippy::print_stderr, reason = "its figures are what it is for")]
fn tell(words: &str) {
    eprintln!("{words}");
}
