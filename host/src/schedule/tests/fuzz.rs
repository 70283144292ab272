//! Any text as a schedule: what is taken has ticks that go forward, what is not is marked in the text.

use jiff::Timestamp;

use crate::fuzzing::fuzz;
use crate::schedule::{Schedule, Timetable, TimetableSpec, parse_duration};

#[test]
fn fuzz_schedules() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    fuzz("schedule", |input| {
        let text = String::from_utf8_lossy(input);
        if let Err(error) = parse_duration(&text) {
            assert!(text.get(error.span).is_some());
        }
        let schedule = match Schedule::parse(&text) {
            Ok(schedule) => schedule,
            Err(error) => return assert!(text.get(error.span.clone()).is_some(), "{error:?}"),
        };
        let timetable = Timetable::new(TimetableSpec { start_date: Some(start), ..TimetableSpec::new(schedule) });
        let mut at = start;
        for tick in timetable.ticks_after(start).take(5) {
            assert!(tick > at, "{tick} is not after {at}");
            assert_eq!(timetable.last_at_or_before(tick), Some(tick), "a tick is the last one at itself");
            timetable.run_at(tick);
            at = tick;
        }
    });
}
