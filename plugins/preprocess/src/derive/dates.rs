//! What is taken out of times.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use dagwood_tabular::time::{reach, shown};
use dagwood_tabular::{Column, ColumnData, DataError};
use jiff::civil::DateTime;

use crate::params::DatePart;

impl DatePart {
    /// As it is written.
    fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month | Self::MonthCyclic => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::DayOfYear | Self::DayOfYearCyclic => "day_of_year",
            Self::Weekday | Self::WeekdayCyclic => "weekday",
            Self::Hour | Self::HourCyclic => "hour",
            Self::Minute => "minute",
        }
    }

    /// The columns that it makes of one.
    pub fn columns(self, column: &str) -> Vec<String> {
        let name = format!("{column}_{}", self.name());
        match self {
            Self::MonthCyclic | Self::DayOfYearCyclic | Self::WeekdayCyclic | Self::HourCyclic => {
                vec![format!("{name}_sin"), format!("{name}_cos")]
            }
            Self::Year
            | Self::Quarter
            | Self::Month
            | Self::Week
            | Self::Day
            | Self::DayOfYear
            | Self::Weekday
            | Self::Hour
            | Self::Minute => vec![name],
        }
    }

    /// How long it stays the same.
    fn span(self) -> Span {
        match self {
            Self::Hour | Self::Minute | Self::HourCyclic => Span::Minute,
            Self::Year
            | Self::Quarter
            | Self::Month
            | Self::Week
            | Self::Day
            | Self::DayOfYear
            | Self::Weekday
            | Self::MonthCyclic
            | Self::DayOfYearCyclic
            | Self::WeekdayCyclic => Span::Day,
        }
    }

    /// The number, or for those that go round the share of a round.
    fn value(self, at: DateTime) -> f64 {
        let (date, time) = (at.date(), at.time());
        match self {
            Self::Year => date.year().into(),
            Self::Quarter => f64::from((date.month() - 1) / 3 + 1),
            Self::Month => date.month().into(),
            Self::Week => date.iso_week_date().week().into(),
            Self::Day => date.day().into(),
            Self::DayOfYear => date.day_of_year().into(),
            Self::Weekday => date.weekday().to_monday_zero_offset().into(),
            Self::Hour => time.hour().into(),
            Self::Minute => time.minute().into(),
            Self::MonthCyclic => f64::from(date.month() - 1) / 12.0,
            Self::DayOfYearCyclic => f64::from(date.day_of_year() - 1) / f64::from(date.days_in_year()),
            Self::WeekdayCyclic => f64::from(date.weekday().to_monday_zero_offset()) / 7.0,
            Self::HourCyclic => (f64::from(time.hour()) + f64::from(time.minute()) / 60.0) / 24.0,
        }
    }
}

/// The columns that a part makes of a column of times.
///
/// # Errors
/// The column is not times.
pub fn take(column: &Column, part: DatePart) -> Result<Vec<Column>, DataError> {
    let times = match &column.data {
        ColumnData::Time(times) => times,
        // Nothing but gaps may be of any kind.
        ColumnData::Number(values) if values.iter().all(|value| value.is_nan()) => {
            &vec![ColumnData::NO_TIME; values.len()]
        }
        ColumnData::Number(_) | ColumnData::Text(_) => {
            return Err(DataError::ColumnType {
                column: column.name.clone(),
                kind: if matches!(column.data, ColumnData::Number(_)) { "number" } else { "text" }.to_owned(),
                expected: "parts of dates are taken from times: `time_formats` says how they are written",
            });
        }
    };
    let spans = Spans::of(times, part.span());
    let number = |name: String, of: fn(f64) -> f64| {
        let at = |time: i64| shown(time).map_or(f64::NAN, |at| of(part.value(at)));
        let values = if spans.count() <= times.len() {
            let by_span: Vec<f64> = spans.begins().map(at).collect();
            times.iter().map(|time| spans.place(*time).map_or(f64::NAN, |place| by_span[place])).collect()
        } else {
            times.iter().map(|time| at(*time)).collect()
        };
        Column { name, data: ColumnData::Number(values) }
    };
    let mut names = part.columns(&column.name).into_iter();
    Ok(match (names.next(), names.next()) {
        (Some(sine), Some(cosine)) => {
            vec![number(sine, |share| (share * TAU).sin()), number(cosine, |share| (share * TAU).cos())]
        }
        (Some(name), None) => vec![number(name, |value| value)],
        (None, _) => Vec::new(),
    })
}

/// How long a part stays the same, so that the calendar is asked once for all instants of a span, where the spans are fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    /// A minute of any day.
    Minute,
    /// A day.
    Day,
}

const MINUTE: i64 = 60 * 1_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Span {
    fn number(self, time: i64) -> i64 {
        match self {
            Self::Minute => time.rem_euclid(DAY) / MINUTE,
            Self::Day => time.div_euclid(DAY),
        }
    }

    fn microseconds(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Day => DAY,
        }
    }
}

/// All spans from the first to the last that is met.
struct Spans {
    span: Span,
    reach: RangeInclusive<i64>,
    first: i64,
    count: u32,
}

impl Spans {
    fn of(times: &[i64], span: Span) -> Self {
        let reach = reach();
        let met = times.iter().filter(|time| reach.contains(time)).map(|time| span.number(*time));
        let ends = met.fold(None, |ends: Option<(i64, i64)>, at| {
            Some(ends.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
        });
        let (first, count) = ends.map_or((0, 0), |(first, last)| (first, last - first + 1));
        // What a clock can show has 7.3 million days.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self { span, reach, first, count }
    }

    fn count(&self) -> usize {
        self.count as usize
    }

    /// The first instant of each.
    fn begins(&self) -> impl Iterator<Item = i64> {
        let (first, length) = (self.first, self.span.microseconds());
        (0..i64::from(self.count)).map(move |place| (first + place) * length)
    }

    /// Which of them an instant is in; none for what no clock shows, such as a gap.
    fn place(&self, time: i64) -> Option<usize> {
        let place = self.reach.contains(&time).then(|| self.span.number(time) - self.first)?;
        usize::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use dagwood_tabular::time::parse;

    use super::*;

    fn parts(text: &str, part: DatePart) -> Vec<(String, f64)> {
        let times = vec![parse(text).unwrap_or(ColumnData::NO_TIME)];
        let column = Column { name: "date".into(), data: ColumnData::Time(times) };
        let value = |column: Column| match column.data {
            ColumnData::Number(values) => (column.name, values[0]),
            ColumnData::Text(_) | ColumnData::Time(_) => panic!("a part is a number"),
        };
        take(&column, part).unwrap().into_iter().map(value).collect()
    }

    #[test]
    fn parts_are_what_the_calendar_says() {
        let at = "2001-03-05T18:45:00";
        for (part, name, value) in [
            (DatePart::Year, "date_year", 2001.0),
            (DatePart::Quarter, "date_quarter", 1.0),
            (DatePart::Month, "date_month", 3.0),
            (DatePart::Week, "date_week", 10.0),
            (DatePart::Day, "date_day", 5.0),
            (DatePart::DayOfYear, "date_day_of_year", 64.0),
            (DatePart::Weekday, "date_weekday", 0.0),
            (DatePart::Hour, "date_hour", 18.0),
            (DatePart::Minute, "date_minute", 45.0),
        ] {
            assert_eq!(parts(at, part), [(name.to_owned(), value)]);
        }
    }

    #[test]
    fn what_goes_round_has_its_end_next_to_its_beginning() {
        let hour = |text| parts(text, DatePart::HourCyclic);
        assert_eq!(
            hour("2001-03-05T00:00").iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["date_hour_sin", "date_hour_cos"]
        );
        let close = |found: Vec<(String, f64)>, sine: f64, cosine: f64| {
            assert!((found[0].1 - sine).abs() < 1e-12 && (found[1].1 - cosine).abs() < 1e-12, "{found:?}");
        };
        close(hour("2001-03-05T00:00"), 0.0, 1.0);
        close(hour("2001-03-05T06:00"), 1.0, 0.0);
        close(hour("2001-03-05T12:00"), 0.0, -1.0);
        close(parts("2001-01-31", DatePart::MonthCyclic), 0.0, 1.0);
        close(parts("2001-03-05", DatePart::WeekdayCyclic), 0.0, 1.0);
    }

    #[test]
    fn each_instant_has_its_own_part() {
        let texts =
            ["1969-12-31T23:59:59.9", "1970-01-01", "0001-02-03T04:05:06", "2026-11-28T12:34:56", "9999-12-31T23:59"];
        let far_apart: Vec<i64> = texts.iter().map(|text| parse(text).unwrap()).collect();
        // Many instants of few days, also before 1970.
        let near: Vec<i64> = (-1_500..1_500).map(|step| step * (7 * 60 * MINUTE + 61_000_000)).collect();
        for mut times in [far_apart, near] {
            times.extend([ColumnData::NO_TIME, i64::MAX]);
            let column = Column { name: "date".into(), data: ColumnData::Time(times.clone()) };
            for part in [DatePart::Year, DatePart::DayOfYear, DatePart::Weekday, DatePart::Hour, DatePart::Minute] {
                let found = take(&column, part).unwrap().remove(0).data;
                let ColumnData::Number(found) = found else { panic!("a part is a number") };
                for (time, found) in times.iter().zip(found) {
                    match shown(*time) {
                        Some(at) => assert_eq!(found, part.value(at), "{at} {part:?}"),
                        None => assert!(found.is_nan()),
                    }
                }
            }
        }
    }

    #[test]
    fn a_gap_stays_one_and_a_column_of_another_kind_is_named() {
        assert!(parts("", DatePart::Hour)[0].1.is_nan());
        let column = Column { name: "a".into(), data: ColumnData::Number(vec![1.0]) };
        let error = take(&column, DatePart::Hour).unwrap_err();
        assert!(error.code() == "column-type" && error.to_string().contains("\"a\""), "{error}");
    }
}
