//! Runs that make themselves, on time.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::common::{Bench, states};
use crate::kit::{Server, WITNESS, bench, each, ended, eventually, run_count, runs, shown, ticks_pass, until_task};

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn logical_dates(runs: &[Value]) -> Vec<Timestamp> {
    runs.iter().map(|run| instant(&run["logical_date"])).collect()
}

/// Each is so much behind the one before.
#[track_caller]
fn without_a_hole(dates: &[Timestamp], step: SignedDuration) {
    for pair in dates.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]), step, "{dates:?}");
    }
}

/// One task, that schedule.
fn scheduled(id: &str, lines: &str) -> String {
    format!("id = \"{id}\"\n{lines}\n[tasks.one]\nplugin = 'misbehave'\n")
}

fn serving(lines: &str) -> (Bench, Server) {
    let bench = bench(&[("it.toml", &scheduled("it", lines))]);
    let server = Server::start(&bench);
    (bench, server)
}

#[test]
fn a_dag_makes_its_runs_on_time_under_their_ids_and_dates() {
    let (bench, server) = serving("schedule = \"every 1s\"");
    let runs = ended(&bench, "it", 3);
    server.stop();
    for run in &runs {
        let tick = instant(&run["run_after"]);
        assert_eq!(tick.subsec_nanosecond(), 0);
        assert_eq!((&run["run_type"], &run["state"]), (&"scheduled".into(), &"success".into()));
        assert_eq!(run["run_id"], format!("scheduled__{tick}"));
        for date in ["logical_date", "data_interval_start", "data_interval_end"] {
            assert_eq!(instant(&run[date]), tick);
        }
        assert!(tick <= instant(&run["queued_at"]) && instant(&run["queued_at"]) <= instant(&run["start_date"]));
        assert_eq!(states(&shown(&bench, "it", run["run_id"].as_str().unwrap()))["one"], "success");
    }
    assert!(logical_dates(&runs).is_sorted_by(|one, next| one < next));
}

#[test]
fn all_ticks_since_the_start_date_are_caught_up_where_that_is_wanted() {
    let lines =
        "schedule = \"@hourly\"\nstart_date = \"2024-01-01\"\nend_date = \"2024-01-01T05:00:00Z\"\ncatchup = true";
    let (bench, server) = serving(lines);
    let runs = ended(&bench, "it", 6);
    server.stop();
    let expected: Vec<_> = (0..6).map(|hour| format!("2024-01-01T0{hour}:00:00Z")).collect();
    assert_eq!(each(&runs, "logical_date"), expected);
    // None of them again.
    let server = Server::start(&bench);
    server.stop();
    assert_eq!(run_count(&bench, "it"), 6);
}

#[test]
fn what_was_missed_while_no_server_ran_is_caught_up_without_a_hole() {
    let (bench, server) = serving("schedule = \"every 1s\"\ncatchup = true");
    let before = ended(&bench, "it", 2).len();
    server.stop();
    let down = Timestamp::now();
    eventually("some ticks are missed", || {
        (Timestamp::now().duration_since(down) > SignedDuration::from_secs(2)).then_some(())
    });
    let server = Server::start(&bench);
    ended(&bench, "it", before as i64 + 4);
    server.stop();
    without_a_hole(&logical_dates(&runs(&bench, "it")), SignedDuration::from_secs(1));
}

#[test]
fn without_catchup_only_the_latest_missed_tick_runs() {
    let lines = "schedule = \"@hourly\"\nstart_date = \"2024-01-01\"\nend_date = \"2024-01-01T05:00:00Z\"";
    let bench = bench(&[("it.toml", &scheduled("it", lines)), WITNESS]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    ticks_pass(&bench, "witness");
    server.stop();
    assert_eq!(each(&runs(&bench, "it"), "logical_date"), ["2024-01-01T05:00:00Z"]);
}

#[test]
fn a_catchup_with_limits_runs_the_latest_ticks_oldest_first() {
    let lines = "schedule = \"@hourly\"\nstart_date = \"2024-01-01\"\ncatchup = { window = \"3d\", max = 3 }";
    let (bench, server) = serving(&format!("{lines}\nmax_active_runs = 1"));
    let begun = Timestamp::now();
    let runs = ended(&bench, "it", 3);
    server.stop();
    let dates = logical_dates(&runs);
    without_a_hole(&dates, SignedDuration::from_hours(1));
    let age = begun.duration_since(dates[2]);
    assert!(age < SignedDuration::from_hours(1), "{dates:?}");
    let started: Vec<_> = runs.iter().map(|run| instant(&run["start_date"])).collect();
    assert!(started.is_sorted());
}

#[test]
fn a_run_for_the_previous_interval_has_its_start_as_the_logical_date() {
    let lines = "schedule = \"@daily\"\nwindow = \"previous\"\nstart_date = \"2024-03-01\"\nend_date = \"2024-03-03\"";
    let (bench, server) = serving(lines);
    let runs = ended(&bench, "it", 1);
    server.stop();
    let of = |field: &str| runs[0][field].as_str().unwrap().to_owned();
    let (start, end) = (of("data_interval_start"), of("data_interval_end"));
    assert_eq!(of("logical_date"), start);
    assert_eq!(of("run_after"), end);
    assert_eq!(instant(&end.into()).duration_since(instant(&start.into())), SignedDuration::from_hours(24));
}

#[test]
fn a_dag_that_runs_once_runs_once_over_all_servers() {
    let bench = bench(&[("it.toml", &scheduled("it", "schedule = \"@once\"")), WITNESS]);
    for _ in 0..2 {
        let server = Server::start(&bench);
        ended(&bench, "it", 1);
        ticks_pass(&bench, "witness");
        server.stop();
    }
    assert_eq!(each(&runs(&bench, "it"), "state"), ["success"]);
}

#[test]
fn a_continuous_dag_has_one_run_at_a_time() {
    let (bench, server) = serving("schedule = \"@continuous\"");
    let runs = ended(&bench, "it", 3);
    server.stop();
    one_at_a_time(&runs);
}

/// Each began when the one before had ended.
#[track_caller]
fn one_at_a_time(runs: &[Value]) {
    for pair in runs.windows(2) {
        if let Some(next) = pair[1]["start_date"].as_str() {
            assert!(instant(&pair[0]["end_date"]) <= next.parse().unwrap(), "{pair:?}");
        }
    }
}

#[test]
fn no_run_is_made_while_as_many_run_as_may() {
    let slow = "id = \"slow\"\nschedule = \"every 1s\"\nmax_active_runs = 1\n[tasks.one]\nplugin = 'misbehave'\n\
                params = { mode = \"loop\" }\nexecution_timeout = \"10m\"\n";
    let bench = bench(&[("slow.toml", slow), WITNESS]);
    let server = Server::start(&bench);
    for count in 1..=3 {
        eventually("the next run is made", || (run_count(&bench, "slow") >= count).then_some(()));
        until_task(&bench, "slow", "one", "running");
        ticks_pass(&bench, "witness");
        assert_eq!(run_count(&bench, "slow"), count);
        bench.run(["mark", "slow", "latest", "one", "success"]).exits(0);
    }
    let runs = runs(&bench, "slow");
    server.kill();
    one_at_a_time(&runs);
    // What passed meanwhile was missed, all but the latest of it.
    let dates = logical_dates(&runs);
    assert!(dates[1].duration_since(dates[0]) >= SignedDuration::from_secs(2), "{dates:?}");
}

#[test]
fn a_dag_whose_runs_fail_again_and_again_is_paused() {
    let lines = "schedule = \"every 1s\"\nmax_consecutive_failed_dag_runs = 2\nmax_active_runs = 1";
    let failing = format!("{}params = {{ mode = \"permanent\" }}\n", scheduled("it", lines));
    let bench = bench(&[("it.toml", &failing), WITNESS]);
    let server = Server::start(&bench);
    ended(&bench, "it", 2);
    ticks_pass(&bench, "witness");
    assert_eq!(each(&runs(&bench, "it"), "state"), ["failed"; 2]);
    let explained = bench.run(["explain", "it"]).exits(0).stdout;
    assert!(explained.contains("paused") && explained.contains("2 runs failed in a row"), "{explained}");
    // So does the next server leave it.
    server.stop();
    let server = Server::start(&bench);
    ticks_pass(&bench, "witness");
    server.stop();
    assert_eq!(run_count(&bench, "it"), 2);
}

#[test]
fn a_cron_in_a_zone_follows_its_clocks() {
    let bench = Bench::seeded();
    bench.dag("it.toml", &scheduled("it", "schedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\""));
    let next = bench.run(["dag", "next", "it.toml", "--from", "2025-03-28T12:00:00Z", "--count", "4", "--json"]);
    // On the 30th there is no half past two.
    let expected = ["2025-03-29T01:30:00Z", "2025-03-30T01:00:00Z", "2025-03-31T00:30:00Z", "2025-04-01T00:30:00Z"];
    let next = next.exits(0).json();
    assert_eq!(each(next.as_array().unwrap(), "run_after"), expected);
}
