//! The ticks of a few schedules, found minute by minute: by `docs/scheduling.md` and a table of zones, with no code of the
//! schedules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How a schedule ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Beats {
    /// So many seconds apart.
    Every(i64),
    /// When the clocks of the zone show one of the minutes, in this hour or in any, on this day of the week or on any.
    Clock {
        minutes: &'static [i8],
        hour: Option<i8>,
        weekday: Option<Weekday>,
    },
    Once,
    Continuous,
}

/// As they are written, and what that means.
pub(super) const SCHEDULES: [(&str, Beats); 9] = [
    ("every 11m", Beats::Every(11 * 60)),
    ("every 7h", Beats::Every(7 * 3_600)),
    ("*/20 * * * *", Beats::Clock { minutes: &[0, 20, 40], hour: None, weekday: None }),
    ("30 2 * * *", Beats::Clock { minutes: &[30], hour: Some(2), weekday: None }),
    ("0 * * * *", Beats::Clock { minutes: &[0], hour: None, weekday: None }),
    ("15 3 * * SUN", Beats::Clock { minutes: &[15], hour: Some(3), weekday: Some(Weekday::Sunday) }),
    ("@hourly", Beats::Clock { minutes: &[0], hour: None, weekday: None }),
    ("@once", Beats::Once),
    ("@continuous", Beats::Continuous),
];

pub(super) const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];

/// The world begins a few hours before clocks change: forward and back, in Berlin and in New York.
const BEGINNINGS: [&str; 4] =
    ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-03-08T02:00:00Z", "2026-11-01T01:00:00Z"];

/// When a world of that seed begins.
pub(super) fn beginning(seed: u64) -> Timestamp {
    BEGINNINGS[(seed % 4) as usize].parse().unwrap()
}

/// Far enough that no simulated clock gets there.
pub(super) fn horizon(begin: Timestamp) -> Timestamp {
    begin + SignedDuration::from_hours(24 * 9)
}

/// All its ticks from days before the beginning to beyond the horizon; `anchor` is where `every` counts from.
pub(super) fn all_ticks(
    beats: Beats,
    zone: &'static str,
    begin: Timestamp,
    anchor: Option<Timestamp>,
) -> Rc<[Timestamp]> {
    match beats {
        Beats::Every(seconds) => every(seconds, begin, anchor.unwrap_or(Timestamp::UNIX_EPOCH)),
        Beats::Clock { .. } => by_the_clock(beats, zone, begin),
        Beats::Once | Beats::Continuous => Rc::new([]),
    }
}

fn span(begin: Timestamp) -> (Timestamp, Timestamp) {
    // A week before the first tick and two after the last, for the schedule that ticks once a week.
    (begin - SignedDuration::from_hours(24 * 9), horizon(begin) + SignedDuration::from_hours(24 * 15))
}

fn every(seconds: i64, begin: Timestamp, anchor: Timestamp) -> Rc<[Timestamp]> {
    let (from, to) = span(begin);
    let (from, to, anchor) = (from.as_second(), to.as_second(), anchor.as_second());
    let first = from + (anchor - from).rem_euclid(seconds);
    (first..to).step_by(seconds as usize).map(|at| Timestamp::from_second(at).unwrap()).collect()
}

/// What the clocks of a zone show, minute by minute.
type Shown = Rc<[(Timestamp, DateTime)]>;
type Known = HashMap<(Beats, &'static str, Timestamp), Rc<[Timestamp]>>;

thread_local! {
    static SHOWN: RefCell<HashMap<(&'static str, Timestamp), Shown>> = RefCell::default();
    static TICKS: RefCell<Known> = RefCell::default();
}

fn shown(zone: &'static str, begin: Timestamp) -> Shown {
    let look = || {
        let (from, to) = span(begin);
        let zone = TimeZone::get(zone).unwrap();
        let minutes = (from.as_second()..to.as_second()).step_by(60);
        minutes.map(|at| Timestamp::from_second(at).unwrap()).map(|at| (at, zone.to_datetime(at))).collect()
    };
    SHOWN.with_borrow_mut(|known| Rc::clone(known.entry((zone, begin)).or_insert_with(look)))
}

fn by_the_clock(beats: Beats, zone: &'static str, begin: Timestamp) -> Rc<[Timestamp]> {
    let known = TICKS.with_borrow(|known| known.get(&(beats, zone, begin)).cloned());
    known.unwrap_or_else(|| {
        let found = walk(beats, &shown(zone, begin));
        TICKS.with_borrow_mut(|known| known.insert((beats, zone, begin), Rc::clone(&found)));
        found
    })
}

/// With any hour, each minute that shows it. Else the first time that the clock shows it, or has gone past it.
fn walk(beats: Beats, shown: &[(Timestamp, DateTime)]) -> Rc<[Timestamp]> {
    let Beats::Clock { minutes, hour, weekday } = beats else { return Rc::new([]) };
    let is_meant = |local: DateTime| {
        minutes.contains(&local.minute())
            && hour.is_none_or(|hour| hour == local.hour())
            && weekday.is_none_or(|weekday| weekday == local.weekday())
    };
    let Some((_, mut furthest)) = shown.first().copied() else { return Rc::new([]) };
    let mut found = Vec::new();
    for (at, local) in shown.iter().copied() {
        let is_new = || {
            let new = (furthest.max(local) == local).then(|| minutes_between(furthest, local));
            new.is_some_and(|mut new| new.any(is_meant))
        };
        if if hour.is_none() { is_meant(local) } else { is_new() } {
            found.push(at);
        }
        furthest = furthest.max(local);
    }
    found.into()
}

/// The minutes after the first, up to and with the last.
fn minutes_between(after: DateTime, to: DateTime) -> impl Iterator<Item = DateTime> {
    let next = |local: DateTime| local + SignedDuration::from_mins(1);
    std::iter::successors(Some(next(after)), move |local| Some(next(*local))).take_while(move |local| *local <= to)
}

#[test]
fn the_ticks_at_clock_changes_are_those_that_the_page_says() {
    let days = |number: usize, zone, day: &str| -> Vec<String> {
        let begin = BEGINNINGS[number].parse().unwrap();
        let daily = all_ticks(SCHEDULES[3].1, zone, begin, None);
        daily.iter().map(Timestamp::to_string).filter(|tick| tick.starts_with(day)).collect()
    };
    // 02:30 is not there in the spring, so it ticks at 03:00; it comes twice in the autumn.
    assert_eq!(days(0, "Europe/Berlin", "2026-03-29"), ["2026-03-29T01:00:00Z"]);
    assert_eq!(days(1, "Europe/Berlin", "2026-10-25"), ["2026-10-25T00:30:00Z"]);
    assert_eq!(days(2, "America/New_York", "2026-03-08"), ["2026-03-08T07:00:00Z"]);
    let hourly = all_ticks(SCHEDULES[4].1, "Europe/Berlin", BEGINNINGS[1].parse().unwrap(), None);
    assert!(hourly.windows(2).all(|pair| pair[1].duration_since(pair[0]) == SignedDuration::from_hours(1)));
}
