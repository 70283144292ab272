//! `kill -9` of the server at random moments, under load.
//!
//! Each round starts a server, has it killed after a while that the seed says, and holds what it left against what the
//! rounds before had recorded. `DAGWOOD_KILLS` says how many rounds there are, for longer runs than the usual one:
//! `DAGWOOD_KILLS=1000 cargo test -p dagwood --test server killed`. `DAGWOOD_SEED` gives other moments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::common::Bench;
use crate::kit::{Server, WITNESS, bench, configure, database, each, eventually, number, runs, serve, ticks_pass};

/// How often the server is killed, unless it is said otherwise.
const KILLS: u64 = 100;
/// The longest that a server lives. Most of what one does after its start is done by then.
const LIFE_MAX: Duration = Duration::from_millis(600);

/// A chain that hands a file on, every second, and must not miss one.
const CHAIN: &str = r#"
id = "chain"
schedule = "every 1s"
catchup = true
[tasks.one]
plugin = 'misbehave'
params = { note = "begins", mode = "write", text = "{{ ts }}" }
[tasks.two]
plugin = 'misbehave'
inputs.data = "one.out"
params = { note = "begins", mode = "write", bytes = 300000 }
[tasks.three]
plugin = 'misbehave'
inputs.data = "two.out"
params = { note = "begins", mode = "busy", count = 20 }
"#;

/// One that fans out and in.
const FAN: &str = r#"
id = "fan"
schedule = "every 2s"
catchup = true
[tasks.root]
plugin = 'misbehave'
params = { note = "begins", mode = "write", text = "root of {{ ts }}" }
[tasks.a]
plugin = 'misbehave'
inputs.data = "root.out"
params = { note = "begins", mode = "busy", count = 30 }
[tasks.b]
plugin = 'misbehave'
inputs.data = "root.out"
params = { note = "begins", mode = "write", text = "b of {{ ts }}" }
[tasks.c]
plugin = 'misbehave'
after = ["root"]
params = { note = "begins", mode = "again", count = 2, ms = 20 }
[tasks.d]
plugin = 'misbehave'
after = ["root"]
params = { note = "begins" }
[tasks.join]
plugin = 'misbehave'
after = ["a", "c", "d"]
inputs.data = "b.out"
params = { note = "begins" }
"#;

/// One that people trigger, with tasks that fail at first.
const BY_HAND: &str = r#"
id = "by_hand"
defaults = { retries = 2, retry_delay = "20ms" }
[tasks.fails]
plugin = 'misbehave'
params = { note = "begins", mode = "fail-until", count = 2 }
[tasks.beside]
plugin = 'misbehave'
params = { note = "begins", mode = "write", text = "of {{ run_id }}" }
[tasks.last]
plugin = 'misbehave'
after = ["fails"]
inputs.data = "beside.out"
params = { note = "begins" }
"#;

/// One whose tasks write down outside, in a folder that they are granted, that they run; and call when they are done.
fn ledger(folder: &Path) -> String {
    let writes = |text: &str| {
        format!(
            "plugin = 'misbehave', params = {{ note = \"begins\", mode = \"append\", path = \"/ledger/lines\", text = \"{text}\" }}, \
             grants = {{ mounts = [{{ host = {:?}, guest = \"/ledger\", mode = \"rw\" }}] }}",
            folder.display().to_string()
        )
    };
    format!(
        "id = \"ledger\"\nschedule = \"every 1s\"\ncatchup = true\non_success = {{ {} }}\n\
         [tasks]\nfirst = {{ {} }}\nsecond = {{ {}, after = [\"first\"] }}\n",
        writes("{{ event.run_id }} on_success"),
        writes("{{ run_id }} first"),
        writes("{{ run_id }} second"),
    )
}

/// The tries of each task in the ledger, by run and task.
fn written(folder: &Path) -> BTreeMap<(String, String), Vec<i64>> {
    let mut tries: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    // Before the first line there is no ledger.
    let text = fs::read_to_string(folder.join("lines")).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "a line is half");
    for line in text.lines() {
        let [run, task, number] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("`{line}` is no line") };
        tries.entry((run.to_owned(), task.to_owned())).or_default().push(number.parse().unwrap());
    }
    tries
}

/// What is recorded as a success, and stands in the ledger, by run and task, with its try. A callback is written down under
/// the run that it is about.
fn recorded_in_ledger(bench: &Bench) -> BTreeMap<(String, String), i64> {
    let database = database(bench);
    let query = "SELECT coalesce(about.run_id, own.run_id), task_id, try_number FROM task_instance i
                 JOIN dag_run own USING (run_key) LEFT JOIN callback ON callback.id = own.callback
                 LEFT JOIN dag_run about ON about.run_key = callback.run_key
                 WHERE own.dag_id = 'ledger' AND i.state = 'success'";
    let mut query = database.prepare_cached(&query.replace("task_id", "i.task_id")).unwrap();
    let found = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)));
    found.unwrap().map(Result::unwrap).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// A success as it was recorded.
#[derive(Debug, Clone, PartialEq)]
struct Recorded {
    try_number: i64,
    start_number: i64,
    end_date: i64,
    value: Option<String>,
    outputs: Option<String>,
}

/// All that is recorded as a success, by run and task.
fn successes(bench: &Bench) -> BTreeMap<(String, String, String), Recorded> {
    let database = database(bench);
    let query = "SELECT dag_id, run_id, task_id, try_number, start_number, i.end_date, value, outputs
                 FROM task_instance i JOIN dag_run USING (run_key) WHERE i.state = 'success'";
    let mut query = database.prepare(query).unwrap();
    let found = query.query_map([], |row| {
        let (try_number, start_number, end_date) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let recorded = Recorded { try_number, start_number, end_date, value: row.get(6)?, outputs: row.get(7)? };
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?), recorded))
    });
    found.unwrap().map(Result::unwrap).collect()
}

/// A trigger under way; nobody knows whether the server lives long enough for it.
struct Trigger(Child);

impl Trigger {
    fn begin(bench: &Bench) -> Self {
        let mut command = bench.command(["trigger", "by_hand", "--json"]);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The run, if it was told that there is one.
    fn end(self) -> Option<String> {
        let output = self.0.wait_with_output().unwrap();
        if output.status.success() {
            let told: Value = serde_json::from_slice(&output.stdout).unwrap();
            return Some(told["run_id"].as_str().unwrap().to_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("did not answer"), "{words}");
        None
    }
}

/// Kills servers, and sees to it that nothing that was recorded is ever undone. Gives the runs that were triggered.
fn kill_again_and_again(bench: &Bench, kills: u64, random: &mut Random) -> BTreeSet<String> {
    let folder = bench.path("ledger");
    let mut finished: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
    let mut triggered = BTreeSet::new();
    let mut recorded = BTreeMap::new();
    for round in 1..=kills {
        let server = Server::begin(bench, &[]);
        let triggers: Vec<_> = (0..random.below(4)).map(|_| Trigger::begin(bench)).collect();
        // The moment of the kill is what is random here; nothing is waited for.
        std::thread::sleep(Duration::from_millis(random.below(LIFE_MAX.as_millis() as u64)));
        let said = server.kill();
        triggered.extend(triggers.into_iter().filter_map(Trigger::end));
        let now = successes(bench);
        for (instance, before) in &recorded {
            assert_eq!(now.get(instance), Some(before), "kill {round}: {instance:?} was a success\n{said}");
        }
        recorded = now;
        let lines = written(&folder);
        for (task, before) in &finished {
            assert_eq!(lines.get(task), Some(before), "kill {round}: {task:?} was a success, and ran again\n{said}");
        }
        for (task, try_number) in recorded_in_ledger(bench) {
            let tries = lines.get(&task).unwrap_or_else(|| panic!("kill {round}: {task:?} is a success and never ran"));
            assert_eq!(tries.last(), Some(&try_number), "kill {round}: {task:?}");
            finished.insert(task, tries.clone());
        }
    }
    triggered
}

/// Has a server finish all that there is to do.
fn let_it_finish(bench: &Bench) {
    let server = Server::start(bench);
    let backfilled = "SELECT count(*) FROM backfill WHERE ended_at IS NULL";
    eventually("the backfill is over", || (number(bench, backfilled) == 0).then_some(()));
    for dag in ["chain", "fan", "ledger"] {
        bench.run(["dag", "pause", dag]).exits(0);
    }
    let open = "SELECT count(*) FROM dag_run WHERE dag_id <> 'witness' AND state IN ('queued', 'running')";
    eventually("all runs are at their end", || (number(bench, open) == 0).then_some(()));
    clear_what_lost_its_host(bench);
    eventually("all runs are at their end", || (number(bench, open) == 0).then_some(()));
    ticks_pass(bench, "witness");
    server.stop();
}

/// A task whose host is lost three times is failed, which is right; it runs again when a person says so.
fn clear_what_lost_its_host(bench: &Bench) {
    let failed = {
        let database = database(bench);
        let query = "SELECT dag_id, run_id, lost_hosts, i.start_number, i.problem FROM task_instance i
                     JOIN dag_run USING (run_key) WHERE i.state = 'failed'";
        let mut query = database.prepare(query).unwrap();
        let found = query.query_map([], |row| {
            let of: (String, String) = (row.get(0)?, row.get(1)?);
            let facts: (i64, i64, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((of, facts))
        });
        found.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    for ((dag, run), (_, starts, problem)) in failed {
        assert!(problem.contains("lost its host 3 times") && starts >= 3, "{dag}/{run}: {problem}");
        bench.run(["clear", &dag, &run, "--only-failed"]).exits(0);
    }
}

#[track_caller]
fn all_is_well(bench: &Bench, triggered: &BTreeSet<String>) {
    for dag in ["chain", "fan", "by_hand", "ledger"] {
        let runs = runs(bench, dag);
        assert!(runs.iter().all(|run| run["state"] == "success"), "{dag}: {runs:?}");
    }
    assert_eq!(number(bench, "SELECT count(*) FROM task_instance WHERE state <> 'success'"), 0);
    let ids: BTreeSet<_> = each(&runs(bench, "by_hand"), "run_id").into_iter().collect();
    let lost: Vec<_> = triggered.difference(&ids).collect();
    assert!(lost.is_empty(), "promised, and not there: {lost:?}");
}

/// The runs of the DAG that are of that kind stand at each tick from the first to the last, once. Gives how many.
#[track_caller]
fn without_holes(bench: &Bench, dag: &str, kind: &str, step_s: i64) -> usize {
    let mut dates: Vec<i64> = {
        let database = database(bench);
        let query = "SELECT logical_date FROM dag_run WHERE dag_id = ?1 AND run_type = ?2";
        let mut query = database.prepare(query).unwrap();
        query.query_map([dag, kind], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    dates.sort_unstable();
    assert!(dates.len() >= 2, "{dag}: {dates:?}");
    for pair in dates.windows(2) {
        assert_eq!(pair[1] - pair[0], step_s * 1_000_000, "{dag}: {dates:?}");
    }
    dates.len()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// A start as the log of its try tells of it.
#[derive(Debug)]
struct Start {
    number: i64,
    try_number: i64,
    at: Timestamp,
}

fn starts_in_logs(task: &Path) -> Vec<Start> {
    let mut starts = Vec::new();
    for log in files(task) {
        let try_number = log.file_stem().unwrap().to_string_lossy().parse().unwrap();
        for line in fs::read_to_string(&log).unwrap().lines() {
            // A line that the kill cut off is not one.
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            if let Some(number) = line["fields"]["start"].as_i64().filter(|_| line["source"] == "host") {
                starts.push(Start { number, try_number, at: line["ts"].as_str().unwrap().parse().unwrap() });
            }
        }
    }
    starts
}

/// When the servers began, oldest first.
fn lives(bench: &Bench) -> Vec<Timestamp> {
    let database = database(bench);
    let mut query = database.prepare("SELECT started_at FROM process ORDER BY started_at").unwrap();
    let found = query.query_map([], |row| row.get(0)).unwrap();
    found.map(|at| Timestamp::from_microsecond(at.unwrap()).unwrap()).collect()
}

/// Each run of the ledger called what it is to call when it is done, once, and that wrote its line.
#[track_caller]
fn every_run_called_once(bench: &Bench, runs: usize) {
    let of_runs = "SELECT count(DISTINCT run_key) FROM callback";
    assert_eq!(number(bench, of_runs), runs as i64);
    assert_eq!(number(bench, "SELECT count(*) FROM callback WHERE is_open = 0 AND problem IS NULL"), runs as i64);
    let lines = written(&bench.path("ledger"));
    for task in ["first", "second", "on_success"] {
        assert_eq!(lines.keys().filter(|(_, of)| of == task).count(), runs, "{task}");
    }
}

/// No start was made twice, and none after that which ended as a success.
#[track_caller]
fn nothing_ran_again(bench: &Bench) {
    let lives = lives(bench);
    for ((dag, run, task), recorded) in successes(bench).into_iter().filter(|((dag, _, _), _)| dag != "witness") {
        let starts = starts_in_logs(&bench.home().join("logs").join(&dag).join(&run).join(&task));
        let words = format!("{dag}/{run} {task}: {starts:?}, recorded: {recorded:?}");
        let numbers: BTreeSet<_> = starts.iter().map(|start| start.number).collect();
        assert_eq!(numbers.len(), starts.len(), "{words}");
        // The one that counted has its line, in the log of its try.
        let last = starts.iter().max_by_key(|start| start.number).unwrap_or_else(|| panic!("{words}"));
        assert_eq!((last.number, last.try_number), (recorded.start_number, recorded.try_number), "{words}");
        if task != "c" {
            // A server loses no host but itself: it begins a task once, or once more if the first try is to fail.
            let of = |start: &Start| {
                (lives.partition_point(|life| *life <= start.at), task == "fails" && start.try_number == 1)
            };
            let begun: BTreeSet<_> = starts.iter().map(of).collect();
            assert_eq!(begun.len(), starts.len(), "{words}");
        }
    }
}

/// All content is what its name says, and nothing is left that was being made.
#[track_caller]
fn the_store_is_whole(bench: &Bench) {
    let store = bench.home().join("artifacts");
    let mut checked = 0;
    for file in files(&store) {
        let name = file.strip_prefix(&store).unwrap().to_string_lossy().replace('/', "");
        let Some(hex) = name.get(name.len().saturating_sub(64)..).filter(|hex| is_digest(hex)) else {
            // Locks only.
            assert_eq!(fs::metadata(&file).unwrap().len(), 0, "{}", file.display());
            continue;
        };
        let hash = blake3::hash(&fs::read(&file).unwrap()).to_hex();
        assert_eq!(hash.as_str(), hex, "{}", file.display());
        checked += 1;
    }
    assert!(checked > 0, "{:?}", files(&store));
    let scratch: Vec<_> =
        fs::read_dir(bench.home().join("scratch")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(scratch, ["lock"]);
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[track_caller]
fn the_database_is_whole(bench: &Bench) {
    let database = database(bench);
    let said: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let mut foreign = database.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!foreign.exists([]).unwrap());
    // Nobody owns anything any more.
    assert_eq!(number(bench, "SELECT count(*) FROM process WHERE ended_at IS NULL"), 0);
}

#[test]
fn killed_servers_lose_nothing_and_do_nothing_twice() {
    let (kills, seed) = (from_environment("DAGWOOD_KILLS", KILLS), from_environment("DAGWOOD_SEED", 0x5eed));
    let bench = bench(&[("chain.toml", CHAIN), ("fan.toml", FAN), ("by_hand.toml", BY_HAND), WITNESS]);
    fs::create_dir(bench.path("ledger")).unwrap();
    let folder = fs::canonicalize(bench.path("ledger")).unwrap();
    configure(&bench, &format!("allow.mounts = [{{ host = {:?}, mode = \"rw\" }}]\n", folder.display().to_string()));
    serve(&bench, "ledger.toml", &ledger(&folder));
    // So that the DAGs are known, whenever the first of those that are killed is.
    Server::start(&bench).stop();
    let call = ["backfill", "create", "chain", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-01T00:00:29Z"];
    bench.run(call.iter().chain(&["--newest-first", "--max-active-runs", "2"])).exits(0);
    let triggered = kill_again_and_again(&bench, kills, &mut Random(seed | 1));
    // Or it was all for nothing.
    assert!(number(&bench, "SELECT sum(lost_hosts) FROM task_instance") > 0);
    let_it_finish(&bench);
    all_is_well(&bench, &triggered);
    without_holes(&bench, "chain", "scheduled", 1);
    without_holes(&bench, "fan", "scheduled", 2);
    every_run_called_once(&bench, without_holes(&bench, "ledger", "scheduled", 1));
    assert_eq!(without_holes(&bench, "chain", "backfill", 1), 30);
    assert_eq!(number(&bench, "SELECT count(*) FROM backfill WHERE ended_at IS NULL"), 0);
    nothing_ran_again(&bench);
    the_store_is_whole(&bench);
    the_database_is_whole(&bench);
}
