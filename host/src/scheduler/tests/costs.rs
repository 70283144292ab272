//! What a task costs in commits, statements and starts, counted: by the work, not by the clock.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::{Act, Bench};
use crate::lifecycle::state::RunState;
use crate::scheduler::Unobserved;

/// How often each kind of statement was made, and how often a try was started.
type Counts = BTreeMap<String, usize>;

/// Of a run of a chain, with all that comes before and after it.
async fn counted(tasks: usize) -> Counts {
    let mut text = String::from("id = \"chain\"\n");
    let ids: Vec<_> = (0..tasks).map(|at| format!("t{at}")).collect();
    let _ = writeln!(text, "flow = \"{}\"", ids.join(" >> "));
    for id in &ids {
        let _ = writeln!(text, "[tasks.{id}]\nplugin = \"p\"");
    }
    let counts = Arc::new(Mutex::new(Counts::new()));
    let heard = {
        let counts = Arc::clone(&counts);
        // The first words: what is done to which table.
        let words = |sql: &str| sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        move |sql: &str| *counts.lock().unwrap().entry(words(sql)).or_default() += 1
    };
    let bench = Bench::heard(&text, heard);
    let (lease, _) = bench.lease();
    let key = bench.new_run(&lease);
    let starts = Arc::new(AtomicUsize::new(0));
    let started = Arc::clone(&starts);
    let done = move |_: &str, _| {
        started.fetch_add(1, Ordering::Relaxed);
        Act::Done
    };
    assert_eq!(bench.drive(&lease, key, Arc::new(Unobserved), done).await, RunState::Success);
    let mut counts = counts.lock().unwrap().clone();
    counts.insert("starts of a try".to_owned(), starts.load(Ordering::Relaxed));
    counts
}

#[tokio::test]
async fn a_task_of_a_chain_takes_one_commit_and_one_start() {
    let (short, long) = (counted(10).await, counted(30).await);
    let more = long.iter().map(|(what, count)| (what.as_str(), count - short.get(what).copied().unwrap_or(0)));
    let a_task = more.filter(|(_, count)| *count > 0).map(|(what, count)| (what, count as f64 / 20.0));
    let expected = [
        ("BEGIN IMMEDIATE", 1.0),
        ("COMMIT", 1.0),
        ("INSERT INTO task_instance", 1.0),
        // Whether the run is still of this process.
        ("SELECT 1 FROM", 1.0),
        // Scheduled; queued and started in one; its end.
        ("UPDATE task_instance SET", 3.0),
        ("starts of a try", 1.0),
    ];
    assert_eq!(a_task.collect::<Vec<_>>(), expected);
    assert_eq!(short["COMMIT"], 10 + 4, "the process, the version, the run, and its start with the first task");
}
