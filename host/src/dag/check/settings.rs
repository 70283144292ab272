//! The keys at the top of the file.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::dag::check::callbacks;
use crate::dag::check::dates::{instant, zone};
use crate::dag::check::quantity::{Zero, duration};
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{CatchupSpec, DagFile};
use crate::dag::model::DagSettings;
use crate::dag::path::DocPath;
use crate::ids::DagId;
use crate::limits::{MAX_ACTIVE_RUNS, MAX_ACTIVE_TASKS};
use crate::schedule::{Catchup, ClockChanges, Schedule, Timetable, TimetableSpec, Window};

/// The DAG's id.
pub(super) fn id(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Option<DagId> {
    // That it is missing has been said.
    let id = file.id.as_deref()?;
    match DagId::new(id) {
        Ok(id) => Some(id),
        Err(error) => {
            let place = Place::value(DocPath::of(&["id"]));
            mistakes.push(Mistake::error(place, format!("`{id}` cannot be a DAG's id: {error}")));
            None
        }
    }
}

pub(super) fn check(file: &DagFile, mistakes: &mut Vec<Mistake>) -> DagSettings {
    let (timezone, zone) = file
        .timezone
        .as_deref()
        .and_then(|name| zone(name, mistakes))
        .unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC));
    let start_date = instant(file.start_date.as_deref(), "start_date", &zone, mistakes);
    let end_date = instant(file.end_date.as_deref(), "end_date", &zone, mistakes);
    if start_date.zip(end_date).is_some_and(|(start, end)| end < start) {
        let place = Place::value(DocPath::of(&["end_date"]));
        mistakes.push(Mistake::error(place, "`end_date` is before `start_date`, so no run is ever scheduled"));
    }
    let timeout = file.dagrun_timeout.as_ref();
    let clock_changes = ClockChanges { gap: file.dst_gap.unwrap_or_default(), fold: file.dst_fold.unwrap_or_default() };
    let (catchup, window) = (catchup(file, mistakes), file.window.map_or(Window::None, Window::from));
    let written = schedule(file, mistakes);
    let timetable = written.as_ref().and_then(|(_, place, schedule)| {
        let schedule = schedule.clone()?;
        let catchup = catchup.clone();
        let spec = TimetableSpec { schedule, zone, clock_changes, start_date, end_date, window, catchup };
        let timetable = Timetable::new(spec);
        if let Some(why) = timetable.never() {
            let message = format!("this schedule never fires: {why}");
            mistakes.push(Mistake::warning(Place::value(place.clone()), message));
        }
        Some(Arc::new(timetable))
    });
    let continuous = timetable.as_ref().is_some_and(|timetable| timetable.spec().schedule == Schedule::Continuous);
    let max_active_runs = file.max_active_runs.unwrap_or(MAX_ACTIVE_RUNS);
    DagSettings {
        description: file.description.clone(),
        owner: file.owner.clone().or_else(|| file.defaults.options.owner.clone()),
        tags: file.tags.iter().flatten().cloned().collect(),
        schedule: written.map(|(text, _, _)| text),
        timetable,
        timezone,
        start_date,
        end_date,
        catchup,
        window,
        clock_changes,
        max_active_runs: if continuous { 1 } else { max_active_runs },
        max_active_tasks: file.max_active_tasks.unwrap_or(MAX_ACTIVE_TASKS),
        max_consecutive_failed_dag_runs: file.max_consecutive_failed_dag_runs.unwrap_or(0),
        deadline: callbacks::deadline(file, mistakes),
        dagrun_timeout: duration(timeout, || DocPath::of(&["dagrun_timeout"]), Zero::Refused, mistakes),
    }
}

/// The text of the schedule, where it stands, and what it means, if it means anything.
fn schedule(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Option<(String, DocPath, Option<Schedule>)> {
    let old = DocPath::of(&["schedule_interval"]);
    let (text, at) = match (&file.schedule, &file.schedule_interval) {
        (Some(text), None) => (text, DocPath::of(&["schedule"])),
        (None, Some(text)) => {
            let message = "`schedule_interval` is the old name of `schedule`";
            mistakes.push(Mistake::warning(Place::key(old.clone()), message).hint("call it `schedule`".to_owned()));
            (text, old)
        }
        (Some(text), Some(_)) => {
            let message = "`schedule_interval` is the old name of `schedule`, which is there too";
            mistakes.push(Mistake::error(Place::key(old), message).hint("keep one of them".to_owned()));
            (text, DocPath::of(&["schedule"]))
        }
        (None, None) => return None,
    };
    match Schedule::parse(text) {
        Ok(schedule) => Some((text.clone(), at, Some(schedule))),
        Err(error) => {
            mistakes.push(Mistake::error(Place::within(at.clone(), error.span), error.message).hint(error.hint));
            Some((text.clone(), at, None))
        }
    }
}

fn catchup(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Catchup {
    match &file.catchup {
        None | Some(CatchupSpec::All(false)) => Catchup::Latest,
        Some(CatchupSpec::All(true)) => Catchup::All,
        Some(CatchupSpec::Within(limits)) => {
            let at = || DocPath::of(&["catchup", "window"]);
            let window = duration(limits.window.as_ref(), at, Zero::Refused, mistakes);
            Catchup::Within { window, max: limits.max }
        }
    }
}
