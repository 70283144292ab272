//! The tests of the room, by concept.

mod calendar;
mod clock_changes;
mod croniter;
mod fuzz;
mod grammar;
mod kinds;
mod missed;
mod planned;
mod zones;

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_oneof};

use crate::schedule::{Cron, Schedule, Timetable, TimetableSpec};

/// An instant, from its text.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// In UTC and without bounds.
fn spec(schedule: &str) -> TimetableSpec {
    TimetableSpec::new(Schedule::parse(schedule).unwrap())
}

fn in_zone(schedule: &str, name: &str) -> TimetableSpec {
    TimetableSpec { zone: zone(name), ..spec(schedule) }
}

/// The first `count` ticks after `from`, as text; checked from the other end as well.
fn ticks(timetable: &Timetable, from: &str, count: usize) -> Vec<String> {
    let found: Vec<_> = timetable.ticks_after(at(from)).take(count).collect();
    for pair in found.windows(2) {
        assert_eq!(timetable.last_at_or_before(pair[1] - jiff::SignedDuration::from_nanos(1)), Some(pair[0]));
        assert_eq!(timetable.last_at_or_before(pair[1]), Some(pair[1]));
    }
    found.iter().map(Timestamp::to_string).collect()
}

/// Whether the day counts, asked of one day after the other.
fn day_matches(cron: &Cron, date: Date) -> bool {
    let day = date.day() as u32;
    let weekday = date.weekday().to_sunday_zero_offset() as u32;
    let by_day = cron.days.map(|days| days.numbers.contains(day) || days.last && date == date.last_of_month());
    let by_weekday = cron.weekdays.as_ref().map(|days| {
        days.every.contains(weekday)
            || days.nth.contains(&(weekday, (day - 1) / 7 + 1))
            || days.last.contains(weekday) && day + 7 > date.days_in_month() as u32
    });
    let day_counts = match (by_day, by_weekday) {
        (None, None) => true,
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) => one || other,
    };
    cron.months.contains(date.month() as u32) && day_counts
}

fn minute_matches(cron: &Cron, local: DateTime) -> bool {
    cron.hours.contains(local.hour() as u32) && cron.minutes.contains(local.minute() as u32)
}

/// One field: mostly simple forms, sometimes a list of them.
fn field(range: RangeInclusive<u32>) -> BoxedStrategy<String> {
    let (low, high) = (*range.start(), *range.end());
    let item = prop_oneof![
        3 => (low..=high).prop_map(|n| n.to_string()),
        2 => ((low..=high), (low..=high)).prop_map(|(a, b)| format!("{a}-{b}")),
        2 => (1..=high + 2).prop_map(|step| format!("*/{step}")),
        1 => ((low..=high), (low..=high), 1..=high + 2).prop_map(|(a, b, step)| format!("{a}-{b}/{step}")),
        1 => ((low..=high), 1..=high + 2).prop_map(|(a, step)| format!("{a}/{step}")),
    ];
    prop_oneof![2 => Just("*".to_owned()), 5 => vec(item, 1..4).prop_map(|items| items.join(","))].boxed()
}

fn day_field() -> BoxedStrategy<String> {
    prop_oneof![3 => field(1..=31), 1 => Just("L".to_owned()), 1 => field(1..=31).prop_map(|days| format!("L,{days}"))]
        .prop_filter("`*` within a list", |text| text == "*" || !text.split(',').any(|item| item == "*"))
        .boxed()
}

fn weekday_field() -> BoxedStrategy<String> {
    let special = prop_oneof![
        ((0_u32..=7), (1_u32..=5)).prop_map(|(day, which)| format!("{day}#{which}")),
        (0_u32..=7).prop_map(|day| format!("L{day}")),
    ];
    prop_oneof![3 => field(0..=6), 2 => vec(special, 1..4).prop_map(|items| items.join(","))].boxed()
}

/// Cron of five or six fields, most of them set.
fn any_cron() -> BoxedStrategy<String> {
    let days = prop_oneof![2 => Just("*".to_owned()), 2 => day_field()];
    let weekdays = prop_oneof![2 => Just("*".to_owned()), 2 => weekday_field()];
    let seconds = prop_oneof![2 => Just(String::new()), 1 => field(0..=59)];
    (field(0..=59), field(0..=23), days, field(1..=12), weekdays, seconds)
        .prop_map(|(minute, hour, day, month, weekday, second)| {
            format!("{minute} {hour} {day} {month} {weekday} {second}").trim_end().to_owned()
        })
        .boxed()
}
