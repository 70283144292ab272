//! Which changes start a callback, and deadlines.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::play::{Play, RUN, broken, flaky, ok, roomy, snapshot, task};
use super::spec::{Spec, TaskSpec, ix};
use crate::dag::callback::{CallbackKind, Callbacks, Deadline, DeadlineReference};
use crate::dag::model::Dag;
use crate::ids::TaskId;
use crate::lifecycle::change::{Call, Change, RunStep};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::retry::later;
use crate::lifecycle::state::RunState;
use crate::planner::{Event, Held, RunSnapshot, Why};

const HOUR: Duration = Duration::from_secs(3_600);

fn spec(retries: u32) -> Spec {
    Spec::new(vec![TaskSpec { retries, ..task("a", &[]) }, task("b", &[0])])
}

/// Every callback that there is, and a deadline.
fn everywhere(dag: &Dag, deadline: Option<Deadline>) -> Arc<Dag> {
    let callback = Spec::new(vec![task("callback", &[])]).dag("dag");
    let mut callbacks = Callbacks::default();
    for kind in CallbackKind::ALL {
        callbacks.set_run(*kind, Arc::clone(&callback));
        (0..dag.tasks.len()).for_each(|place| callbacks.set_task(ix(place), *kind, Arc::clone(&callback)));
    }
    let mut dag = Dag { callbacks, ..dag.clone() };
    dag.settings.deadline = deadline;
    Arc::new(dag)
}

fn kept(spec: &Spec, deadline: Option<Deadline>) -> RunSnapshot {
    let kept = snapshot(1, spec);
    RunSnapshot { dag: everywhere(&kept.dag, deadline), ..kept }
}

fn play(retries: u32) -> Play {
    let spec = spec(retries);
    let kept = kept(&spec, None);
    Play::load(spec, kept, roomy())
}

fn late(after: DeadlineReference, change: impl FnOnce(&mut RunSnapshot)) -> Play {
    let spec = spec(0);
    let mut kept = kept(&spec, Some(Deadline { after, of: HOUR }));
    change(&mut kept);
    Play::load(spec, kept, roomy())
}

/// Goes on to the next instant at which something is due.
fn sleep(play: &mut Play) {
    play.now = play.planner.next_wakeup().unwrap().at;
    play.apply(Event::Wake);
}

/// The callbacks of the last decision, each with what it is about and the change before it.
fn calls(play: &Play) -> Vec<(Call, Change)> {
    let pairs = play.last.changes.iter().zip(play.last.changes.iter().skip(1));
    pairs
        .filter_map(|(before, change)| match change {
            Change::Call(call) => Some((call.clone(), before.clone())),
            Change::Task(_) | Change::Run(_) => None,
        })
        .collect()
}

/// As `on_failure of a`.
fn words(play: &Play) -> Vec<String> {
    let of = |task: &Option<TaskId>| task.as_ref().map_or_else(|| "the run".to_owned(), ToString::to_string);
    calls(play).iter().map(|(call, _)| format!("{} of {}", call.kind, of(&call.task))).collect()
}

#[test]
fn the_end_of_a_task_and_of_its_run_start_theirs_right_behind_the_change() {
    let mut play = play(0);
    assert_eq!(words(&play), [""; 0]);
    play.ends("a", ok());
    assert_eq!(words(&play), ["on_success of a"]);
    let (call, before) = calls(&play).remove(0);
    assert!(matches!(before, Change::Task(change) if change.instance == play.key("a")));
    assert_eq!(call.event["value"], json!({ "x": 1 }));
    assert_eq!(call.event["state"], "success");
    assert_eq!(call.event["run_id"], "manual__1");
    play.ends("b", broken());
    assert_eq!(words(&play), ["on_failure of b", "on_failure of the run"]);
    let (call, before) = calls(&play).remove(1);
    assert!(matches!(before, Change::Run(change) if matches!(change.step, RunStep::Fail { .. })));
    assert_eq!((&call.event["task_id"], &call.event["state"]), (&json!(null), &json!("failed")));
    assert_eq!(call.event["message"], "failed: `b`");
}

#[test]
fn a_retry_is_told_with_what_went_wrong_and_when_it_goes_on() {
    let mut play = play(1);
    play.ends("a", flaky());
    assert_eq!(words(&play), ["on_retry of a"]);
    let (call, _) = calls(&play).remove(0);
    let event = &call.event;
    assert_eq!((&event["try_number"], &event["max_tries"]), (&json!(1), &json!(2)));
    assert_eq!((&event["code"], &event["message"]), (&json!("flaky"), &json!("it flickers")));
    assert_eq!(event["next_try_at"], json!(play.instance("a").due.unwrap()));
    sleep(&mut play);
    play.ends("a", flaky());
    assert_eq!(words(&play), ["on_failure of a", "on_failure of the run"], "b is upstream_failed, which starts none");
}

#[test]
fn a_lost_host_is_no_retry() {
    let mut play = play(1);
    play.apply(Event::HostLost(Held::Run(RUN)));
    assert_eq!(words(&play), [""; 0]);
}

#[test]
fn what_a_person_ends_starts_only_the_callback_of_the_run() {
    let mut play = play(0);
    play.apply(Event::CancelRun { run: RUN, reason: "enough".to_owned() });
    assert_eq!(words(&play), ["on_failure of the run"]);
    assert_eq!(calls(&play)[0].0.event["message"], "enough");
    play.apply(Event::Clear { run: RUN, tasks: vec![ix(0), ix(1)] });
    assert_eq!(words(&play), [""; 0]);
    let instance = play.key("a");
    play.apply(Event::Mark { instance, state: MarkAs::Failed, reason: "no".to_owned() });
    assert_eq!(words(&play), ["on_failure of the run"], "the mark failed its task, and that the run");
}

#[test]
fn a_run_that_is_not_over_at_its_deadline_is_late_once_until_it_begins_again() {
    let mut play = late(DeadlineReference::RunStart, |_| {});
    let due = later(play.now, HOUR);
    let wake = play.planner.next_wakeup().unwrap();
    assert_eq!((wake.at, wake.why), (due, Why::Deadline(RUN)));
    sleep(&mut play);
    assert_eq!(words(&play), ["on_deadline of the run"]);
    assert_eq!(calls(&play)[0].0.event["deadline"], json!(due));
    assert_eq!(play.states(), ["running", "none"], "it goes on");
    assert_eq!(play.planner.next_wakeup(), None);
    play.ends("a", broken());
    play.apply(Event::Clear { run: RUN, tasks: vec![ix(0), ix(1)] });
    assert_eq!(play.planner.next_wakeup().unwrap().at, later(play.now, HOUR), "it counts from the new start");
}

#[test]
fn a_run_that_is_over_in_time_is_not_late() {
    let mut play = late(DeadlineReference::RunStart, |_| {});
    play.ends("a", broken());
    assert_eq!(play.planner.run_state(RUN), Some(RunState::Failed));
    assert_eq!(play.planner.next_wakeup(), None);
}

#[test]
fn a_run_that_was_running_is_late_when_it_is_loaded_after_its_deadline_unless_that_is_recorded() {
    let running = |missed_deadline| {
        late(DeadlineReference::RunStart, move |kept| {
            kept.state = RunState::Running;
            kept.started_at = Some(jiff::Timestamp::UNIX_EPOCH - HOUR);
            kept.missed_deadline = missed_deadline;
        })
    };
    assert_eq!(words(&running(false)), ["on_deadline of the run"]);
    assert_eq!(words(&running(true)), [""; 0]);
}

#[test]
fn a_deadline_after_the_logical_date_is_for_runs_of_their_time_only() {
    let date = jiff::Timestamp::from_second(900).unwrap();
    let dated = |date, in_background| {
        late(DeadlineReference::LogicalDate, move |kept| {
            kept.dates.logical_date = Some(date);
            kept.in_background = in_background;
        })
    };
    let play = dated(date, false);
    assert_eq!(play.planner.next_wakeup().unwrap().at, later(date, HOUR));
    assert_eq!(words(&dated(date - HOUR * 2, false)), ["on_deadline of the run"]);
    assert_eq!(dated(date, true).planner.next_wakeup(), None, "a backfill is late on purpose");
    let mut again = dated(date, false);
    again.ends("a", broken());
    again.apply(Event::Clear { run: RUN, tasks: vec![ix(0), ix(1)] });
    assert_eq!(again.planner.next_wakeup(), None, "so is what was cleared");
}

#[test]
fn without_callbacks_a_late_run_is_recorded_all_the_same() {
    let spec = spec(0);
    let mut kept = snapshot(1, &spec);
    let mut dag = Dag::clone(&kept.dag);
    dag.settings.deadline = Some(Deadline { after: DeadlineReference::RunStart, of: HOUR });
    kept.dag = Arc::new(dag);
    let mut play = Play::load(spec, kept, roomy());
    let due = later(play.now, HOUR);
    sleep(&mut play);
    let Change::Run(change) = &play.last.changes[0] else { panic!() };
    assert_eq!(change.step, RunStep::MissDeadline { due });
    assert_eq!(play.last.changes.len(), 1);
}
