//! A server whose clock is set while it runs, or whose home can no longer be written.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Bench, root};
use crate::kit::{Server, bench, each, ended, eventually, run_count, runs, trigger};

/// The compiled shim, in a folder that lives as long as the tests.
static SHIM: LazyLock<Option<(PathBuf, TempDir)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libshim.so");
    let source = root().join("tests/server/shim.rs");
    let args = ["--edition=2024", "--crate-type=cdylib", "-Copt-level=1", "-Cpanic=abort", "-o"];
    let made = Command::new("rustc").args(args).arg(&library).arg(source).status();
    made.is_ok_and(|made| made.success()).then_some((library, folder))
});

/// A server on this bench behind the shim.
fn shimmed(bench: &Bench) -> Option<Server> {
    let Some((library, _)) = &*SHIM else {
        #[allow(clippy::print_stderr, reason = "a test that was not done must say so")]
        {
            eprintln!("SKIPPED: rustc could not compile tests/server/shim.rs for this machine");
        }
        return None;
    };
    fs::create_dir_all(bench.path("shim")).unwrap();
    let mut command = bench.command(["serve", "--dags", "dags"]);
    command.env("LD_PRELOAD", library).env("SHIM", bench.path("shim"));
    command.env("SHIM_HOME", fs::canonicalize(bench.home()).unwrap());
    let server = Server::of(command);
    server.until("ready: ");
    Some(server)
}

/// Sets the server's clock so much ahead, or back.
fn set_clock(bench: &Bench, ahead: SignedDuration) {
    let half = bench.path("shim/clock.new");
    fs::write(&half, ahead.as_secs().to_string()).unwrap();
    fs::rename(half, bench.path("shim/clock")).unwrap();
}

fn dates(runs: &[Value]) -> Vec<Timestamp> {
    let mut dates: Vec<Timestamp> = each(runs, "logical_date").iter().map(|date| date.parse().unwrap()).collect();
    dates.sort();
    dates
}

const EVERY_SECOND: &str = "id = \"it\"\nschedule = \"every 1s\"\n[tasks.one]\nplugin = 'misbehave'\n";

#[test]
fn a_clock_that_is_set_ahead_and_back_loses_no_tick_twice() {
    let bench = bench(&[("it.toml", EVERY_SECOND)]);
    let Some(_server) = shimmed(&bench) else { return };
    let hour = SignedDuration::from_hours(1);
    let before = dates(&ended(&bench, "it", 2));
    set_clock(&bench, hour);
    eventually("it ticks in an hour", || {
        (dates(&runs(&bench, "it")).last()?.duration_since(*before.last()?) > hour / 2).then_some(())
    });
    // Of the hour that nobody lived through only the latest tick is made up for.
    let ahead = dates(&runs(&bench, "it"));
    assert!(ahead.len() < 1_000, "{} runs", ahead.len());

    set_clock(&bench, SignedDuration::ZERO);
    let count = run_count(&bench, "it");
    // People are served at any time, whatever the clock was set to.
    let told = bench.run(["trigger", "it", "--wait", "--json"]).exits(0).json();
    assert_eq!(told["state"], "success");
    let scheduled = |bench: &Bench| {
        let all = runs(bench, "it");
        dates(&all.into_iter().filter(|run| run["run_type"] == "scheduled").collect::<Vec<_>>())
    };
    let back = scheduled(&bench);
    assert!(back.len() as i64 <= count + 1, "it ticks again at times that it ticked at already");

    set_clock(&bench, hour * 2);
    // A loop that sleeps looks at the clock again after a minute, or when something happens.
    trigger(&bench, "it");
    eventually("it goes on from there", || (scheduled(&bench).len() >= back.len() + 2).then_some(()));
    let mut all = scheduled(&bench);
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count, "a tick ran twice: {all:?}");
    let bad: Vec<_> = runs(&bench, "it").into_iter().filter(|run| run["state"] == "failed").collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn a_home_that_becomes_read_only_under_a_server_is_named_loses_nothing_and_goes_on_when_it_can_be_written() {
    let lines = EVERY_SECOND.replace("\n[tasks", "\ncatchup = true\n[tasks");
    let bench = bench(&[("it.toml", &lines)]);
    let Some(server) = shimmed(&bench) else { return };
    ended(&bench, "it", 2);
    fs::write(bench.path("shim/readonly"), "").unwrap();
    server.until("cannot be written: make its folder writable");
    server.until("goes on when it can");
    fs::remove_file(bench.path("shim/readonly")).unwrap();
    let before = run_count(&bench, "it");
    ended(&bench, "it", before + 3);
    bench.run(["dag", "pause", "it"]).exits(0);
    eventually("all are over", || runs(&bench, "it").iter().all(|run| run["state"] == "success").then_some(()));
    server.stop();
    let dates = dates(&runs(&bench, "it"));
    for pair in dates.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]), SignedDuration::from_secs(1), "{dates:?}");
    }
    bench.run(["db", "check"]).exits(0);
}
