//! Cron on the calendar, without clock changes.

use jiff::civil::{DateTime, Time, datetime};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::{Strategy, prop_assert_eq, prop_assume, proptest};

use super::{any_cron, at, day_matches, minute_matches, spec, ticks};
use crate::schedule::{Cron, Timetable};

fn utc(schedule: &str, from: &str, count: usize) -> Vec<String> {
    ticks(&Timetable::new(spec(schedule)), from, count)
}

#[test]
fn the_next_tick_is_strictly_later_and_the_last_may_be_now() {
    let timetable = Timetable::new(spec("*/5 * * * *"));
    let tick = at("2026-01-01T00:05:00Z");
    assert_eq!(timetable.next_after(tick), Some(at("2026-01-01T00:10:00Z")));
    assert_eq!(timetable.next_after(tick - SignedDuration::from_nanos(1)), Some(tick));
    assert_eq!(timetable.last_at_or_before(tick), Some(tick));
    assert_eq!(timetable.last_at_or_before(tick - SignedDuration::from_nanos(1)), Some(at("2026-01-01T00:00:00Z")));
}

#[test]
fn parts_of_a_second_before_1970_round_to_the_right_side() {
    let timetable = Timetable::new(spec("* * * * * *"));
    let half = at("1969-12-31T23:59:58.5Z");
    assert_eq!(timetable.next_after(half), Some(at("1969-12-31T23:59:59Z")));
    assert_eq!(timetable.last_at_or_before(half), Some(at("1969-12-31T23:59:58Z")));
}

#[test]
fn a_leap_day_comes_every_four_years_and_not_in_1900() {
    let expected = ["1892-02-29T00:00:00Z", "1896-02-29T00:00:00Z", "1904-02-29T00:00:00Z", "1908-02-29T00:00:00Z"];
    assert_eq!(utc("0 0 29 2 *", "1890-01-01T00:00:00Z", 4), expected);
}

#[test]
fn a_fifth_thursday_in_february_is_found_forty_years_away() {
    assert_eq!(utc("0 0 * 2 4#5", "2080-01-01T00:00:00Z", 2), ["2080-02-29T00:00:00Z", "2120-02-29T00:00:00Z"]);
}

#[test]
fn the_last_day_of_a_month_is_the_last() {
    assert_eq!(
        utc("0 0 L * *", "2024-01-31T00:00:00Z", 3),
        ["2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-30T00:00:00Z"]
    );
}

#[test]
fn weekdays_of_the_month_count_from_its_first_day() {
    // 2026-01-01 is a Thursday.
    assert_eq!(
        utc("0 0 * * 4#1,3#1,L6", "2026-01-01T00:00:00Z", 3),
        ["2026-01-07T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-04T00:00:00Z"]
    );
    assert_eq!(utc("0 0 * * 4#5", "2026-01-01T00:00:00Z", 2), ["2026-01-29T00:00:00Z", "2026-04-30T00:00:00Z"]);
}

#[test]
fn day_and_weekday_are_joined_by_or() {
    assert_eq!(
        utc("0 0 13 * FRI", "2026-01-01T00:00:00Z", 4),
        ["2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"]
    );
    // Set, if not to much effect.
    assert_eq!(utc("0 0 */31 * FRI", "2026-01-01T00:00:00Z", 2), ["2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z"]);
    assert_eq!(utc("0 0 ? * FRI", "2026-01-02T00:00:00Z", 1), ["2026-01-09T00:00:00Z"]);
}

#[test]
fn seconds_are_the_last_field() {
    assert_eq!(utc("59 23 31 12 * 58/1", "2025-12-31T23:59:58Z", 2), ["2025-12-31T23:59:59Z", "2026-12-31T23:59:58Z"]);
}

#[test]
fn time_ends_with_the_calendar() {
    let timetable = Timetable::new(spec("0 0 1 1 *"));
    assert_eq!(timetable.next_after(at("9998-06-01T00:00:00Z")), Some(at("9999-01-01T00:00:00Z")));
    assert_eq!(timetable.next_after(at("9999-01-01T00:00:00Z")), None);
    assert_eq!(timetable.next_after(Timestamp::MAX), None);
    assert_eq!(timetable.last_at_or_before(at("-009998-12-31T00:00:00Z")), Some(at("-009998-01-01T00:00:00Z")));
    assert_eq!(timetable.last_at_or_before(at("-009998-01-01T00:00:00Z") - SignedDuration::from_secs(1)), None);
    assert_eq!(timetable.last_at_or_before(Timestamp::MIN), None);
    let seconds = Timetable::new(spec("* * * * * *"));
    assert_eq!(seconds.last_at_or_before(Timestamp::MAX), Some(at("9999-12-30T22:00:00Z")));
    assert_eq!(seconds.next_after(Timestamp::MIN), Some(Timestamp::MIN + SignedDuration::from_secs(1)));
}

/// As far as the search by hand goes: no date of the calendar is further from its next.
const YEARS: i32 = 41;

/// Day for day, then second for second.
fn by_hand(cron: &Cron, mut days: impl Iterator<Item = DateTime>, onward: bool) -> Option<DateTime> {
    days.find_map(|start| {
        if !day_matches(cron, start.date()) {
            return None;
        }
        let minutes = (0..24 * 60).map(|minute| start.date().to_datetime(Time::MIN) + i64::from(minute).minutes());
        let mut seconds = minutes.filter(|minute| minute_matches(cron, *minute)).flat_map(|minute| {
            (0..60)
                .filter(|second| cron.seconds.contains(*second))
                .map(move |second| minute + i64::from(second).seconds())
        });
        if onward { seconds.find(|time| *time >= start) } else { seconds.rfind(|time| *time <= start) }
    })
}

proptest! {
    #[test]
    fn jumping_finds_what_walking_finds(
        text in any_cron(),
        start in (1850_i16..2150, 1_i8..=12, 1_i8..=28, 0_i8..24, 0_i8..60, 0_i8..60)
            .prop_map(|(year, month, day, hour, minute, second)| datetime(year, month, day, hour, minute, second, 0)),
        beside in -5_i64..5,
    ) {
        let cron = Cron::parse(&text).unwrap();
        prop_assume!(cron.never().is_none());
        // Near the ends of months, too.
        let start = start + beside.days();
        let at_start = |date: DateTime| if date.date() == start.date() { start } else { date };
        let onward = (0..YEARS * 366).map(|n| at_start((start.date() + n.days()).to_datetime(Time::MIN)));
        prop_assert_eq!(cron.first_from(start), by_hand(&cron, onward, true));
        let back = (0..YEARS * 366).map(|n| at_start((start.date() - n.days()).to_datetime(Time::MAX)));
        prop_assert_eq!(cron.last_to(start), by_hand(&cron, back, false));
    }
}
