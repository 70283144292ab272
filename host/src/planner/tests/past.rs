//! `depends_on_past` and `wait_for_downstream`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::many::{Many, pools};
use super::play::{broken, flaky, ok, roomy, skips, task};
use super::spec::{Spec, TaskSpec};
use crate::dag::model::PastRule;
use crate::ids::{RunKey, TaskId};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Event, PastRun, PastTask, Reason};

fn depends(id: &str, after: &[usize]) -> TaskSpec {
    TaskSpec { past: PastRule::SameTask, ..task(id, after) }
}

fn waits_for_downstream(id: &str, after: &[usize]) -> TaskSpec {
    TaskSpec { past: PastRule::WithDownstream, ..task(id, after) }
}

/// What is kept of run 1: its tasks with their states, and those of what is directly downstream.
fn kept(tasks: &[(&str, TaskState, &[TaskState])]) -> PastRun {
    let id = |text: &str| TaskId::new(text).unwrap();
    let tasks = tasks.iter().map(|(name, state, below)| {
        let downstream = below.iter().enumerate().map(|(at, state)| (id(&format!("below{at}")), *state)).collect();
        (id(name), PastTask { state: *state, downstream })
    });
    PastRun { key: RunKey(1), tasks: tasks.collect() }
}

fn add_with(many: &mut Many, past: PastRun, tasks: Vec<TaskSpec>) {
    many.add_as(2, Spec::new(tasks), |snapshot| snapshot.past = Some(past));
}

#[test]
fn a_task_waits_in_none_without_a_try_until_it_succeeded_in_the_previous_run() {
    let mut many = Many::new(roomy());
    many.add(1, vec![depends("a", &[])]).add_after(2, 1, vec![depends("a", &[]), task("b", &[])]);
    assert_eq!((many.state(2, "a"), many.state(2, "b")), (TaskState::None, TaskState::Running));
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(2, "a")]);
    assert_eq!(many.attempt(2, "a").try_number, 1);
}

#[test]
fn skipped_in_the_previous_run_is_good_enough_and_failed_is_not() {
    for (outcome, state) in [(skips(), TaskState::Running), (broken(), TaskState::None)] {
        let mut many = Many::new(roomy());
        many.add(1, vec![task("a", &[])]).add_after(2, 1, vec![depends("a", &[])]).ends(1, "a", outcome);
        assert_eq!(many.state(2, "a"), state);
    }
}

#[test]
fn a_run_that_waits_for_its_past_goes_on_and_is_not_stuck() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[])]).add_after(2, 1, vec![depends("a", &[]), task("b", &[0])]).ends(1, "a", broken());
    assert_eq!((many.run_state(1), many.run_state(2)), (RunState::Failed, RunState::Running));
    let instance = many.key(1, "a");
    many.apply(Event::Mark { instance, state: MarkAs::Success, reason: "I did it by hand".into() });
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn a_run_that_waits_for_its_past_still_times_out() {
    let mut many = Many::new(roomy());
    let spec = Spec { dagrun_timeout: Some(Duration::from_secs(60)), ..Spec::new(vec![depends("a", &[])]) };
    many.add_as(2, spec, |snapshot| snapshot.past = Some(kept(&[("a", TaskState::Failed, &[])])));
    many.after(Duration::from_secs(60)).apply(Event::Wake);
    assert_eq!((many.run_state(2), many.state(2, "a")), (RunState::Failed, TaskState::Skipped));
}

#[test]
fn without_a_previous_run_or_without_the_task_there_nothing_is_waited_for() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("other", &[]), depends("a", &[])]).add_after(2, 1, vec![depends("new", &[])]);
    assert_eq!((many.state(1, "a"), many.state(2, "new")), (TaskState::Running, TaskState::Running));
}

#[test]
fn a_rule_that_skips_or_fails_does_not_wait_for_the_past() {
    let mut many = Many::new(roomy());
    let later = vec![task("up", &[]), depends("a", &[0])];
    many.add(1, vec![task("a", &[])]).add_after(2, 1, later.clone()).ends(2, "up", skips());
    assert_eq!(many.state(2, "a"), TaskState::Skipped);
    many.add_after(3, 1, later).ends(3, "up", broken());
    assert_eq!(many.state(3, "a"), TaskState::UpstreamFailed);
}

#[test]
fn waiting_for_downstream_waits_for_those_directly_below_too() {
    let mut many = Many::new(roomy());
    let chain = || vec![waits_for_downstream("a", &[]), task("b", &[0]), task("c", &[0]), task("d", &[1])];
    many.add(1, chain()).add_after(2, 1, chain()).succeeds(1, "a").succeeds(1, "b");
    assert_eq!(many.state(2, "a"), TaskState::None);
    many.ends(1, "c", skips());
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn clearing_the_past_makes_those_wait_that_have_not_started_and_lets_the_others_run() {
    let mut many = Many::new(pools(&[("default_pool", 1)]));
    many.add(1, vec![task("a", &[]), task("b", &[])]);
    many.succeeds(1, "a").succeeds(1, "b");
    many.add_after(2, 1, vec![depends("a", &[]), depends("b", &[])]);
    assert_eq!((many.state(2, "a"), many.state(2, "b")), (TaskState::Running, TaskState::Scheduled));
    many.clear(1, "a").clear(1, "b");
    many.succeeds(2, "a");
    // The slot goes to who may start; the one of run 2 is scheduled, and waits.
    assert_eq!(many.launched(), [(1, "a")]);
    many.succeeds(1, "a").succeeds(1, "b");
    assert_eq!(many.launched(), [(2, "b")]);
}

#[test]
fn a_retry_waits_for_a_past_that_was_cleared() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[])]).succeeds(1, "a");
    many.add_after(2, 1, vec![TaskSpec { retries: 1, ..depends("a", &[]) }]).ends(2, "a", flaky());
    many.clear(1, "a").after(Duration::from_secs(100)).apply(Event::Wake);
    assert_eq!(many.state(2, "a"), TaskState::Scheduled);
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn what_is_kept_of_a_previous_run_that_is_not_driven_here_counts() {
    let run = |past, rule: fn(&str, &[usize]) -> TaskSpec| {
        let mut many = Many::new(roomy());
        add_with(&mut many, past, vec![rule("a", &[])]);
        many.state(2, "a")
    };
    let (good, bad) = (TaskState::Success, TaskState::Running);
    assert_eq!(run(kept(&[("a", good, &[bad])]), depends), TaskState::Running);
    assert_eq!(run(kept(&[("a", bad, &[good])]), depends), TaskState::None);
    assert_eq!(run(kept(&[("a", good, &[bad])]), waits_for_downstream), TaskState::None);
    assert_eq!(run(kept(&[("a", good, &[TaskState::Removed])]), waits_for_downstream), TaskState::Running);
    assert_eq!(run(kept(&[("a", TaskState::Removed, &[bad])]), waits_for_downstream), TaskState::Running);
    assert_eq!(run(kept(&[]), depends), TaskState::Running);
}

#[test]
fn a_previous_run_that_is_added_later_is_looked_up_from_then_on() {
    let mut many = Many::new(roomy());
    add_with(&mut many, kept(&[("a", TaskState::None, &[])]), vec![depends("a", &[])]);
    many.add(1, vec![task("a", &[])]);
    assert_eq!(many.state(2, "a"), TaskState::None);
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn a_previous_run_that_is_not_driven_any_more_counts_as_it_was() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[]), task("b", &[])]).succeeds(1, "a").ends(1, "b", broken());
    many.add_after(2, 1, vec![task("up", &[]), depends("a", &[0]), depends("b", &[0])]);
    many.apply(Event::RunRemoved(RunKey(1))).succeeds(2, "up");
    assert_eq!(many.launched(), [(2, "a")]);
    assert_eq!(many.state(2, "b"), TaskState::None);
    let task = PastTask { state: TaskState::Failed, downstream: Vec::new() };
    assert_eq!(many.reasons(2, "b"), [Reason::Past { run: RunKey(1), with_downstream: false, task }]);
}

#[test]
fn a_previous_run_that_is_added_counts_more_than_what_was_kept_of_it() {
    let mut many = Many::new(roomy());
    add_with(&mut many, kept(&[("a", TaskState::Failed, &[])]), vec![depends("a", &[])]);
    many.add_as(1, Spec::new(vec![task("a", &[])]), |snapshot| {
        snapshot.state = RunState::Success;
        snapshot.instances = vec![Instance { state: TaskState::Success, ..Instance::new(0) }];
    });
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn a_past_that_changed_elsewhere_is_told() {
    let mut many = Many::new(roomy());
    add_with(&mut many, kept(&[("a", TaskState::Failed, &[])]), vec![depends("a", &[])]);
    many.apply(Event::PastChanged { run: RunKey(2), past: Some(kept(&[("a", TaskState::Success, &[])])) });
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn a_run_that_is_made_in_between_is_the_past_from_then_on() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[])]).add_after(3, 1, vec![depends("a", &[])]).add_after(2, 1, vec![depends("a", &[])]);
    let between = PastRun { key: RunKey(2), tasks: BTreeMap::new() };
    many.apply(Event::PastChanged { run: RunKey(3), past: Some(between) }).succeeds(1, "a");
    assert_eq!(many.launched(), [(2, "a")]);
    many.succeeds(2, "a");
    assert_eq!(many.launched(), [(3, "a")]);
}

#[test]
fn when_the_previous_run_is_deleted_nothing_is_waited_for() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[])]).add_after(2, 1, vec![depends("a", &[])]).ends(1, "a", broken());
    many.apply(Event::RunRemoved(RunKey(1))).apply(Event::PastChanged { run: RunKey(2), past: None });
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn what_is_kept_is_read_off_a_run_by_the_tasks_that_depend_on_it() {
    let past = Spec::new(vec![task("a", &[]), task("b", &[0]), task("c", &[])]).dag("dag");
    let later = Spec::new(vec![depends("a", &[]), task("c", &[]), depends("new", &[])]).dag("dag");
    let states = [TaskState::Success, TaskState::Running, TaskState::Failed];
    let expected =
        PastTask { state: TaskState::Success, downstream: vec![(TaskId::new("b").unwrap(), TaskState::Running)] };
    let found = PastRun::of(RunKey(1), &past, &states, &later);
    assert_eq!(found, PastRun { key: RunKey(1), tasks: BTreeMap::from([(TaskId::new("a").unwrap(), expected)]) });
}

#[test]
fn a_chain_of_runs_goes_on_one_after_the_other() {
    let mut many = Many::new(roomy());
    many.add(1, vec![depends("a", &[])]);
    for run in 2..50 {
        many.add_after(run, run - 1, vec![depends("a", &[])]);
    }
    for run in 1..50 {
        many.ends(run, "a", ok());
        assert_eq!(many.run_state(run), RunState::Success);
    }
}
