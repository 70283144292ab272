use std::time::Duration;

use proptest::prelude::{any, prop_assert_eq, proptest};

use crate::schedule::duration::show_duration;
use crate::schedule::{Cron, Schedule, parse_duration};

fn cron(text: &str) -> Cron {
    Cron::parse(text).unwrap()
}

fn numbers(numbers: crate::schedule::field::Numbers) -> Vec<u32> {
    numbers.iter().collect()
}

/// The message, and the part of the text it is about.
fn wrong(text: &str) -> (String, &str) {
    let error = Schedule::parse(text).unwrap_err();
    (error.message, &text[error.span])
}

#[test]
fn what_is_missing_has_its_place_in_the_text() {
    let missing = "a weekday is missing here: 0 to 7 or SUN to SAT".to_owned();
    assert_eq!(wrong("0 9 * * SUN-"), (missing.clone(), "-"));
    assert_eq!(wrong("0 9 * * SUN-\u{2003}"), (missing, "-\u{2003}"));
}

#[test]
fn durations_add_up() {
    let cases = [("10ms", 10), ("5s", 5_000), ("15m", 900_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("0s", 0)];
    for (text, ms) in cases {
        assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(ms), "{text}");
    }
}

#[test]
fn wrong_durations_say_which_part() {
    let cases = [
        ("", ""),
        ("5", "5"),
        ("s", "s"),
        ("5 m", "5 m"),
        ("1s 3s", "1s 3s"),
        ("5x", "5x"),
        ("1s1m", "1m"),
        ("5m5m", "5m"),
    ];
    for (text, part) in cases {
        assert_eq!(&text[parse_duration(text).unwrap_err().span], part, "{text}");
    }
    assert_eq!(parse_duration("99999999999999999999d").unwrap_err().message, "a duration is at most 36500 days");
    assert_eq!(parse_duration("36501d").unwrap_err().message, "a duration is at most 36500 days");
    assert_eq!(&"1é"[parse_duration("1é").unwrap_err().span], "1é");
}

proptest! {
    #[test]
    fn a_shown_duration_reads_as_itself(ms in 0_u64..10_000_000_000) {
        let duration = Duration::from_millis(ms);
        prop_assert_eq!(parse_duration(&show_duration(duration)).unwrap(), duration);
    }

    #[test]
    fn no_text_panics(text in any::<String>(), cron in "[0-9*/,#?LlA-Z -]{0,20}") {
        // What it says does not matter here, only that it says something; the spans must fit the text.
        for text in [text, cron] {
            if let Err(error) = Schedule::parse(&text) {
                prop_assert_eq!(text.get(error.span).is_some(), true);
            }
            if let Err(error) = parse_duration(&text) {
                prop_assert_eq!(text.get(error.span).is_some(), true);
            }
        }
    }
}

#[test]
fn presets_are_airflows() {
    assert_eq!(Schedule::parse("@once").unwrap(), Schedule::Once);
    assert_eq!(Schedule::parse("@continuous").unwrap(), Schedule::Continuous);
    assert_eq!(Schedule::parse(" @daily ").unwrap(), Schedule::Cron(cron("0 0 * * *")));
    assert_eq!(Schedule::parse("@weekly").unwrap(), Schedule::Cron(cron("0 0 * * SUN")));
    assert_eq!(Schedule::parse("@quarterly").unwrap(), Schedule::Cron(cron("0 0 1 1,4,7,10 *")));
    assert_eq!(Schedule::parse("every 15m").unwrap(), Schedule::Every(Duration::from_secs(900)));
}

#[test]
fn an_unknown_preset_gets_the_closest_one_as_a_hint() {
    let error = Schedule::parse("@dayly").unwrap_err();
    assert_eq!(error.hint.unwrap(), "did you mean `@daily`?");
}

#[test]
fn fields_are_read_as_croniter_reads_them() {
    // Checked against croniter 6.0.
    let minutes = [
        ("*/20", vec![0, 20, 40]),
        ("10/20", vec![10, 30, 50]),
        ("5,1-3", vec![1, 2, 3, 5]),
        ("*/99", vec![0]),
        ("58-1", vec![0, 1, 58, 59]),
        ("50-10/7", vec![5, 50, 57]),
        ("7-7/30", vec![0, 30]),
    ];
    for (text, expected) in minutes {
        assert_eq!(numbers(cron(&format!("{text} * * * *")).minutes), expected, "{text}");
    }
    let weekdays = [("FRI-MON", vec![0, 1, 5, 6]), ("7", vec![0]), ("5-7", vec![0, 5, 6]), ("fri-mon/2", vec![0, 5])];
    for (text, expected) in weekdays {
        assert_eq!(numbers(cron(&format!("0 0 * * {text}")).weekdays.unwrap().every), expected, "{text}");
    }
    assert_eq!(numbers(cron("0 0 1 apr-jan/3 *").months), [1, 4, 7, 10]);
}

#[test]
fn day_fields_know_whether_they_are_set() {
    assert_eq!(cron("0 0 * * *").days, None);
    assert_eq!(cron("0 0 ? * ?").weekdays, None);
    assert!(cron("0 0 */2 * *").days.is_some());
    let days = cron("0 0 L,15 * *").days.unwrap();
    assert!(days.last);
    assert_eq!(numbers(days.numbers), [15]);
    assert_eq!(numbers(cron("0 0 28-L * *").days.unwrap().numbers), [28, 29, 30, 31]);
}

#[test]
fn weekdays_of_a_month_have_their_own_form() {
    let days = cron("0 0 * * FRI#2,5#4,L1").weekdays.unwrap();
    assert_eq!(days.nth, [(5, 2), (5, 4)]);
    assert_eq!(numbers(days.last), [1]);
    assert_eq!(wrong("0 0 * * 5#2,1").1, "5#2,1");
    assert_eq!(wrong("0 0 * * 5#6"), ("`6` is no week of a month: 1 to 5".to_owned(), "6"));
    assert_eq!(wrong("0 0 * * L").1, "L");
}

#[test]
fn the_seconds_are_the_sixth_field() {
    assert_eq!(numbers(cron("0 0 * * *").seconds), [0]);
    assert_eq!(numbers(cron("0 0 * * * */30").seconds), [0, 30]);
    assert!(cron("5 * * * *").every_hour);
    assert!(!cron("5 */1 * * *").every_hour);
}

#[test]
fn wrong_fields_say_which_part_and_what_is_allowed() {
    assert_eq!(wrong("61 * * * *"), ("`61` is no minute: 0 to 59".to_owned(), "61"));
    assert_eq!(wrong("0 0 1 13 *"), ("`13` is no month: 1 to 12 or JAN to DEC".to_owned(), "13"));
    assert_eq!(wrong("0 0 * * mo"), ("`mo` is no weekday: 0 to 7 or SUN to SAT".to_owned(), "mo"));
    assert_eq!(wrong("0 0 1,32 * *"), ("`32` is no day of the month: 1 to 31".to_owned(), "32"));
    assert_eq!(wrong("*/0 * * * *"), ("a step must be at least 1".to_owned(), "0"));
    assert_eq!(wrong("*/x * * * *").1, "x");
    assert_eq!(wrong("? * * * *").1, "?");
    assert_eq!(wrong("1,,2 * * * *").0, "a minute is missing here: 0 to 59");
    assert_eq!(wrong("0 0 * *").0, "a cron expression has 5 or 6 fields, this has 4");
    assert_eq!(wrong("0 0 * * * 0 2026").0, "years, the seventh field of cron, are not known here");
    assert_eq!(wrong("every 15x"), ("`x` is no unit of time".to_owned(), "15x"));
    assert_eq!(wrong("every 15 m").0, "`every` takes one duration");
    assert_eq!(wrong("every 10ms").1, "10ms");
}

#[test]
fn schedules_that_never_fire_are_seen() {
    let never = |text: &str| Schedule::parse(text).unwrap().never();
    assert_eq!(never("0 0 31 2 *").unwrap(), "no month 2 has a day 31");
    assert_eq!(never("0 0 31 4,6,9,11 *").unwrap(), "no month 4, 6, 9, 11 has a day 31");
    for fires in ["0 0 29 2 *", "0 0 31 2,3 *", "0 0 31 2 1", "0 0 L 2 *", "0 0 * * 5#5", "@daily", "every 1h"] {
        assert_eq!(never(fires), None, "{fires}");
    }
}
