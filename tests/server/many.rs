//! A folder with a thousand DAG files.

use jiff::{SignedDuration, Timestamp};

use crate::common::Bench;
use crate::kit::{Server, WITNESS, bench, each, ended, eventually, number, run_count, runs, serve, ticks_pass};

const FILES: usize = 1_000;

/// One of many: it ticks at a minute of its own, once a year.
fn yearly(number: usize) -> String {
    let (minute, hour, day) = (number % 60, number / 60 % 24, number % 28 + 1);
    dag(number, &format!("{minute} {hour} {day} 2 *"))
}

fn dag(number: usize, schedule: &str) -> String {
    format!("id = \"dag-{number}\"\nschedule = {schedule:?}\n[tasks.one]\nplugin = 'misbehave'\n")
}

fn thousand() -> Bench {
    let bench = bench(&[WITNESS]);
    (0..FILES).for_each(|number| serve(&bench, &format!("{number}.toml"), &yearly(number)));
    bench
}

fn served(bench: &Bench) -> i64 {
    number(bench, "SELECT count(*) FROM dag WHERE is_served = 1")
}

#[test]
fn a_thousand_dag_files_are_served_and_those_that_are_due_run_on_time() {
    let bench = thousand();
    let server = Server::start(&bench);
    assert_eq!(served(&bench), FILES as i64 + 1);
    ticks_pass(&bench, "witness");
    assert_eq!(number(&bench, "SELECT count(*) FROM dag_run WHERE dag_id <> 'witness'"), 0, "none of them is due");
    // Some of them are due every second from now on.
    for number in [0, 500, 999] {
        serve(&bench, &format!("{number}.toml"), &dag(number, "every 1s"));
    }
    for number in [0, 500, 999] {
        let id = format!("dag-{number}");
        let ran = ended(&bench, &id, 3);
        assert!(each(&ran, "state").iter().take(3).all(|state| state == "success"), "{ran:?}");
    }
    server.kill();
    // All that was missed is one run, the latest; so none runs twice for one date.
    let before = Timestamp::now();
    let _server = Server::start(&bench);
    assert_eq!(served(&bench), FILES as i64 + 1);
    eventually("it goes on", || {
        let dates = each(&runs(&bench, "dag-500"), "logical_date");
        let last: Timestamp = dates.last()?.parse().ok()?;
        (last.duration_since(before) > SignedDuration::ZERO).then_some(())
    });
    let mut dates = each(&runs(&bench, "dag-500"), "logical_date");
    dates.sort();
    let count = dates.len();
    dates.dedup();
    assert_eq!(dates.len(), count);
    assert!(run_count(&bench, "dag-1") == 0);
}
