use super::play::{Play, RUN, broken, flaky, ok, roomy, snapshot, task};
use super::spec::{Spec, TaskSpec, ix};
use crate::contract::Outcome;
use crate::lifecycle::change::{RunStep, TaskStep};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Event, Held, RunSnapshot};

fn clear(places: &[usize]) -> Event {
    Event::Clear { run: RUN, tasks: places.iter().map(|place| ix(*place)).collect() }
}

fn mark(play: &Play, id: &str, state: MarkAs) -> Event {
    Event::Mark { instance: play.key(id), state, reason: "I know better".into() }
}

#[test]
fn cancelling_fails_what_runs_skips_the_rest_and_fails_the_run_with_the_reason() {
    let mut play = Play::new(vec![
        task("done", &[]),
        task("runs", &[]),
        TaskSpec { retries: 1, ..task("waits", &[]) },
        task("never", &[1]),
    ]);
    play.ends("done", ok());
    play.ends("waits", flaky());
    let attempt = play.attempt("runs");
    play.apply(Event::CancelRun { run: RUN, reason: "by ann".into() });
    assert_eq!(play.states(), ["success", "failed", "skipped", "skipped"]);
    assert_eq!(play.last.cancels, [attempt]);
    assert_eq!(play.run_steps(), [&RunStep::Fail { reason: "by ann".into() }]);
    assert_eq!(play.last.ended_runs[0].state, RunState::Failed);
    assert_eq!(play.planner.next_wakeup(), None);
}

#[test]
fn a_cancelled_try_holds_its_slot_until_it_reports_and_its_report_changes_nothing() {
    let mut play = Play::new(vec![task("a", &[])]);
    let report = play.report("a", ok());
    play.apply(Event::CancelRun { run: RUN, reason: "enough".into() });
    assert_eq!((play.planner.in_use().tasks, play.planner.in_use().ending), (1, 1));
    play.apply(Event::TaskEnded(Box::new(report)));
    assert!(play.last.is_empty() && play.last.late.len() == 1);
    assert_eq!((play.state("a"), play.planner.in_use().tasks), (TaskState::Failed, 0));
}

#[test]
fn cancelling_a_run_at_its_end_does_nothing() {
    let mut play = Play::new(vec![task("a", &[])]);
    play.ends("a", ok());
    assert!(play.apply(Event::CancelRun { run: RUN, reason: "late".into() }).is_empty());
}

#[test]
fn clearing_what_failed_brings_a_run_back_and_its_upstream_results_are_used() {
    let needs = TaskSpec { required: vec![0], ..TaskSpec::new("b") };
    let mut play = Play::new(vec![task("a", &[]), needs, task("c", &[1])]);
    play.ends("a", ok());
    let first_key = play.launch("b").idempotency_key.clone();
    play.ends("b", broken());
    assert_eq!(play.run_state(), RunState::Failed);
    play.apply(clear(&[1, 2]));
    assert_eq!(play.run_steps(), [&RunStep::Requeue, &RunStep::Start]);
    assert_eq!(play.states(), ["success", "running", "none"]);
    let launch = play.launch("b");
    assert_eq!((launch.attempt.try_number, launch.max_tries), (2, 2));
    assert_ne!(launch.idempotency_key, first_key);
    assert_eq!(launch.invocation.inputs.len(), 1);
    play.ends("b", ok());
    play.ends("c", ok());
    assert_eq!(play.run_state(), RunState::Success);
}

#[test]
fn clearing_what_runs_ends_it_first() {
    let mut play = Play::new(vec![task("a", &[])]);
    let report = play.report("a", Outcome::Cancelled);
    play.apply(clear(&[0]));
    assert_eq!(play.steps("a"), [&TaskStep::ClearLater]);
    assert_eq!((play.last.cancels.len(), play.state("a")), (1, TaskState::Running));
    play.apply(Event::TaskEnded(Box::new(report)));
    assert!(matches!(
        play.steps("a")[..3],
        [TaskStep::Fail { .. }, TaskStep::Clear { .. }, TaskStep::Schedule { try_number: 2 }]
    ));
    assert_eq!((play.state("a"), play.planner.in_use().tasks), (TaskState::Running, 1));
}

#[test]
fn what_was_to_be_cleared_when_the_process_ended_is_cleared_by_the_next() {
    let spec = || Spec::new(vec![task("a", &[])]);
    let mut play = Play::with(spec(), roomy());
    play.apply(clear(&[0]));
    let instances = vec![play.instance("a").clone()];
    let kept = RunSnapshot { state: RunState::Running, instances, ..snapshot(1, &spec()) };
    let mut next = Play::load(spec(), kept, roomy());
    next.apply(Event::HostLost(Held::Run(RUN)));
    assert!(matches!(
        next.steps("a")[..3],
        [TaskStep::Fail { .. }, TaskStep::Clear { clears: 1, .. }, TaskStep::Schedule { try_number: 2 }]
    ));
    assert_eq!(next.instance("a").lost_hosts, 0);
}

#[test]
fn clearing_what_never_began_changes_nothing() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[0])]);
    assert!(play.apply(clear(&[1])).is_empty());
}

#[test]
fn marking_a_failure_as_a_success_lets_its_downstream_go_on() {
    let mut play = Play::new(vec![TaskSpec { retries: 1, ..task("a", &[]) }, task("b", &[0])]);
    play.ends("a", flaky());
    let event = mark(&play, "a", MarkAs::Success);
    play.apply(event);
    assert_eq!(play.states(), ["success", "running"]);
}

#[test]
fn marking_what_runs_ends_its_try() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[0])]);
    let (event, report) = (mark(&play, "a", MarkAs::Failed), play.report("a", ok()));
    play.apply(event);
    assert_eq!(play.states(), ["failed", "upstream_failed"]);
    assert_eq!(play.last.cancels.len(), 1);
    play.apply(Event::TaskEnded(Box::new(report)));
    assert_eq!((play.state("a"), play.planner.in_use().tasks), (TaskState::Failed, 0));
}

#[test]
fn a_required_input_of_a_task_that_was_only_marked_a_success_is_missing() {
    let needs = TaskSpec { required: vec![0], ..TaskSpec::new("b") };
    let mut play = Play::new(vec![TaskSpec { retries: 1, ..task("a", &[]) }, needs]);
    play.ends("a", flaky());
    let event = mark(&play, "a", MarkAs::Success);
    play.apply(event);
    assert_eq!(play.why("b"), "missing-input: input `in0` needs `a.out`, but `a` published nothing there");
}

#[test]
fn what_the_store_refused_is_taken_as_it_is_kept() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[0])]);
    // Somebody else marked `a` while its start was on its way to the store.
    let actual = Instance { state: TaskState::Success, try_number: 1, ..Instance::new(0) };
    let instance = play.key("a");
    play.apply(Event::Refused { instance, actual: Box::new(actual) });
    assert_eq!(play.states(), ["success", "running"]);
    assert_eq!(play.planner.in_use().tasks, 1);
}

#[test]
fn a_cancelled_start_that_was_refused_holds_no_slot() {
    let mut play = Play::new(vec![task("a", &[])]);
    let instance = play.key("a");
    play.apply(Event::CancelRun { run: RUN, reason: "enough".into() });
    let actual = Instance { state: TaskState::Skipped, try_number: 1, start_number: 0, ..Instance::new(0) };
    play.apply(Event::Refused { instance, actual: Box::new(actual) });
    assert_eq!(play.planner.in_use().tasks, 0);
}
