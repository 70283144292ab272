//! Time zones and dates.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, tz};

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::path::DocPath;
use crate::dag::words::Suggest;

/// The zone of that name, under the name that the database has for it.
pub(super) fn zone(name: &str, mistakes: &mut Vec<Mistake>) -> Option<(String, TimeZone)> {
    match tz::db().get(name) {
        Ok(zone) => Some((zone.iana_name().unwrap_or(name).to_owned(), zone)),
        Err(_) => {
            let known: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
            let hint = Suggest::default().hint(name, known.iter().map(String::as_str), "time zones");
            let hint = hint.unwrap_or_else(|| "write an IANA name, such as `UTC` or `Europe/Berlin`".to_owned());
            let message = format!("there is no time zone `{name}`");
            mistakes.push(Mistake::error(Place::value(DocPath::of(&["timezone"])), message).hint(hint));
            None
        }
    }
}

/// A date, a date and time in `zone`, or an instant with an offset.
pub(super) fn instant(
    text: Option<&str>,
    key: &str,
    zone: &TimeZone,
    mistakes: &mut Vec<Mistake>,
) -> Option<Timestamp> {
    let text = text?;
    let read = text.parse::<Timestamp>().or_else(|_| {
        let local: DateTime = text.parse()?;
        zone.to_timestamp(local)
    });
    match read {
        Ok(instant) => Some(instant),
        Err(_) => {
            let message = format!("`{text}` is no date");
            let hint = "write `2026-01-31`, `2026-01-31T06:30:00` or, with an offset, `2026-01-31T06:30:00+01:00`";
            mistakes.push(Mistake::error(Place::value(DocPath::of(&[key])), message).hint(hint.to_owned()));
            None
        }
    }
}
