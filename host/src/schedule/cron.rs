//! Cron expressions: five fields, or six with the seconds last.

use crate::schedule::field::{self, Kind, Numbers, Part};
use crate::schedule::{BadExpression, words};

/// A cron expression, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// Seconds: 0 where there is no sixth field.
    pub seconds: Numbers,
    /// Minutes.
    pub minutes: Numbers,
    /// Hours.
    pub hours: Numbers,
    /// Whether the hour field is exactly `*`: then every instant counts whose local minute matches.
    pub every_hour: bool,
    /// Months, January is 1.
    pub months: Numbers,
    /// Days of the month; `None`: the field is `*` or `?`.
    pub days: Option<Days>,
    /// Weekdays; `None`: the field is `*` or `?`. If both are there, either is enough.
    pub weekdays: Option<Weekdays>,
}

/// A day field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Days from 1 on.
    pub numbers: Numbers,
    /// Whether the month's last day counts.
    pub last: bool,
}

/// A weekday field that is set. Sunday is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weekdays {
    /// Every such day.
    pub every: Numbers,
    /// `5#2`: weekday and which of the month, from 1 to 5.
    pub nth: Vec<(u32, u32)>,
    /// `L5`: the month's last.
    pub last: Numbers,
}

/// How many days each month can have.
const MONTH_DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Cron {
    /// Reads a cron expression.
    ///
    /// # Errors
    /// The first part that is wrong, with what is allowed there.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        Self::read(text).map_err(|wrong| wrong.within(text))
    }

    fn read(text: &str) -> Result<Self, BadExpression> {
        let parts: Vec<Part<'_>> = words(text).map(|(span, text)| Part { text, start: span.start }).collect();
        let (minute, hour, day, month, weekday, second) = match *parts.as_slice() {
            [minute, hour, day, month, weekday] => (minute, hour, day, month, weekday, None),
            [minute, hour, day, month, weekday, second] => (minute, hour, day, month, weekday, Some(second)),
            _ => return Err(wrong_count(text, parts.len())),
        };
        Ok(Self {
            minutes: list(field::MINUTE, minute)?,
            hours: list(field::HOUR, hour)?,
            every_hour: hour.text == "*",
            days: days(day)?,
            months: list(field::MONTH, month)?,
            weekdays: weekdays(weekday)?,
            seconds: second.map_or_else(|| Ok(Numbers::of([0])), |second| list(field::SECOND, second))?,
        })
    }

    /// Why it has no tick in any year, if so: no month has such a day.
    pub fn never(&self) -> Option<String> {
        let days = self.days.filter(|days| !days.last && self.weekdays.is_none())?;
        let fits = |month: u32| {
            let length = (month as usize).checked_sub(1).and_then(|at| MONTH_DAYS.get(at)).copied().unwrap_or(0);
            days.numbers.iter().any(|day| day <= length)
        };
        let some = self.months.iter().any(fits);
        (!some).then(|| {
            let list = |numbers: Numbers| numbers.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
            format!("no month {} has a day {}", list(self.months), list(days.numbers))
        })
    }
}

fn wrong_count(text: &str, count: usize) -> BadExpression {
    let order = "minute hour day month weekday, and the seconds last if there are any";
    let message = match count {
        7 => "years, the seventh field of cron, are not known here".to_owned(),
        _ => format!("a cron expression has 5 or 6 fields, this has {count}"),
    };
    BadExpression::new(0..text.len(), message).hint(format!("the fields are {order}"))
}

fn list(kind: Kind, field: Part<'_>) -> Result<Numbers, BadExpression> {
    if field.text.contains('?') {
        return Err(field.wrong(format!("`?` does not belong in the field for the {}", kind.name)));
    }
    field.split(',').try_fold(Numbers::default(), |all, item| Ok(all.and(kind.item(item)?)))
}

/// Whether a day field is set; `?` stands for `*`, but only alone.
fn is_set(field: Part<'_>) -> Result<bool, BadExpression> {
    match field.text {
        "*" | "?" => Ok(false),
        text if text.contains('?') => Err(field.wrong("`?` stands alone in its field")),
        _ => Ok(true),
    }
}

fn days(field: Part<'_>) -> Result<Option<Days>, BadExpression> {
    if !is_set(field)? {
        return Ok(None);
    }
    let mut days = Days { numbers: Numbers::default(), last: false };
    for item in field.split(',') {
        if item.text.eq_ignore_ascii_case("l") {
            days.last = true;
        } else {
            days.numbers = days.numbers.and(field::DAY.item(item)?);
        }
    }
    Ok(Some(days))
}

fn weekdays(field: Part<'_>) -> Result<Option<Weekdays>, BadExpression> {
    if !is_set(field)? {
        return Ok(None);
    }
    let mut days = Weekdays::default();
    for item in field.split(',') {
        weekday_item(item, &mut days)?;
    }
    let special = !days.nth.is_empty() || !days.last.is_empty();
    if special && !days.every.is_empty() {
        let message = "`#` and `L` do not mix with plain weekdays in one field";
        return Err(field.wrong(message).hint("make it two DAGs, or name the weekdays of each week: `5#1,5#2,…`"));
    }
    Ok(Some(days))
}

fn weekday_item(item: Part<'_>, days: &mut Weekdays) -> Result<(), BadExpression> {
    if let Some((day, nth)) = item.split_once('#') {
        let which = nth.text.parse::<u32>().ok().filter(|nth| (1..=5).contains(nth));
        let which = which.ok_or_else(|| nth.wrong(format!("`{}` is no week of a month: 1 to 5", nth.text)))?;
        days.nth.extend(field::WEEKDAY.item(day)?.iter().map(|day| (day, which)));
    } else if let Some(day) = item.text.strip_prefix(['L', 'l']) {
        if day.is_empty() {
            return Err(item.wrong("`L` needs a weekday here").hint("`L5` is the last Friday of the month"));
        }
        let day = field::WEEKDAY.number(Part { text: day, start: item.start + 1 })?;
        days.last = days.last.with(day);
    } else {
        days.every = days.every.and(field::WEEKDAY.item(item)?);
    }
    Ok(())
}
