//! One field of a cron expression → the numbers that it holds.
//!
//! The meaning is that of croniter 6, its less expected parts included: a range from a number to itself is the whole
//! cycle, and a range may run backwards over the end of the cycle.

use std::ops::Range;

use crate::schedule::BadExpression;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// For messages.
    pub(crate) name: &'static str,
    /// Lowest and highest number.
    pub(crate) low: u32,
    pub(crate) high: u32,
    /// Names for numbers, from `low` on.
    pub(crate) names: &'static [&'static str],
}

pub(crate) const SECOND: Kind = Kind { name: "second", low: 0, high: 59, names: &[] };
pub(crate) const MINUTE: Kind = Kind { name: "minute", low: 0, high: 59, names: &[] };
pub(crate) const HOUR: Kind = Kind { name: "hour", low: 0, high: 23, names: &[] };
pub(crate) const DAY: Kind = Kind { name: "day of the month", low: 1, high: 31, names: &[] };
pub(crate) const MONTH: Kind = Kind {
    name: "month",
    low: 1,
    high: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
pub(crate) const WEEKDAY: Kind =
    Kind { name: "weekday", low: 0, high: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// A set of numbers from 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Numbers(u64);

impl Numbers {
    /// All that it can hold.
    pub(crate) const ALL: Self = Self(u64::MAX);

    /// The set of these.
    pub(crate) fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        numbers.into_iter().fold(Self::default(), Self::with)
    }

    /// With one more.
    #[must_use]
    pub(crate) fn with(self, number: u32) -> Self {
        Self(self.0 | 1_u64.checked_shl(number).unwrap_or(0))
    }

    /// Of both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// From `first` on, every seventh.
    pub(crate) fn weekly(first: u32) -> Self {
        const SEVENTHS: u64 =
            1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28 | 1 << 35 | 1 << 42 | 1 << 49 | 1 << 56 | 1 << 63;
        Self(SEVENTHS.checked_shl(first).unwrap_or(0))
    }

    /// Those that are days of a month of `length` days.
    #[must_use]
    pub(crate) fn within_month(self, length: u32) -> Self {
        Self(self.0 & !1 & up_to(length))
    }

    /// The lowest that is at least `number`.
    pub(crate) fn at_or_after(self, number: u32) -> Option<u32> {
        let rest = self.0 & u64::MAX.checked_shl(number).unwrap_or(0);
        (rest != 0).then(|| rest.trailing_zeros())
    }

    /// The highest that is at most `number`.
    pub(crate) fn at_or_before(self, number: u32) -> Option<u32> {
        (self.0 & up_to(number)).checked_ilog2()
    }

    /// Whether it holds `number`.
    pub fn contains(self, number: u32) -> bool {
        self.0 & 1_u64.checked_shl(number).unwrap_or(0) != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// From the lowest to the highest.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.contains(*number))
    }
}

/// The bits from 0 to `last`.
fn up_to(last: u32) -> u64 {
    u64::MAX >> 63_u32.saturating_sub(last)
}

/// A part of an expression with its place there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl<'a> Part<'a> {
    pub(crate) fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(crate) fn wrong(self, message: impl Into<String>) -> BadExpression {
        BadExpression::new(self.span(), message)
    }

    /// The parts between `separator`s.
    pub(crate) fn split(self, separator: char) -> impl Iterator<Item = Part<'a>> {
        let mut start = self.start;
        self.text.split(separator).map(move |text| {
            let part = Part { text, start };
            start += text.len() + separator.len_utf8();
            part
        })
    }

    /// What stands before and after the first `separator`.
    pub(crate) fn split_once(self, separator: char) -> Option<(Part<'a>, Part<'a>)> {
        let (before, after) = self.text.split_once(separator)?;
        let start = self.start + before.len() + separator.len_utf8();
        Some((Part { text: before, start: self.start }, Part { text: after, start }))
    }
}

impl Kind {
    fn all(self) -> impl Iterator<Item = u32> {
        self.low..=self.high
    }

    /// One item of a list: `*`, `5`, `MON`, `1-5`, `*/10`, `8-18/2`, `10/5`.
    pub(crate) fn item(self, item: Part<'_>) -> Result<Numbers, BadExpression> {
        let Some((range, step)) = item.split_once('/') else { return self.range(item, None) };
        self.range(range, Some(self.step(step)?))
    }

    fn step(self, part: Part<'_>) -> Result<u32, BadExpression> {
        match part.text.parse::<u32>() {
            Ok(0) => Err(part.wrong("a step must be at least 1")),
            Ok(step) if part.text.bytes().all(|b| b.is_ascii_digit()) => Ok(step),
            Ok(_) | Err(_) => Err(part.wrong(format!("`{}` is no step: write a number after `/`", part.text))),
        }
    }

    fn range(self, part: Part<'_>, step: Option<u32>) -> Result<Numbers, BadExpression> {
        if part.text == "*" {
            return Ok(Numbers::of(self.all().step_by(as_step(step))));
        }
        match (part.split_once('-'), step) {
            (Some((low, high)), _) => Ok(self.span(self.number(low)?, self.range_end(high)?, as_step(step))),
            (None, Some(_)) => Ok(self.span(self.number(part)?, self.high, as_step(step))),
            (None, None) => Ok(Numbers::of([self.number(part)?])),
        }
    }

    /// `L` ends a range of days at 31.
    fn range_end(self, part: Part<'_>) -> Result<u32, BadExpression> {
        if self == DAY && part.text.eq_ignore_ascii_case("l") { Ok(self.high) } else { self.number(part) }
    }

    /// From `low` to `high`, over the end of the cycle if need be; as croniter 6 counts steps there.
    fn span(self, low: u32, high: u32, step: usize) -> Numbers {
        if low == high {
            return Numbers::of(self.all().step_by(step));
        }
        if low < high {
            return Numbers::of((low..=high).step_by(step));
        }
        let first = Numbers::of((low..=self.high).step_by(step));
        let last = (low..=self.high).step_by(step).last().unwrap_or(low);
        // The numbers behind the last one count as steps taken. croniter starts one further than that, unless a step
        // ends just at the start of the cycle.
        let left_over = (self.high - last) as usize;
        let skip = if step > left_over + 1 { step - left_over } else { 0 };
        first.and(Numbers::of((self.low..=high).skip(skip).step_by(step)))
    }

    /// A number or a name.
    pub(crate) fn number(self, part: Part<'_>) -> Result<u32, BadExpression> {
        let lower = part.text.to_ascii_lowercase();
        if let Some(at) = self.names.iter().position(|name| *name == lower) {
            return Ok(self.low + u32::try_from(at).unwrap_or(0));
        }
        let digits = !part.text.is_empty() && part.text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(self.no_number(part));
        }
        match part.text.parse::<u32>() {
            Ok(7) if self == WEEKDAY => Ok(0),
            Ok(number) if (self.low..=self.high).contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err(part.wrong(format!("`{}` is no {}: {}", part.text, self.name, self.allowed()))),
        }
    }

    fn no_number(self, part: Part<'_>) -> BadExpression {
        if part.text.is_empty() {
            return BadExpression::new(
                part.start.saturating_sub(1)..part.start + 1,
                format!("a {} is missing here: {}", self.name, self.allowed()),
            );
        }
        part.wrong(format!("`{}` is no {}: {}", part.text, self.name, self.allowed()))
    }

    /// For messages: what is allowed.
    pub(crate) fn allowed(self) -> String {
        let high = if self == WEEKDAY { 7 } else { self.high };
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => {
                format!("{} to {high} or {} to {}", self.low, first.to_uppercase(), last.to_uppercase())
            }
            _ => format!("{} to {high}", self.low),
        }
    }
}

fn as_step(step: Option<u32>) -> usize {
    step.map_or(1, |step| usize::try_from(step).unwrap_or(usize::MAX))
}
