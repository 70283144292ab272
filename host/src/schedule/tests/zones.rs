//! The whole time zone database, against an oracle that walks over every local minute.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, tz};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::{any_cron, day_matches, field, minute_matches};
use crate::schedule::{ClockChanges, Cron, DstFold, DstGap, Schedule, Timetable, TimetableSpec};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Every zone that the library knows, its other names too.
fn zones() -> Vec<(String, TimeZone)> {
    let names: Vec<_> = tz::db().available().map(|name| name.as_str().to_owned()).collect();
    assert!(names.len() > 400, "{}", names.len());
    names.into_iter().map(|name| (name.clone(), tz::db().get(&name).unwrap())).collect()
}

/// When the offset changes, until the rules only repeat themselves.
fn changes(zone: &TimeZone) -> Vec<Timestamp> {
    let until: Timestamp = "2120-01-01T00:00:00Z".parse().unwrap();
    zone.following(Timestamp::MIN)
        .map(|change| change.timestamp())
        .take_while(|at| *at < until)
        .filter(|at| zone.to_offset(*at - SECOND) != zone.to_offset(*at))
        .collect()
}

#[test]
fn no_two_changes_of_an_offset_are_close_to_each_other() {
    for (name, zone) in zones() {
        for pair in changes(&zone).windows(2) {
            assert!(pair[1].duration_since(pair[0]) > SignedDuration::from_hours(53), "{name}: {pair:?}");
        }
    }
}

/// Between which instants ticks are compared.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

/// All ticks in `span`, from the rule's words and by another way into the library: local time → instants.
fn by_hand(cron: &Cron, zone: &TimeZone, rule: ClockChanges, span: Span) -> BTreeSet<Timestamp> {
    let every_hour = cron.every_hour;
    // Local times before and after any change in between.
    let offsets = [zone.to_offset(span.from), zone.to_offset(span.to)];
    let locals = |at: Timestamp| offsets.map(|offset| offset.to_datetime(at));
    let first = locals(span.from).into_iter().min().unwrap();
    let last = locals(span.to).into_iter().max().unwrap();
    let mut ticks = BTreeSet::new();
    let mut minute = first.with().second(0).build().unwrap();
    while minute <= last {
        if !day_matches(cron, minute.date()) || !cron.hours.contains(minute.hour() as u32) {
            // The rest of the hour is like this minute.
            minute += SignedDuration::from_mins(60 - i64::from(minute.minute()));
            continue;
        }
        if minute_matches(cron, minute) {
            for second in (0..60).filter(|second| cron.seconds.contains(*second)) {
                let local = minute + SignedDuration::from_secs(second.into());
                ticks.extend(instants(local, zone, every_hour, rule));
            }
        }
        minute += SignedDuration::from_mins(1);
    }
    ticks.into_iter().filter(|tick| span.from <= *tick && *tick <= span.to).collect()
}

fn instants(local: DateTime, zone: &TimeZone, every_hour: bool, rule: ClockChanges) -> Vec<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let (earlier, later) = (ambiguous.earlier().unwrap(), ambiguous.later().unwrap());
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => vec![earlier],
        AmbiguousOffset::Gap { .. } if every_hour => vec![],
        AmbiguousOffset::Gap { .. } => match rule.gap {
            DstGap::After => vec![first_after_gap(zone, earlier, later)],
            DstGap::Skip => vec![],
        },
        AmbiguousOffset::Fold { .. } if every_hour => vec![earlier, later],
        AmbiguousOffset::Fold { .. } => match rule.fold {
            DstFold::First => vec![earlier],
            DstFold::Second => vec![later],
            DstFold::Both => vec![earlier, later],
        },
    }
}

/// By halving: `before` has the old offset, `after` the new one.
fn first_after_gap(zone: &TimeZone, before: Timestamp, after: Timestamp) -> Timestamp {
    let old = zone.to_offset(before);
    let (mut low, mut high) = (before.as_second(), after.as_second());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let same = zone.to_offset(Timestamp::from_second(middle).unwrap()) == old;
        if same { low = middle } else { high = middle }
    }
    Timestamp::from_second(high).unwrap()
}

/// Cron that ticks often enough to meet a given hour.
fn busy_cron() -> BoxedStrategy<String> {
    let minutes = prop_oneof![
        1 => Just("*".to_owned()), 4 => Just("*/7".to_owned()), 3 => Just("0,30".to_owned()), 2 => field(0..=59)
    ];
    let hours = prop_oneof![
        3 => Just("*".to_owned()),
        2 => Just("*/1".to_owned()),
        2 => Just("*/2".to_owned()),
        2 => Just("22-3".to_owned()),
        2 => Just("0,2".to_owned()),
        2 => field(0..=23),
    ];
    let seconds = prop_oneof![6 => Just(""), 1 => Just(" */20"), 1 => Just(" 59")];
    let days = prop_oneof![6 => Just("* *"), 1 => Just("*/2 *"), 1 => Just("L *")];
    let weekdays = prop_oneof![4 => Just("*"), 1 => Just("FRI-MON")];
    (minutes, hours, days, weekdays, seconds)
        .prop_map(|(minute, hour, days, weekday, second)| format!("{minute} {hour} {days} {weekday}{second}"))
        .boxed()
}

fn rules() -> impl Strategy<Value = ClockChanges> {
    let gap = prop_oneof![Just(DstGap::After), Just(DstGap::Skip)];
    let fold = prop_oneof![Just(DstFold::First), Just(DstFold::Second), Just(DstFold::Both)];
    (gap, fold).prop_map(|(gap, fold)| ClockChanges { gap, fold })
}

/// Where to look: round a change of the zone's clocks if it has one, today's rules in a far year, or anywhere.
fn place(zone: &TimeZone, all: &[Timestamp], which: Index, kind: u8, anywhere: i64) -> Timestamp {
    let anywhere = Timestamp::from_second(anywhere).unwrap();
    match kind {
        0 => anywhere,
        1 => zone.following(anywhere).next().map_or(anywhere, |change| change.timestamp()),
        2.. if all.is_empty() => anywhere,
        2.. => all[which.index(all.len())],
    }
}

/// One schedule in one zone, compared with the walk over all minutes.
fn compare(name: &str, zone: &TimeZone, text: &str, rule: ClockChanges, middle: Timestamp) {
    let cron = Cron::parse(text).unwrap();
    // A walk over seconds must be short.
    let hours = if text.split_whitespace().count() == 6 { 2 } else { 30 };
    let reach = SignedDuration::from_hours(hours);
    let span = Span { from: middle - reach, to: middle + reach };
    let expected: Vec<_> = by_hand(&cron, zone, rule, span).into_iter().collect();
    let timetable = Timetable::new(TimetableSpec {
        zone: zone.clone(),
        clock_changes: rule,
        ..TimetableSpec::new(Schedule::Cron(cron))
    });
    let case = format!("`{text}` in {name} with {rule:?} round {middle}");
    let onward: Vec<_> = timetable.ticks_after(span.from - SECOND).take_while(|tick| *tick <= span.to).collect();
    assert_eq!(onward, expected, "{case}");
    let mut back = Vec::new();
    let mut to = span.to;
    while let Some(tick) = timetable.last_at_or_before(to).filter(|tick| *tick >= span.from) {
        back.push(tick);
        to = tick - SignedDuration::from_nanos(1);
    }
    back.reverse();
    assert_eq!(back, expected, "backward: {case}");
}

/// Cases per zone: the usual number of proptest is for the whole database, more or less.
fn cases() -> u32 {
    (Config::default().cases / 128).max(1)
}

#[test]
fn no_tick_is_lost_or_doubled_in_any_zone() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    // From the year 1700 to 9000.
    let case = (busy_cron(), rules(), any::<Index>(), 0_u8..12, -8_520_336_000_i64..221_845_392_000);
    for (name, zone) in zones() {
        let all = changes(&zone);
        for _ in 0..cases() {
            let (text, rule, which, kind, anywhere) = case.new_tree(&mut runner).unwrap().current();
            compare(&name, &zone, &text, rule, place(&zone, &all, which, kind, anywhere));
        }
    }
}

#[test]
fn rare_ticks_are_found_from_both_sides_in_any_zone() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let case = (any_cron(), rules(), -8_520_336_000_i64..221_845_392_000);
    for (name, zone) in zones() {
        for _ in 0..cases() {
            let (text, clock_changes, from) = case.new_tree(&mut runner).unwrap().current();
            let from = Timestamp::from_second(from).unwrap();
            let schedule = Schedule::parse(&text).unwrap();
            let timetable =
                Timetable::new(TimetableSpec { zone: zone.clone(), clock_changes, ..TimetableSpec::new(schedule) });
            let ticks: Vec<_> = timetable.ticks_after(from).take(4).collect();
            let case = format!("`{text}` in {name} with {clock_changes:?} after {from}");
            assert!(ticks.len() == 4 || timetable.never().is_some(), "{case}: {ticks:?}");
            let mut last = from;
            for tick in ticks {
                assert!(tick > last, "{case}: {tick}");
                let moment = SignedDuration::from_nanos(1);
                assert_eq!(timetable.last_at_or_before(tick), Some(tick), "{case}");
                let before = timetable.last_at_or_before(tick - moment);
                assert!(before.is_none_or(|before| before <= last), "{case}: {before:?} between {last} and {tick}");
                if last != from {
                    assert_eq!(before, Some(last), "{case}");
                }
                last = tick;
            }
        }
    }
}
