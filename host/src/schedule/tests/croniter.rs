//! Thousands of lists that croniter 6 computed; `croniter.py` beside this file says how and what it leaves out.

use jiff::{SignedDuration, Timestamp};

use super::in_zone;
use crate::schedule::{ClockChanges, DstFold, Timetable, TimetableSpec};

#[test]
fn cron_means_what_croniter_means() {
    let mut wrong = Vec::new();
    let mut ticks = 0;
    for line in include_str!("croniter.txt").lines() {
        let [zone, schedule, start, after, before] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        // Where a local time exists twice, croniter ticks twice.
        let clock_changes = ClockChanges { fold: DstFold::Both, ..ClockChanges::default() };
        let timetable = Timetable::new(TimetableSpec { clock_changes, ..in_zone(schedule, zone) });
        let start = Timestamp::from_second(start.parse().unwrap()).unwrap();

        let expected = moments(start, after, 1);
        let found: Vec<_> = timetable.ticks_after(start).take(expected.len()).collect();
        if found != expected {
            wrong.push(format!("{line}\n  after: {found:?}\n  croniter: {expected:?}"));
        }

        let expected = if before == "-" { Vec::new() } else { moments(start, before, -1) };
        let moment = SignedDuration::from_nanos(1);
        let earlier = |tick: &Timestamp| timetable.last_at_or_before(*tick - moment);
        let found: Vec<_> = std::iter::successors(earlier(&start), earlier).take(expected.len()).collect();
        if found != expected {
            wrong.push(format!("{line}\n  before: {found:?}\n  croniter: {expected:?}"));
        }
        ticks += found.len();
    }
    assert!(wrong.is_empty(), "{} lists differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(ticks > 10_000, "{ticks}");
}

/// Distances, each from the moment before, as moments.
fn moments(start: Timestamp, distances: &str, sign: i64) -> Vec<Timestamp> {
    let mut at = start;
    let next = |distance: &str| {
        at += SignedDuration::from_secs(sign * distance.parse::<i64>().unwrap());
        at
    };
    distances.split(' ').map(next).collect()
}
