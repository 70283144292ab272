//! Ticks without a run, and catch-up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::option;
use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{at, spec};
use crate::schedule::{Catchup, Timetable, TimetableSpec, Window};

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

fn timetable(catchup: Catchup) -> Timetable {
    Timetable::new(TimetableSpec { catchup, ..spec("@daily") })
}

fn since(catchup: Catchup, start_date: &str) -> Timetable {
    Timetable::new(TimetableSpec { catchup, start_date: Some(at(start_date)), ..spec("@daily") })
}

/// Days of January 2026, asked at noon of the 10th; first seen at noon of the 5th.
fn missed(timetable: &Timetable, last: Option<&str>) -> Vec<String> {
    let found = timetable.missed(last.map(at), at("2026-01-05T12:00:00Z"), at("2026-01-10T12:00:00Z"));
    found.map(|tick| tick.strftime("%d").to_string()).collect()
}

#[test]
fn without_catchup_only_the_latest_runs() {
    assert_eq!(missed(&timetable(Catchup::Latest), Some("2026-01-03T00:00:00Z")), ["10"]);
    assert_eq!(missed(&since(Catchup::Latest, "2025-01-01T00:00:00Z"), None), ["10"]);
    assert!(missed(&timetable(Catchup::Latest), Some("2026-01-10T00:00:00Z")).is_empty());
}

#[test]
fn with_catchup_all_run_since_the_last_run() {
    assert_eq!(missed(&timetable(Catchup::All), Some("2026-01-07T00:00:00Z")), ["08", "09", "10"]);
    // A run for a tick that the schedule does not have any more.
    assert_eq!(missed(&timetable(Catchup::All), Some("2026-01-08T23:00:00Z")), ["09", "10"]);
}

#[test]
fn before_the_first_run_the_start_date_counts_and_else_when_the_dag_was_first_seen() {
    assert_eq!(missed(&since(Catchup::All, "2026-01-08T00:00:00Z"), None), ["08", "09", "10"]);
    assert_eq!(missed(&timetable(Catchup::All), None), ["06", "07", "08", "09", "10"]);
    // A start date that was moved behind the last run bounds, too.
    assert_eq!(missed(&since(Catchup::All, "2026-01-09T00:00:00Z"), Some("2026-01-02T00:00:00Z")), ["09", "10"]);
}

#[test]
fn a_tick_at_the_moment_of_first_sight_and_one_right_now_count() {
    let timetable = timetable(Catchup::All);
    let (seen, now) = (at("2026-01-05T00:00:00Z"), at("2026-01-06T00:00:00Z"));
    assert_eq!(timetable.missed(None, seen, now).collect::<Vec<_>>(), [seen, now]);
}

#[test]
fn catchup_within_limits_runs_the_latest_and_the_oldest_of_them_first() {
    let within = |window, max| timetable(Catchup::Within { window, max });
    let last = Some("2026-01-01T00:00:00Z");
    assert_eq!(missed(&within(Some(days(3)), Some(10)), last), ["08", "09", "10"]);
    assert_eq!(missed(&within(Some(days(3)), Some(2)), last), ["09", "10"]);
    assert_eq!(missed(&within(None, Some(4)), last), ["07", "08", "09", "10"]);
    assert_eq!(missed(&within(Some(days(3)), None), last), ["08", "09", "10"]);
    assert_eq!(missed(&within(None, None), last).len(), 9);
    assert_eq!(missed(&within(Some(days(1_000_000_000)), Some(2)), Some("2026-01-09T00:00:00Z")), ["10"]);
    assert!(missed(&within(None, Some(0)), last).is_empty());
    // The window's first instant counts.
    assert_eq!(missed(&within(Some(Duration::from_secs(43_200)), None), last), ["10"]);
}

#[test]
fn what_lies_behind_the_end_date_is_not_missed_but_the_window_counts_from_now() {
    let spec = |window| TimetableSpec {
        catchup: Catchup::Within { window, max: None },
        end_date: Some(at("2026-01-08T00:00:00Z")),
        ..spec("@daily")
    };
    let last = Some("2026-01-05T00:00:00Z");
    assert_eq!(missed(&Timetable::new(spec(None)), last), ["06", "07", "08"]);
    assert_eq!(missed(&Timetable::new(spec(Some(days(3)))), last), ["08"]);
}

#[test]
fn with_intervals_the_first_tick_after_the_start_date_is_not_missed() {
    let timetable = Timetable::new(TimetableSpec {
        catchup: Catchup::All,
        window: Window::Previous,
        start_date: Some(at("2026-01-07T00:00:00Z")),
        ..spec("@daily")
    });
    assert_eq!(missed(&timetable, None), ["08", "09", "10"]);
}

#[test]
fn nothing_is_missed_before_it_is_due() {
    let timetable = since(Catchup::All, "2026-02-01T00:00:00Z");
    assert!(missed(&timetable, None).is_empty());
    assert!(missed(&timetable, Some("2026-03-01T00:00:00Z")).is_empty());
}

#[test]
fn catching_up_with_years_of_seconds_begins_at_once() {
    // A search that went through all of them would not end within this test's patience.
    let of = |catchup, text: &str| Timetable::new(TimetableSpec { catchup, ..spec(text) });
    let (seen, now) = (at("1990-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    for text in ["every 1s", "* * * * * *"] {
        assert_eq!(of(Catchup::All, text).missed(None, seen, now).next(), Some(seen));
        assert_eq!(of(Catchup::Latest, text).missed(None, seen, now).collect::<Vec<_>>(), [now]);
        let within = Catchup::Within { window: None, max: Some(100) };
        assert_eq!(of(within, text).missed(None, seen, now).count(), 100);
    }
}

proptest! {
    #[test]
    fn what_catchup_keeps_is_the_end_of_what_was_missed(
        step in 1_u64..100_000,
        last in option::of(0_i64..1_000_000),
        window in option::of(1_u64..2_000_000),
        max in option::of(0_u32..50),
        now in 0_i64..2_000_000,
        starts in any::<bool>(),
    ) {
        let instant = |second| Timestamp::from_second(second).unwrap();
        let of = |catchup| Timetable::new(TimetableSpec {
            catchup,
            start_date: starts.then(|| instant(1_000)),
            ..spec(&format!("every {step}s"))
        });
        let list = |catchup| -> Vec<_> {
            of(catchup).missed(last.map(instant), instant(500), instant(now)).take(100_000).collect()
        };
        let origin = if starts { 1_000 } else { 0 };
        let after = last.map_or(if starts { 1_000 } else { 500 }, |last| last + 1).max(origin);
        let all: Vec<_> = (0..)
            .map(|count| origin + count * i64::try_from(step).unwrap())
            .take_while(|tick| *tick <= now)
            .filter(|tick| *tick >= after)
            .map(instant)
            .take(100_000)
            .collect();
        proptest::prop_assume!(all.len() < 100_000);
        prop_assert_eq!(&list(Catchup::All), &all);
        prop_assert_eq!(list(Catchup::Latest), all.last().copied().into_iter().collect::<Vec<_>>());
        let oldest = window.map_or(Timestamp::MIN, |window| instant(now) - SignedDuration::from_secs(window as i64));
        let inside: Vec<_> = all.into_iter().filter(|tick| *tick >= oldest).collect();
        let skip = max.map_or(0, |max| inside.len().saturating_sub(max as usize));
        let window = window.map(Duration::from_secs);
        prop_assert_eq!(list(Catchup::Within { window, max }), inside[skip..].to_vec());
    }
}
