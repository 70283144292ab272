//! `@once`, `@continuous` and `every`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{at, in_zone, spec, ticks};
use crate::schedule::{Continuous, EndedRun, Pace, Schedule, Timetable, TimetableSpec};

#[test]
fn every_counts_from_the_epoch_and_not_from_the_start_of_the_day() {
    let timetable = Timetable::new(spec("every 7h"));
    let found = ticks(&timetable, "1969-12-31T12:00:00Z", 3);
    assert_eq!(found, ["1969-12-31T17:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T07:00:00Z"]);
}

#[test]
fn every_counts_from_the_start_date_if_there_is_one_and_has_no_tick_before() {
    let start_date = Some(at("2026-01-01T00:00:00.25Z"));
    let timetable = Timetable::new(TimetableSpec { start_date, ..spec("every 1500ms") });
    let found = ticks(&timetable, "2020-01-01T00:00:00Z", 3);
    assert_eq!(found, ["2026-01-01T00:00:00.25Z", "2026-01-01T00:00:01.75Z", "2026-01-01T00:00:03.25Z"]);
    assert_eq!(timetable.last_at_or_before(at("2026-01-01T00:00:00.2Z")), None);
}

#[test]
fn every_is_elapsed_time_whatever_clocks_do() {
    let found = ticks(&Timetable::new(in_zone("every 1d", "Europe/Berlin")), "2024-03-30T00:00:00Z", 2);
    assert_eq!(found, ["2024-03-31T00:00:00Z", "2024-04-01T00:00:00Z"]);
}

#[test]
fn every_neither_drifts_nor_overflows() {
    let step = Duration::new(1, 1);
    let timetable = Timetable::new(TimetableSpec::new(Schedule::Every(step)));
    let far = at("9999-12-30T00:00:00Z");
    let tick = timetable.last_at_or_before(far).unwrap();
    assert_eq!(tick.as_nanosecond() % 1_000_000_001, 0);
    assert!(far.duration_since(tick) < SignedDuration::new(1, 1));
    assert_eq!(timetable.next_after(Timestamp::MAX), None);
    let longest = Timetable::new(TimetableSpec::new(Schedule::Every(Duration::MAX)));
    assert_eq!(longest.next_after(at("1970-01-01T00:00:00Z")), None);
    assert_eq!(longest.next_after(at("1969-01-01T00:00:00Z")), Some(Timestamp::UNIX_EPOCH));
    assert_eq!(Timetable::new(TimetableSpec::new(Schedule::Every(Duration::ZERO))).next_after(far), None);
}

proptest! {
    #[test]
    fn every_has_a_tick_in_each_step_and_only_one(
        origin in -10_i128.pow(20)..10_i128.pow(20), step in 1_u64..10_u64.pow(16), near in -10_i128.pow(20)..10_i128.pow(20),
    ) {
        let instant = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap();
        // Ticks before the start date do not count, so look from there on.
        let (origin, near) = (origin.min(near), origin.max(near));
        let timetable = Timetable::new(TimetableSpec {
            start_date: Some(instant(origin)),
            ..TimetableSpec::new(Schedule::Every(Duration::from_nanos(step)))
        });
        let last = timetable.last_at_or_before(instant(near)).unwrap().as_nanosecond();
        prop_assert!(last <= near && near - last < i128::from(step));
        prop_assert_eq!((last - origin) % i128::from(step), 0);
        let next = timetable.next_after(instant(near)).unwrap().as_nanosecond();
        prop_assert_eq!(next - last, i128::from(step));
    }
}

#[test]
fn once_is_at_the_start_date() {
    let start = at("2026-01-01T00:00:00Z");
    let timetable = Timetable::new(TimetableSpec { start_date: Some(start), ..spec("@once") });
    assert_eq!(timetable.next_after(at("2020-01-01T00:00:00Z")), Some(start));
    assert_eq!(timetable.next_after(start), None);
    assert_eq!(timetable.last_at_or_before(start), Some(start));
}

#[test]
fn once_without_a_start_date_is_when_the_dag_was_first_seen() {
    let timetable = Timetable::new(spec("@once"));
    let (seen, now) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    assert_eq!(timetable.next_after(at("2020-01-01T00:00:00Z")), None);
    assert_eq!(timetable.missed(None, seen, now).collect::<Vec<_>>(), [seen]);
    assert_eq!(timetable.missed(Some(seen), seen, now).count(), 0);
    assert_eq!(timetable.never(), None);
}

#[test]
fn continuous_has_no_ticks_but_says_when_the_next_run_may_start() {
    let timetable = Timetable::new(spec("@continuous"));
    let seen = at("2026-01-01T00:00:00Z");
    assert_eq!(timetable.next_after(seen), None);
    assert_eq!(timetable.last_at_or_before(seen), None);
    assert_eq!(timetable.missed(None, seen, at("2026-02-01T00:00:00Z")).count(), 0);
    assert_eq!(timetable.never(), None);
    let Pace::Continuous(continuous) = timetable.pace() else { panic!("{:?}", timetable.pace()) };
    assert_eq!(continuous.next_start(None, seen), Some(seen));
    let run = |ended| Some(EndedRun { started: seen, ended: at(ended) });
    assert_eq!(continuous.next_start(run("2026-01-01T00:10:00Z"), seen), Some(at("2026-01-01T00:10:00Z")));
    // A run that ended at once.
    assert_eq!(continuous.next_start(run("2026-01-01T00:00:00.002Z"), seen), Some(at("2026-01-01T00:00:01Z")));
    assert_eq!(Timetable::new(spec("@daily")).pace(), Pace::Ticks);
}

#[test]
fn continuous_keeps_to_its_dates() {
    let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    let continuous = Continuous { start_date: Some(start), end_date: Some(end) };
    let seen = at("2025-01-01T00:00:00Z");
    assert_eq!(continuous.next_start(None, seen), Some(start));
    let run = |ended| Some(EndedRun { started: seen, ended });
    assert_eq!(continuous.next_start(run(seen), seen), Some(start));
    assert_eq!(continuous.next_start(run(end), seen), Some(end));
    assert_eq!(continuous.next_start(run(end + SignedDuration::from_nanos(1)), seen), None);
}
