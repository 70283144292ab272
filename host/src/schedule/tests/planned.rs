//! Dates that bound a timetable, and what its runs are for.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{any_cron, at, in_zone, spec, ticks};
use crate::schedule::{DataInterval, PlannedRun, Schedule, Timetable, TimetableSpec, Window};

/// For the time between ticks.
fn intervals(schedule: &str) -> TimetableSpec {
    TimetableSpec { window: Window::Previous, ..spec(schedule) }
}

fn from_to(spec: TimetableSpec, start_date: &str, end_date: &str) -> Timetable {
    Timetable::new(TimetableSpec { start_date: Some(at(start_date)), end_date: Some(at(end_date)), ..spec })
}

/// The logical dates.
fn dates(runs: impl Iterator<Item = PlannedRun>) -> Vec<String> {
    runs.map(|run| run.logical_date.to_string()).collect()
}

#[test]
fn start_and_end_date_count_themselves() {
    let timetable = from_to(spec("@daily"), "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z");
    assert_eq!(
        ticks(&timetable, "2020-01-01T00:00:00Z", 5),
        ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]
    );
    assert_eq!(timetable.last_at_or_before(at("2025-12-31T23:59:59Z")), None);
    assert_eq!(timetable.last_at_or_before(at("2030-01-01T00:00:00Z")), Some(at("2026-01-03T00:00:00Z")));
}

#[test]
fn a_trigger_schedules_run_is_for_its_tick() {
    let tick = at("2026-01-02T00:00:00Z");
    let run = Timetable::new(spec("@daily")).run_at(tick);
    let data_interval = DataInterval { start: tick, end: tick };
    assert_eq!(run, PlannedRun { run_after: tick, logical_date: tick, data_interval });
}

#[test]
fn an_intervals_run_starts_at_its_end_and_is_named_after_its_start() {
    let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    let expected = PlannedRun { run_after: end, logical_date: start, data_interval: DataInterval { start, end } };
    for schedule in ["@daily", "every 1d"] {
        assert_eq!(Timetable::new(intervals(schedule)).run_at(end), expected);
    }
}

#[test]
fn an_interval_over_a_clock_change_is_as_long_as_the_day_was() {
    let timetable = Timetable::new(TimetableSpec { window: Window::Previous, ..in_zone("@daily", "Europe/Berlin") });
    let interval = timetable.run_at(at("2024-03-31T22:00:00Z")).data_interval;
    assert_eq!(interval.end.duration_since(interval.start), SignedDuration::from_hours(23));
}

#[test]
fn the_first_interval_is_the_first_whole_one_after_the_start_date() {
    let timetable = from_to(intervals("@daily"), "2026-01-01T12:00:00Z", "2026-02-01T00:00:00Z");
    // The interval that began on the 1st had begun before the start date.
    assert_eq!(timetable.next_after(at("2020-01-01T00:00:00Z")), Some(at("2026-01-03T00:00:00Z")));
    assert_eq!(timetable.last_at_or_before(at("2026-01-02T23:00:00Z")), None);
    let on_a_tick = from_to(intervals("@daily"), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    assert_eq!(on_a_tick.next_after(at("2020-01-01T00:00:00Z")), Some(at("2026-01-02T00:00:00Z")));
}

#[test]
fn the_last_interval_begins_at_the_end_date_at_the_latest() {
    let timetable = from_to(intervals("@daily"), "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z");
    let all: Vec<_> = timetable.ticks_after(at("2020-01-01T00:00:00Z")).map(|tick| timetable.run_at(tick)).collect();
    assert_eq!(dates(all.into_iter()), ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]);
    assert_eq!(timetable.last_at_or_before(Timestamp::MAX), Some(at("2026-01-04T00:00:00Z")));
}

#[test]
fn once_has_no_interval() {
    let start = at("2026-01-01T00:00:00Z");
    let timetable = Timetable::new(TimetableSpec { start_date: Some(start), ..intervals("@once") });
    assert_eq!(timetable.next_after(at("2025-01-01T00:00:00Z")), Some(start));
    assert_eq!(timetable.run_at(start).data_interval, DataInterval { start, end: start });
}

#[test]
fn a_backfill_is_for_logical_dates_from_either_end() {
    let (from, to) = (at("2026-01-05T00:00:00Z"), at("2026-01-07T12:00:00Z"));
    let expected = ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"];
    for spec in [spec("@daily"), intervals("@daily")] {
        let timetable = Timetable::new(spec);
        assert_eq!(dates(timetable.planned_between(from, to)), expected);
        let mut newest_first = dates(timetable.planned_between(from, to).rev());
        newest_first.reverse();
        assert_eq!(newest_first, expected);
        assert_eq!(timetable.planned_between(to, from).count(), 0);
        let mut both_ends = timetable.planned_between(from, to);
        assert!(both_ends.next().is_some() && both_ends.next_back().is_some() && both_ends.next().is_some());
        assert_eq!((both_ends.next(), both_ends.next_back()), (None, None));
    }
}

#[test]
fn a_backfill_keeps_to_the_dags_dates() {
    let timetable = from_to(intervals("@daily"), "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
    let runs = timetable.planned_between(at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    assert_eq!(dates(runs), ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]);
}

#[test]
fn a_long_backfill_is_made_as_it_is_asked_for() {
    let timetable = Timetable::new(intervals("every 1s"));
    let mut runs = timetable.planned_between(Timestamp::MIN, Timestamp::MAX);
    assert!(runs.next().is_some() && runs.next_back().is_some());
}

#[test]
fn a_timetable_without_any_tick_says_why() {
    let never = |spec: TimetableSpec, start_date: &str, end_date: &str| from_to(spec, start_date, end_date).never();
    let (start, end) = ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z");
    assert_eq!(never(spec("@daily"), start, end), None);
    assert_eq!(never(spec("0 0 30 2 *"), start, end).unwrap(), "no month 2 has a day 30");
    for schedule in ["@daily", "@once", "@continuous", "every 1h"] {
        assert_eq!(never(spec(schedule), end, start).unwrap(), "`end_date` is before `start_date`", "{schedule}");
    }
    assert_eq!(never(spec("0 0 1 2 *"), start, end).unwrap(), "there is no tick from `start_date` to `end_date`");
    assert_eq!(
        never(intervals("0 0 1 2 *"), start, end).unwrap(),
        "no interval between two ticks begins from `start_date` to `end_date`"
    );
    // The interval goes on beyond the end date.
    assert_eq!(never(intervals("0 0 2 1 *"), start, end), None);
    let late = TimetableSpec { start_date: Some(at("9999-06-01T00:00:00Z")), ..spec("@yearly") };
    assert_eq!(Timetable::new(late).never().unwrap(), "there is no tick after `start_date`");
    let impossible = Timetable::new(in_zone("0 0 31 4 *", "Europe/Berlin"));
    assert_eq!(impossible.next_after(at(start)), None);
    assert_eq!(impossible.last_at_or_before(at(start)), None);
    assert_eq!(impossible.planned_between(at(start), at(end)).count(), 0);
}

proptest! {
    #[test]
    fn planned_runs_are_those_of_the_ticks_whose_logical_date_is_asked_for(
        schedule in prop_oneof![
            any_cron().prop_map(|text| Schedule::parse(&text).unwrap()),
            (3_600_u64..10_000_000).prop_map(|seconds| Schedule::Every(std::time::Duration::from_secs(seconds))),
        ],
        window in prop_oneof![Just(Window::None), Just(Window::Previous)],
        bounds in (1_700_000_000_i64..1_800_000_000, 0_i64..10_000_000),
        asked in (1_700_000_000_i64..1_800_000_000, 0_i64..10_000_000),
        bounded in any::<bool>(),
    ) {
        let instant = |second| Timestamp::from_second(second).unwrap();
        let (start, end) = (instant(bounds.0), instant(bounds.0 + bounds.1));
        // So that both meet now and then.
        let from = if bounded { instant(bounds.0 + (asked.0 % 20_000_000) - 10_000_000) } else { instant(asked.0) };
        let to = from + SignedDuration::from_secs(asked.1);
        let dates = |date| bounded.then_some(date);
        let whole = TimetableSpec { window, ..TimetableSpec::new(schedule) };
        // `every` counts from the start date, so give the unbounded one its origin by a tick long before.
        let every = matches!(whole.schedule, Schedule::Every(_));
        let unbounded = Timetable::new(TimetableSpec { start_date: every.then_some(start).filter(|_| bounded), ..whole.clone() });
        let timetable = Timetable::new(TimetableSpec { start_date: dates(start), end_date: dates(end), ..whole });
        let within = |date: &Timestamp| from <= *date && *date <= to && (!bounded || start <= *date && *date <= end);
        let few = 300;
        let expected: Vec<_> = unbounded
            .ticks_after(from - SignedDuration::from_nanos(1))
            .map(|tick| unbounded.run_at(tick))
            .take_while(|run| run.logical_date <= to)
            .filter(|run| within(&run.logical_date))
            .take(few)
            .collect();
        let planned: Vec<_> = timetable.planned_between(from, to).take(few).collect();
        prop_assert_eq!(&planned, &expected);
        for run in &planned {
            prop_assert_eq!(timetable.run_at(run.run_after), *run);
            prop_assert_eq!(timetable.last_at_or_before(run.run_after), Some(run.run_after));
        }
        if planned.len() < few {
            let mut back: Vec<_> = timetable.planned_between(from, to).rev().collect();
            back.reverse();
            prop_assert_eq!(&back, &planned);
        }
        prop_assert!(planned.windows(2).all(|pair| pair[0].logical_date < pair[1].logical_date));
    }
}
