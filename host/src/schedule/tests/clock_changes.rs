//! Ticks where clocks change. The changes are past ones, which no later version of the zones' data moves.

use super::{at, in_zone, ticks};
use crate::schedule::{ClockChanges, DstFold, DstGap, Timetable};

/// Ticks in Europe/Berlin. 2024: 31 March 02:00 becomes 03:00 (01:00Z); 27 October 03:00 becomes 02:00 (01:00Z).
fn berlin(schedule: &str, changes: ClockChanges, from: &str, count: usize) -> Vec<String> {
    let timetable =
        Timetable::new(crate::schedule::TimetableSpec { clock_changes: changes, ..in_zone(schedule, "Europe/Berlin") });
    ticks(&timetable, from, count)
}

fn of(name: &str, schedule: &str, from: &str, count: usize) -> Vec<String> {
    ticks(&Timetable::new(in_zone(schedule, name)), from, count)
}

const USUAL: ClockChanges = ClockChanges { gap: DstGap::After, fold: DstFold::First };

#[test]
fn a_local_time_that_does_not_exist_is_due_right_after_the_gap() {
    assert_eq!(
        berlin("30 2 * * *", USUAL, "2024-03-30T00:00:00Z", 3),
        ["2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"]
    );
}

#[test]
fn what_falls_on_the_end_of_a_gap_together_is_one_tick() {
    assert_eq!(
        berlin("0,15,30 2,3 * * *", USUAL, "2024-03-30T23:00:00Z", 3),
        ["2024-03-31T01:00:00Z", "2024-03-31T01:15:00Z", "2024-03-31T01:30:00Z"]
    );
}

#[test]
fn a_gap_may_be_skipped() {
    let skip = ClockChanges { gap: DstGap::Skip, ..USUAL };
    assert_eq!(berlin("30 2 * * *", skip, "2024-03-30T00:00:00Z", 2), ["2024-03-30T01:30:00Z", "2024-04-01T00:30:00Z"]);
    // The end of the gap itself exists.
    assert_eq!(berlin("0 2,3 * * *", skip, "2024-03-30T23:00:00Z", 1), ["2024-03-31T01:00:00Z"]);
}

#[test]
fn a_local_time_that_exists_twice_is_a_tick_at_the_first_or_as_the_dag_says() {
    let fold = |fold| ClockChanges { fold, ..USUAL };
    let next = |changes| berlin("30 2 * * *", changes, "2024-10-26T12:00:00Z", 3);
    let (first, second, then) = ("2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-28T01:30:00Z");
    assert_eq!(next(fold(DstFold::First))[..2], [first, then]);
    assert_eq!(next(fold(DstFold::Second))[..2], [second, then]);
    assert_eq!(next(fold(DstFold::Both)), [first, second, then]);
}

#[test]
fn an_hour_field_of_just_a_star_ticks_in_both_passes_and_in_no_gap() {
    // Whatever the DAG says of clock changes.
    for changes in [USUAL, ClockChanges { gap: DstGap::Skip, fold: DstFold::Second }] {
        assert_eq!(
            berlin("30 * * * *", changes, "2024-10-27T00:00:00Z", 3),
            ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z"]
        );
        assert_eq!(
            berlin("30 * * * *", changes, "2024-03-31T00:00:00Z", 2),
            ["2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"]
        );
    }
}

#[test]
fn any_other_hour_field_ticks_once_per_local_time_even_if_it_holds_every_hour() {
    for hours in ["*/1", "0-23"] {
        let schedule = format!("30 {hours} * * *");
        assert_eq!(
            berlin(&schedule, USUAL, "2024-10-27T00:00:00Z", 3),
            ["2024-10-27T00:30:00Z", "2024-10-27T02:30:00Z", "2024-10-27T03:30:00Z"]
        );
        assert_eq!(
            berlin(&schedule, USUAL, "2024-03-31T00:00:00Z", 3),
            ["2024-03-31T00:30:00Z", "2024-03-31T01:00:00Z", "2024-03-31T01:30:00Z"]
        );
    }
}

#[test]
fn every_second_of_a_repeated_hour_is_stepped_over_at_once() {
    assert_eq!(
        berlin("* 0-23 * * * *", USUAL, "2024-10-27T00:59:58Z", 3),
        ["2024-10-27T00:59:59Z", "2024-10-27T02:00:00Z", "2024-10-27T02:00:01Z"]
    );
}

#[test]
fn a_gap_of_half_an_hour_shifts_by_half_an_hour_at_most() {
    // 2024-10-06 02:00 becomes 02:30 (2024-10-05 15:30Z).
    assert_eq!(
        of("Australia/Lord_Howe", "15 2 * * *", "2024-10-05T00:00:00Z", 2),
        ["2024-10-05T15:30:00Z", "2024-10-06T15:15:00Z"]
    );
    assert_eq!(of("Australia/Lord_Howe", "30 2 * * *", "2024-10-05T00:00:00Z", 1), ["2024-10-05T15:30:00Z"]);
    // 2024-04-07 02:00 becomes 01:30 (2024-04-06 15:00Z).
    assert_eq!(
        of("Australia/Lord_Howe", "30 1 * * *", "2024-04-06T12:00:00Z", 2),
        ["2024-04-06T14:30:00Z", "2024-04-07T15:00:00Z"]
    );
}

#[test]
fn a_day_that_was_left_out_is_one_tick_at_the_start_of_the_next() {
    // After 29 December 2011 came the 31st, at 10:00Z.
    assert_eq!(
        of("Pacific/Apia", "0 12 * * *", "2011-12-29T00:00:00Z", 3),
        ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]
    );
    // Both the 30th and the 31st would tick there.
    assert_eq!(
        of("Pacific/Apia", "0 0 * * *", "2011-12-29T00:00:00Z", 3),
        ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"]
    );
    assert_eq!(of("Pacific/Kwajalein", "0 6 21 8 *", "1993-01-01T00:00:00Z", 1), ["1993-08-21T12:00:00Z"]);
}

#[test]
fn most_of_a_day_that_was_repeated_counts_once() {
    // Kwajalein, 1969-10-01 00:00 became 1969-09-30 01:00 (1969-09-30T13:00Z).
    assert_eq!(
        of("Pacific/Kwajalein", "0 */12 * * *", "1969-09-29T12:00:00Z", 4),
        ["1969-09-29T13:00:00Z", "1969-09-30T01:00:00Z", "1969-10-01T12:00:00Z", "1969-10-02T00:00:00Z"]
    );
}

#[test]
fn midnight_may_not_exist_or_exist_twice() {
    // Beirut, 2024-03-31 00:00 becomes 01:00; Havana, 2024-11-03 01:00 becomes 00:00 (05:00Z).
    assert_eq!(
        of("Asia/Beirut", "0 0 * * *", "2024-03-30T12:00:00Z", 2),
        ["2024-03-30T22:00:00Z", "2024-03-31T21:00:00Z"]
    );
    assert_eq!(
        of("America/Havana", "0 0 * * *", "2024-11-02T12:00:00Z", 2),
        ["2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"]
    );
}

#[test]
fn clocks_that_change_for_a_month_of_fasting_are_followed() {
    // Casablanca 2024: back on 10 March 03:00 → 02:00 (02:00Z), on again on 14 April 02:00 → 03:00 (02:00Z).
    assert_eq!(
        of("Africa/Casablanca", "30 2 * * *", "2024-03-09T12:00:00Z", 2),
        ["2024-03-10T01:30:00Z", "2024-03-11T02:30:00Z"]
    );
    assert_eq!(
        of("Africa/El_Aaiun", "30 2 * * *", "2024-04-13T12:00:00Z", 2),
        ["2024-04-14T02:00:00Z", "2024-04-15T01:30:00Z"]
    );
}

#[test]
fn offsets_with_seconds_are_kept_to_the_second() {
    // Monrovia was 44:30 behind UTC until it came to it; Berlin had the mean time of its own meridian, 53:28 ahead.
    assert_eq!(
        of("Africa/Monrovia", "0 0 * * *", "1972-01-05T12:00:00Z", 3),
        ["1972-01-06T00:44:30Z", "1972-01-07T00:44:30Z", "1972-01-08T00:00:00Z"]
    );
    assert_eq!(
        of("Europe/Berlin", "* * * * *", "1890-01-01T00:00:00Z", 2),
        ["1890-01-01T00:00:32Z", "1890-01-01T00:01:32Z"]
    );
}

#[test]
fn the_far_future_follows_todays_rule() {
    assert_eq!(
        berlin("30 2 * * *", USUAL, "9000-03-29T12:00:00Z", 2),
        ["9000-03-30T01:00:00Z", "9000-03-31T00:30:00Z"]
    );
    let timetable = Timetable::new(in_zone("15 2 31 10 *", "Europe/Berlin"));
    assert_eq!(timetable.next_after(at("9999-10-31T02:00:00Z")), None);
}
