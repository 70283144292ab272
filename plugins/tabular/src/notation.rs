//! How cells are written: what stands for nothing, and how times stand there.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::time;

/// How cells are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notation {
    texts: Vec<String>,
    numbers: Vec<f64>,
    times: Vec<i64>,
    time_formats: Vec<String>,
}

impl Notation {
    /// A cell is a gap if it is empty or one of `missing_values`, or the number or time that one of them is. A text is a time if it is one
    /// in ISO 8601, or by the first of `time_formats` that fits it: see [`check_time_format`].
    pub fn new(missing_values: &[String], time_formats: &[String]) -> Self {
        let mut notation = Self { time_formats: time_formats.to_vec(), ..Self::default() };
        notation.texts = missing_values.iter().map(|text| text.trim().to_owned()).collect();
        notation.numbers = notation.texts.iter().filter_map(|text| text.parse().ok()).collect();
        notation.times = notation.texts.iter().filter_map(|text| notation.time(text)).collect();
        notation
    }

    /// Whether a text without the space round it marks a gap, or the number or time that it is.
    pub fn is_gap(&self, text: &str) -> bool {
        let is_number = || !self.numbers.is_empty() && text.parse().is_ok_and(|number| self.is_gap_number(number));
        let is_time = || !self.times.is_empty() && self.time(text).is_some_and(|time| self.is_gap_time(time));
        text.is_empty() || self.texts.iter().any(|mark| mark == text) || is_number() || is_time()
    }

    /// Whether a number marks a gap.
    pub fn is_gap_number(&self, number: f64) -> bool {
        self.numbers.contains(&number)
    }

    /// Whether a time does.
    pub fn is_gap_time(&self, time: i64) -> bool {
        self.times.contains(&time)
    }

    /// The instant that a text is, in microseconds since 1970.
    pub fn time(&self, text: &str) -> Option<i64> {
        let by = |format: &String| {
            let parts = strtime::parse(format, text).ok()?;
            let instant = parts.to_timestamp().map(|at| at.as_microsecond()).ok();
            let shown = || parts.to_datetime().or_else(|_| parts.to_date().map(DateTime::from)).ok();
            instant.or_else(|| time::to_microseconds(shown()?))
        };
        time::parse(text).or_else(|| self.time_formats.iter().find_map(by))
    }
}

/// Whether it is a format such as `%d.%m.%Y %H:%M`, with what strptime of C knows.
///
/// # Errors
/// What is wrong with it.
pub fn check_time_format(format: &str) -> Result<(), String> {
    let zoned = time::EPOCH.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
    match strtime::format(format, &zoned) {
        Ok(shown) if shown == format => Err("has no part such as %d, %m or %Y".into()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn times_are_read_by_the_formats_given_and_marks_of_gaps_are_such_times_too() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let notation =
        Notation::new(&texts(&["31.12.9999"]), &texts(&["%d.%m.%Y", "%m/%d/%Y %H:%M", "%Y%m%d", "%d.%m.%Y %z"]));
    let day = 24 * 3_600 * 1_000_000;
    for (text, at) in [
        ("02.01.1970", Some(day)),
        ("1/2/1970 6:00", Some(day + day / 4)),
        ("19700102", Some(day)),
        ("1970-01-02", Some(day)),
        ("31.02.1970", None),
        ("2.1.70x", None),
    ] {
        assert_eq!(notation.time(text), at, "{text}");
    }
    assert!(notation.is_gap("31.12.9999") && notation.is_gap("9999-12-31") && !notation.is_gap("02.01.1970"));
    assert!(check_time_format("%d.%m.%Y").is_ok());
    assert!(check_time_format("dd.mm.yyyy").is_err() && check_time_format("%d.%!.%Y").is_err());
}
