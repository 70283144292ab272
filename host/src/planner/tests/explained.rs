//! `Planner::explain`.

use std::time::Duration;

use super::many::{Many, pools, takes};
use super::play::{flaky, ok, roomy, task};
use super::spec::{RETRY_DELAY, Spec, TaskSpec, ix};
use crate::contract::Outcome;
use crate::dag::model::{PastRule, TriggerRule};
use crate::ids::{InstanceKey, PoolName, RunKey};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Capacity, Event, Holder, PastTask, Reason, Waits, WakeUp, Why};

fn pool(name: &str) -> PoolName {
    PoolName::new(name).unwrap()
}

#[test]
fn what_is_active_or_at_its_end_waits_for_nothing() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[]), task("b", &[])]).succeeds(1, "a");
    let explained = many.planner.explain(many.key(1, "a"));
    assert_eq!(explained, Some(Waits { run: RunState::Running, state: TaskState::Success, reasons: Vec::new() }));
    assert_eq!(many.reasons(1, "b"), []);
    assert_eq!(many.planner.explain(InstanceKey { run: RunKey(7), task: ix(0) }), None);
}

#[test]
fn a_rule_is_named_with_all_upstreams() {
    let mut many = Many::new(roomy());
    many.add(1, vec![task("a", &[]), task("b", &[]), task("c", &[0, 1])]).succeeds(1, "a");
    let upstream = vec![(ix(0), TaskState::Success), (ix(1), TaskState::Running)];
    assert_eq!(many.reasons(1, "c"), [Reason::Rule { rule: TriggerRule::AllSuccess, upstream }]);
}

#[test]
fn branches_and_data_are_named_beside_the_rule() {
    let mut many = Many::new(roomy());
    let pick = TaskSpec { may_branch: true, ..task("pick", &[]) };
    let late = TaskSpec { rule: TriggerRule::Always, required: vec![1], ..task("late", &[0]) };
    many.add(1, vec![pick, task("up", &[]), late]);
    let [branch, data] = [0, 1].map(|place| vec![(ix(place), TaskState::Running)]);
    assert_eq!(many.reasons(1, "late"), [Reason::Branches(branch), Reason::Data(data)]);
}

#[test]
fn a_retry_and_a_reschedule_say_when() {
    let mut many = Many::new(roomy());
    many.add(1, vec![TaskSpec { retries: 1, ..task("a", &[]) }, task("b", &[])]);
    many.ends(1, "a", flaky()).ends(1, "b", Outcome::Again { after: Duration::from_secs(9), state: None });
    let [Reason::Due(WakeUp { at, why })] = many.reasons(1, "a")[..] else { panic!() };
    assert!(at.duration_since(many.now).unsigned_abs() >= RETRY_DELAY);
    assert_eq!(why, Why::Retry(many.key(1, "a")));
    let [Reason::Due(WakeUp { why, .. })] = many.reasons(1, "b")[..] else { panic!() };
    assert_eq!(why, Why::Reschedule(many.key(1, "b")));
}

#[test]
fn a_pool_is_named_with_who_holds_how_much_of_it() {
    let mut many = Many::new(pools(&[("db", 3)]));
    many.add(1, vec![takes("a", "db", 2)]).add(2, vec![takes("b", "db", 2), takes("c", "db", 1)]);
    let holders = vec![Holder { instance: many.key(1, "a"), slots: 2, ending: false }];
    let full = Reason::Pool { pool: pool("db"), wants: 2, slots: Some(3), holders };
    assert_eq!(many.reasons(2, "b"), [full]);
    assert_eq!(many.reasons(2, "c"), [Reason::BehindInPool(many.key(2, "b"))]);
}

#[test]
fn a_try_that_is_being_ended_is_named_as_such() {
    let mut many = Many::new(pools(&[("db", 1)]));
    many.add(1, vec![takes("a", "db", 1)]).add(2, vec![takes("b", "db", 1)]);
    many.apply(Event::CancelRun { run: RunKey(1), reason: "enough".into() });
    let holders = vec![Holder { instance: many.key(1, "a"), slots: 1, ending: true }];
    assert_eq!(many.reasons(2, "b"), [Reason::Pool { pool: pool("db"), wants: 1, slots: Some(1), holders }]);
}

#[test]
fn a_pool_that_there_is_not_or_that_is_too_small_is_named() {
    let mut many = Many::new(pools(&[("db", 1)]));
    many.add(1, vec![takes("a", "gpu", 1), takes("b", "db", 2)]);
    let reason = |name, wants, slots| Reason::Pool { pool: pool(name), wants, slots, holders: Vec::new() };
    assert_eq!(many.reasons(1, "a"), [reason("gpu", 1, None)]);
    assert_eq!(many.reasons(1, "b"), [reason("db", 2, Some(1))]);
}

#[test]
fn limits_of_the_run_and_of_the_task_are_named() {
    let limited = || TaskSpec { max_per_dag: Some(1), max_per_run: Some(1), ..task("a", &[]) };
    let mut many = Many::new(roomy());
    many.add(1, vec![limited()]);
    let tasks = vec![TaskSpec { priority: 1, ..task("b", &[]) }, limited()];
    many.add_as(2, Spec { max_active_tasks: 1, ..Spec::new(tasks) }, |_| {});
    let run = Reason::ActiveTasks { active: 1, max: 1 };
    assert_eq!(many.reasons(2, "a"), [run, Reason::TriesOverRuns { active: 1, max: 1 }]);
    let first = many.attempt(1, "a");
    many.apply(Event::HandBack(crate::planner::Held::Attempts(vec![first])));
    let own = [Reason::TriesOverRuns { active: 1, max: 1 }, Reason::TriesInRun { active: 1, max: 1 }];
    assert_eq!(many.reasons(1, "a"), own);
}

#[test]
fn parallelism_and_memory_are_named() {
    let mut many = Many::new(Capacity { parallelism: 1, memory_budget_bytes: 10, ..roomy() });
    let heavy = |id: &str| TaskSpec { memory_bytes: 6, ..task(id, &[]) };
    many.add(1, vec![heavy("a"), heavy("b"), task("c", &[])]);
    let parallelism = Reason::Parallelism { tasks: 1, max: 1 };
    let memory = Reason::Memory { wants_bytes: 6, in_use_bytes: 6, budget_bytes: 10 };
    assert_eq!(many.reasons(1, "b"), [parallelism.clone(), memory.clone()]);
    assert_eq!(many.reasons(1, "c"), [parallelism]);
    many.apply(Event::CapacityChanged(Capacity { memory_budget_bytes: 10, ..roomy() }));
    assert_eq!(many.reasons(1, "b"), [memory]);
    assert_eq!(many.reasons(1, "c"), [Reason::Behind(many.key(1, "b"))]);
}

#[test]
fn the_past_is_named_with_what_it_is() {
    let mut many = Many::new(roomy());
    let later = TaskSpec { past: PastRule::WithDownstream, ..task("a", &[]) };
    many.add(1, vec![task("a", &[]), task("b", &[0])]).add_after(2, 1, vec![later]).ends(1, "a", ok());
    let below = vec![("b".parse().unwrap(), TaskState::Running)];
    let expected = PastTask { state: TaskState::Success, downstream: below };
    assert_eq!(many.reasons(2, "a"), [Reason::Past { run: RunKey(1), with_downstream: true, task: expected }]);
}
