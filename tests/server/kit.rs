//! A server that is under way, and looks at what its home holds.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::common::{Bench, Ran, instance};

/// After so long a test that waits has failed. Far longer than anything takes, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(180);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until there is something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it never came to this: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// What the server says on standard error, as it comes.
#[derive(Default)]
struct Said {
    text: Mutex<(String, bool)>,
    more: Condvar,
}

impl Said {
    fn read(&self, words: ChildStderr) {
        let mut words = BufReader::new(words);
        let mut line = String::new();
        while words.read_line(&mut line).is_ok_and(|read| read > 0) {
            self.text.lock().unwrap_or_else(PoisonError::into_inner).0.push_str(&line);
            self.more.notify_all();
            line.clear();
        }
        self.text.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.more.notify_all();
    }
}

/// A server on a bench's home and its folder `dags`. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    said: Arc<Said>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that is ready.
    #[track_caller]
    pub(crate) fn start(bench: &Bench) -> Self {
        Self::with(bench, &[])
    }

    /// As [`Server::start`], with further arguments.
    #[track_caller]
    pub(crate) fn with(bench: &Bench, args: &[&str]) -> Self {
        let server = Self::begin(bench, args);
        server.until("ready: ");
        server
    }

    /// A server that may not be ready yet.
    pub(crate) fn begin(bench: &Bench, args: &[&str]) -> Self {
        std::fs::create_dir_all(bench.path("dags")).unwrap();
        Self::of(bench.command(["serve", "--dags", "dags"].iter().chain(args)))
    }

    /// The process that this starts.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::<Said>::default();
        let (words, to) = (child.stderr.take().unwrap(), Arc::clone(&said));
        let reader = Some(std::thread::spawn(move || to.read(words)));
        Self { child, said, reader }
    }

    /// Waits until it has said `words`, ever.
    #[track_caller]
    pub(crate) fn until(&self, words: &str) {
        self.until_times(words, 1);
    }

    /// Waits until it has said `words` so often.
    #[track_caller]
    pub(crate) fn until_times(&self, words: &str, times: usize) {
        let until = Instant::now() + DEADLINE;
        let mut text = self.said.text.lock().unwrap_or_else(PoisonError::into_inner);
        while text.0.matches(words).count() < times {
            assert!(!text.1 && Instant::now() < until, "it has not said `{words}` {times} times:\n{}", text.0);
            text = self.said.more.wait_timeout(text, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All that it has said.
    pub(crate) fn said(&self) -> String {
        self.said.text.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let stderr = self.said().into_bytes();
        Ran::from(std::process::Output { status, stdout: Vec::new(), stderr })
    }

    /// `kill -9`; gives what it had said.
    pub(crate) fn kill(self) -> String {
        self.signal(Signal::KILL);
        let ran = self.end();
        assert_eq!(ran.code, -9, "it ended by itself:\n{}", ran.stderr);
        ran.stderr
    }

    /// Stops it in good order.
    #[track_caller]
    pub(crate) fn stop(self) -> Ran {
        self.signal(Signal::TERM);
        self.end().exits(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts a DAG file of these lines into the served folder, whole at once.
pub(crate) fn serve(bench: &Bench, name: &str, lines: &str) {
    let whole = bench.dag(&format!("beside/{name}"), lines);
    std::fs::create_dir_all(bench.path("dags")).unwrap();
    std::fs::rename(whole, bench.path(&format!("dags/{name}"))).unwrap();
}

/// Writes the home's `config.toml`.
pub(crate) fn configure(bench: &Bench, config: &str) {
    let path = bench.home().join("config.toml");
    std::fs::write(&path, config).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A server's home, with DAG files in its folder.
pub(crate) fn bench(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::seeded();
    for (name, lines) in files {
        serve(&bench, name, lines);
    }
    bench
}

/// Calls that change something are made beside a server, or while there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    AServer,
    Nobody,
}

impl Beside {
    /// Has the DAG files read by a server, which then stays or not.
    #[track_caller]
    pub(crate) fn serve(self, bench: &Bench) -> Option<Server> {
        self.leave(Server::start(bench))
    }

    /// Has a server stay, or kills it.
    pub(crate) fn leave(self, server: Server) -> Option<Server> {
        match self {
            Self::AServer => Some(server),
            Self::Nobody => {
                server.kill();
                None
            }
        }
    }
}

/// The database, to be looked at.
pub(crate) fn database(bench: &Bench) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(bench.home().join("dagwood.db"), flags).unwrap();
    connection.busy_timeout(DEADLINE).unwrap();
    connection
}

/// The number that a query gives.
pub(crate) fn number(bench: &Bench, query: &str) -> i64 {
    database(bench).query_row(query, [], |row| row.get(0)).unwrap()
}

/// The runs of a DAG, oldest first.
#[track_caller]
pub(crate) fn runs(bench: &Bench, dag: &str) -> Vec<Value> {
    let list = bench.run(["runs", "list", dag, "--limit", "100000", "--json"]).exits(0).json();
    let mut runs = list["dag_runs"].as_array().unwrap().clone();
    runs.reverse();
    runs
}

/// A field of each run, as text.
pub(crate) fn each(runs: &[Value], field: &str) -> Vec<String> {
    runs.iter().map(|run| run[field].as_str().unwrap_or_default().to_owned()).collect()
}

pub(crate) fn run_count(bench: &Bench, dag: &str) -> i64 {
    number(bench, &format!("SELECT count(*) FROM dag_run WHERE dag_id = '{dag}'"))
}

/// Waits until so many runs of the DAG are at their end; gives all of them, oldest first.
#[track_caller]
pub(crate) fn ended(bench: &Bench, dag: &str, count: i64) -> Vec<Value> {
    let query = format!(
        "SELECT count(*) FROM dag_run WHERE dag_id = '{dag}' AND state IN ('success', 'failed') AND reprocess = 0"
    );
    eventually(&format!("{count} runs of {dag} are at their end"), || (number(bench, &query) >= count).then_some(()));
    runs(bench, dag)
}

/// Waits until more runs of a DAG that ticks every second were made: what was to happen at once has happened then.
#[track_caller]
pub(crate) fn ticks_pass(bench: &Bench, witness: &str) {
    let before = run_count(bench, witness);
    eventually("two ticks have passed", || (run_count(bench, witness) >= before + 2).then_some(()));
}

/// A DAG for [`ticks_pass`].
pub(crate) const WITNESS: (&str, &str) =
    ("witness.toml", "id = \"witness\"\nschedule = \"every 1s\"\n[tasks.one]\nplugin = 'misbehave'\n");

/// A run in full.
#[track_caller]
pub(crate) fn shown(bench: &Bench, dag: &str, run: &str) -> Value {
    bench.run(["runs", "show", dag, run, "--json"]).exits(0).json()
}

/// Waits until a task of the DAG's only run is in that state.
#[track_caller]
pub(crate) fn until_task(bench: &Bench, dag: &str, task: &str, state: &str) {
    let query = format!(
        "SELECT count(*) FROM task_instance JOIN dag_run USING (run_key)
         WHERE dag_id = '{dag}' AND task_id = '{task}' AND task_instance.state = '{state}'"
    );
    eventually(&format!("{dag}.{task} is {state}"), || (number(bench, &query) > 0).then_some(()));
}

/// The params that a task in mode `echo` was given.
#[track_caller]
pub(crate) fn echoed(run: &Value, task: &str) -> Value {
    let value = &instance(run, task)["value"];
    serde_json::from_str(value["params"].as_str().unwrap_or_else(|| panic!("no echo in {run}"))).unwrap()
}

/// Triggers a run; gives its id.
#[track_caller]
pub(crate) fn trigger(bench: &Bench, dag: &str) -> String {
    let told = bench.run(["trigger", dag, "--json"]).exits(0).json();
    told["run_id"].as_str().unwrap().to_owned()
}
