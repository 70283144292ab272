//! The local times of a cron expression on the calendar, before any time zone has a say.
//!
//! Both searches jump from field to field: to the next month that counts, to its next day by a set of its days, to the
//! next hour, minute and second.

use jiff::civil::{Date, DateTime, Time};

use crate::schedule::cron::{Cron, Days, Weekdays};
use crate::schedule::field::Numbers;

/// After this time the calendar repeats itself, weekdays included: what did not come in it never comes.
const CYCLE_YEARS: i16 = 400;

/// A day, in the type of the sets.
#[derive(Clone, Copy)]
struct Day {
    year: i16,
    month: u32,
    day: u32,
}

impl Cron {
    /// The first local time that matches, from `from` on. `from` is in whole seconds.
    pub(crate) fn first_from(&self, from: DateTime) -> Option<DateTime> {
        if self.holds(from.date())
            && let Some(time) = self.time_from(from.time())
        {
            return Some(from.date().to_datetime(time));
        }
        let date = self.day_from(from.date().tomorrow().ok()?)?;
        Some(date.to_datetime(self.time_from(Time::MIN)?))
    }

    /// The last local time that matches, up to and with `to`.
    pub(crate) fn last_to(&self, to: DateTime) -> Option<DateTime> {
        if self.holds(to.date())
            && let Some(time) = self.time_to(to.time())
        {
            return Some(to.date().to_datetime(time));
        }
        let date = self.day_to(to.date().yesterday().ok()?)?;
        Some(date.to_datetime(self.time_to(Time::MAX)?))
    }

    fn holds(&self, date: Date) -> bool {
        let Day { month, day, .. } = Day::of(date);
        self.months.contains(month) && self.days_of_month(date.first_of_month()).contains(day)
    }

    fn day_from(&self, from: Date) -> Option<Date> {
        let mut at = Day::of(from);
        let last_year = at.year.saturating_add(CYCLE_YEARS);
        while at.year <= last_year {
            let Some(month) = self.months.at_or_after(at.month) else {
                at = Day { year: at.year + 1, month: 1, day: 1 };
                continue;
            };
            let from_day = if month == at.month { at.day } else { 1 };
            // Behind the calendar's end there is no such month.
            let first = Day { year: at.year, month, day: 1 }.date()?;
            if let Some(day) = self.days_of_month(first).at_or_after(from_day) {
                return Day { day, ..Day::of(first) }.date();
            }
            at = Day { year: at.year, month: month + 1, day: 1 };
        }
        None
    }

    fn day_to(&self, to: Date) -> Option<Date> {
        let mut at = Day::of(to);
        let last_year = at.year.saturating_sub(CYCLE_YEARS);
        while at.year >= last_year {
            let Some(month) = self.months.at_or_before(at.month) else {
                at = Day { year: at.year - 1, month: 12, day: 31 };
                continue;
            };
            let to_day = if month == at.month { at.day } else { 31 };
            let first = Day { year: at.year, month, day: 1 }.date()?;
            if let Some(day) = self.days_of_month(first).at_or_before(to_day) {
                return Day { day, ..Day::of(first) }.date();
            }
            at = Day { year: at.year, month: month - 1, day: 31 };
        }
        None
    }

    /// The days of the month that begins at `first`.
    fn days_of_month(&self, first: Date) -> Numbers {
        let length = small(first.days_in_month());
        match (&self.days, &self.weekdays) {
            (None, None) => Numbers::ALL.within_month(length),
            (Some(days), None) => days.in_month(length),
            (None, Some(weekdays)) => weekdays.in_month(first, length),
            (Some(days), Some(weekdays)) => days.in_month(length).and(weekdays.in_month(first, length)),
        }
    }

    fn time_from(&self, from: Time) -> Option<Time> {
        let (hour, minute, second) = parts(from);
        if self.hours.contains(hour) {
            if self.minutes.contains(minute)
                && let Some(second) = self.seconds.at_or_after(second)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = self.minutes.at_or_after(minute + 1) {
                return time(hour, minute, self.seconds.at_or_after(0)?);
            }
        }
        time(self.hours.at_or_after(hour + 1)?, self.minutes.at_or_after(0)?, self.seconds.at_or_after(0)?)
    }

    fn time_to(&self, to: Time) -> Option<Time> {
        let (hour, minute, second) = parts(to);
        if self.hours.contains(hour) {
            if self.minutes.contains(minute)
                && let Some(second) = self.seconds.at_or_before(second)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = minute.checked_sub(1).and_then(|minute| self.minutes.at_or_before(minute)) {
                return time(hour, minute, self.seconds.at_or_before(59)?);
            }
        }
        let hour = self.hours.at_or_before(hour.checked_sub(1)?)?;
        time(hour, self.minutes.at_or_before(59)?, self.seconds.at_or_before(59)?)
    }
}

impl Days {
    fn in_month(self, length: u32) -> Numbers {
        let days = if self.last { self.numbers.with(length) } else { self.numbers };
        days.within_month(length)
    }
}

impl Weekdays {
    fn in_month(&self, first: Date, length: u32) -> Numbers {
        let begins_with = small(first.weekday().to_sunday_zero_offset());
        let first_of = |weekday: u32| 1 + (weekday + 7 - begins_with) % 7;
        let weekly = |weekday| Numbers::weekly(first_of(weekday)).within_month(length);
        let every = self.every.iter().map(weekly).fold(Numbers::default(), Numbers::and);
        let nth = self.nth.iter().filter_map(|(weekday, which)| {
            let before_it = usize::try_from(which.checked_sub(1)?).ok()?;
            weekly(*weekday).iter().nth(before_it)
        });
        let last = self.last.iter().filter_map(|weekday| weekly(weekday).at_or_before(length));
        every.and(Numbers::of(nth.chain(last)))
    }
}

impl Day {
    fn of(date: Date) -> Self {
        Self { year: date.year(), month: small(date.month()), day: small(date.day()) }
    }

    fn date(self) -> Option<Date> {
        Date::new(self.year, i8::try_from(self.month).ok()?, i8::try_from(self.day).ok()?).ok()
    }
}

fn parts(time: Time) -> (u32, u32, u32) {
    (small(time.hour()), small(time.minute()), small(time.second()))
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let small = |number: u32| i8::try_from(number).ok();
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

/// The calendar's numbers are never negative.
fn small(number: i8) -> u32 {
    u32::from(number.unsigned_abs())
}
