use super::many::{Many, pools, takes};
use super::play::{ok, task};
use super::spec::{Spec, TaskSpec};
use crate::contract::Outcome;
use crate::ids::{PoolName, RunKey};
use crate::lifecycle::event::MarkAs;
use crate::lifecycle::state::TaskState;
use crate::planner::{Capacity, Event, Held, Reason};

fn in_use(many: &Many, pool: &str) -> u32 {
    many.planner.pool_in_use(&PoolName::new(pool).unwrap())
}

#[test]
fn tasks_of_a_pool_take_its_slots_over_all_runs() {
    let mut many = Many::new(pools(&[("db", 3)]));
    many.add(1, vec![takes("a", "db", 2)]).add(2, vec![takes("b", "db", 1), takes("c", "db", 1)]);
    assert_eq!((many.state(2, "b"), many.state(2, "c")), (TaskState::Running, TaskState::Scheduled));
    assert_eq!(in_use(&many, "db"), 3);
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(2, "c")]);
    assert_eq!(in_use(&many, "db"), 2);
}

#[test]
fn who_waits_for_a_full_pool_holds_nobody_back_who_needs_another() {
    let mut many = Many::new(pools(&[("db", 1), ("gpu", 1)]));
    let first = TaskSpec { priority: 9, ..takes("first", "db", 1) };
    let second = TaskSpec { priority: 9, ..takes("second", "db", 1) };
    many.add(1, vec![first, second, takes("third", "gpu", 1)]);
    assert_eq!(many.launched(), [(1, "first"), (1, "third")]);
    many.succeeds(1, "third");
    many.add(2, vec![takes("a", "db", 1), takes("b", "gpu", 1)]);
    assert_eq!(many.launched(), [(2, "b")]);
}

#[test]
fn who_wants_many_slots_and_comes_first_is_waited_for() {
    let mut many = Many::new(pools(&[("db", 3)]));
    many.add(1, vec![takes("small", "db", 1)]).add(2, vec![takes("big", "db", 3)]).add(3, vec![takes("late", "db", 1)]);
    assert_eq!((many.state(2, "big"), many.state(3, "late")), (TaskState::Scheduled, TaskState::Scheduled));
    many.succeeds(1, "small");
    assert_eq!(many.launched(), [(2, "big")]);
    many.succeeds(2, "big");
    assert_eq!(many.launched(), [(3, "late")]);
}

#[test]
fn who_wants_more_slots_than_the_pool_has_waits_aside_until_the_pool_grows() {
    let mut many = Many::new(pools(&[("db", 2)]));
    many.add(1, vec![takes("big", "db", 3), takes("small", "db", 2)]);
    assert_eq!(many.launched(), [(1, "small")]);
    many.succeeds(1, "small");
    assert_eq!(many.state(1, "big"), TaskState::Scheduled);
    many.apply(Event::CapacityChanged(pools(&[("db", 3)])));
    assert_eq!(many.launched(), [(1, "big")]);
}

#[test]
fn a_pool_that_there_is_not_starts_nothing_until_it_is_made() {
    let mut many = Many::new(pools(&[("db", 1)]));
    many.add(1, vec![takes("a", "gpu", 1), takes("b", "db", 1)]);
    assert_eq!(many.launched(), [(1, "b")]);
    assert_eq!(many.state(1, "a"), TaskState::Scheduled);
    many.apply(Event::CapacityChanged(pools(&[("db", 1), ("gpu", 1)])));
    assert_eq!(many.launched(), [(1, "a")]);
}

#[test]
fn a_pool_without_slots_starts_nothing() {
    let mut many = Many::new(pools(&[("db", 0)]));
    many.add(1, vec![takes("a", "db", 1)]);
    assert_eq!(many.state(1, "a"), TaskState::Scheduled);
}

#[test]
fn a_pool_that_shrinks_below_what_is_taken_starts_nothing_until_there_is_room() {
    let mut many = Many::new(pools(&[("db", 3)]));
    many.add(1, ["a", "b", "c", "d"].map(|id| takes(id, "db", 1)).to_vec());
    many.apply(Event::CapacityChanged(pools(&[("db", 1)])));
    assert_eq!(in_use(&many, "db"), 3);
    many.succeeds(1, "a").succeeds(1, "b");
    assert_eq!((many.state(1, "c"), many.state(1, "d")), (TaskState::Running, TaskState::Scheduled));
    many.succeeds(1, "c");
    assert_eq!(many.launched(), [(1, "d")]);
}

#[test]
fn a_try_that_is_ended_holds_its_pools_slots_until_it_reports() {
    let mut many = Many::new(pools(&[("db", 1)]));
    many.add(1, vec![takes("a", "db", 1)]).add(2, vec![takes("b", "db", 1)]);
    let ended = many.attempt(1, "a");
    let instance = many.key(1, "a");
    many.apply(Event::Mark { instance, state: MarkAs::Success, reason: "I know better".into() });
    assert_eq!((many.state(2, "b"), in_use(&many, "db")), (TaskState::Scheduled, 1));
    many.reports(ended, Outcome::Cancelled);
    assert_eq!(many.launched(), [(2, "b")]);
}

#[test]
fn a_lost_host_gives_its_pools_slots_back_at_once() {
    let mut many = Many::new(pools(&[("db", 1)]));
    many.add(1, vec![takes("a", "db", 1)]).after(std::time::Duration::from_secs(1)).add(2, vec![takes("b", "db", 1)]);
    many.apply(Event::HostLost(Held::Run(RunKey(1))));
    // It comes again behind who has waited.
    assert_eq!((many.launched(), in_use(&many, "db")), (vec![(2, "b")], 1));
}

#[test]
fn a_task_is_limited_over_all_runs_of_its_dag() {
    let limited = || vec![TaskSpec { max_per_dag: Some(2), ..task("a", &[]) }, task("b", &[])];
    let mut many = Many::new(pools(&[("default_pool", 100)]));
    many.add(1, limited()).add(2, limited()).add(3, limited());
    assert_eq!((many.state(3, "a"), many.state(3, "b")), (TaskState::Scheduled, TaskState::Running));
    many.add_as(4, Spec::new(limited()), |snapshot| snapshot.dag = Spec::new(limited()).dag("another"));
    assert_eq!(many.launched(), [(4, "a"), (4, "b")]);
    many.succeeds(2, "a");
    assert_eq!(many.launched(), [(3, "a")]);
}

#[test]
fn under_several_versions_of_a_dag_an_instances_own_limit_counts() {
    let limited = |max| vec![TaskSpec { max_per_dag: max, ..task("a", &[]) }];
    let mut many = Many::new(pools(&[("default_pool", 100)]));
    many.add(1, limited(None)).add(2, limited(Some(1))).add(3, limited(Some(2))).add(4, limited(None));
    assert_eq!([1, 2, 3, 4].map(|run| many.state(run, "a").as_str()), ["running", "scheduled", "running", "running"]);
    many.succeeds(1, "a").succeeds(3, "a");
    assert_eq!(many.state(2, "a"), TaskState::Scheduled);
    many.succeeds(4, "a");
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn in_one_run_a_try_that_is_being_ended_counts_for_its_task() {
    let mut many = Many::new(pools(&[("default_pool", 100)]));
    many.add(1, vec![TaskSpec { max_per_run: Some(1), ..task("a", &[]) }]);
    let first = many.attempt(1, "a");
    many.apply(Event::HandBack(Held::Attempts(vec![first.clone()])));
    assert_eq!(many.state(1, "a"), TaskState::Scheduled);
    many.reports(first, Outcome::Cancelled);
    assert_eq!(many.launched(), [(1, "a")]);
}

#[test]
fn a_run_that_is_full_leaves_its_place_in_its_pools_line() {
    let mut many = Many::new(pools(&[("default_pool", 100), ("db", 2)]));
    let long = TaskSpec { priority: 1, ..task("long", &[]) };
    let big = || takes("big", "db", 2);
    many.add(1, vec![takes("holds", "db", 1)]);
    many.add_as(2, Spec { max_active_tasks: 1, ..Spec::new(vec![long, big()]) }, |_| {});
    // It would be first in the line, but its run may run no more.
    many.add(3, vec![takes("late", "db", 1)]);
    assert_eq!(many.launched(), [(3, "late")]);
    many.succeeds(1, "holds").succeeds(3, "late");
    assert_eq!(many.state(2, "big"), TaskState::Scheduled);
    many.succeeds(2, "long");
    assert_eq!(many.launched(), [(2, "big")]);
}

#[test]
fn a_run_that_is_removed_leaves_all_lines() {
    let mut many = Many::new(pools(&[("db", 2)]));
    many.add(1, vec![takes("a", "db", 1)]).add(2, vec![takes("big", "db", 2)]).add(3, vec![takes("b", "db", 1)]);
    assert_eq!(many.state(3, "b"), TaskState::Scheduled);
    many.apply(Event::RunRemoved(RunKey(2)));
    assert_eq!(many.launched(), [(3, "b")]);
    many.ends(1, "a", ok());
    assert_eq!(in_use(&many, "db"), 1);
}

#[test]
fn declared_scratch_is_waited_for_and_a_default_is_not() {
    let mut many = Many::new(Capacity { scratch_budget_bytes: 10, ..pools(&[("db", 9)]) });
    let large = |id: &str, scratch_bytes: u64| TaskSpec { scratch_bytes, ..takes(id, "db", 1) };
    many.add(1, vec![large("a", 8), takes("b", "db", 1), large("c", 8)]);
    assert_eq!(many.launched(), [(1, "a"), (1, "b")]);
    let waits = Reason::Scratch { wants_bytes: 8, in_use_bytes: 8, budget_bytes: 10 };
    assert_eq!(many.reasons(1, "c"), [waits]);
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(1, "c")]);
    many.add(2, vec![large("whale", 11)]);
    assert_eq!(many.state(2, "whale"), TaskState::Failed);
}

#[test]
fn memory_is_waited_for_over_all_pools() {
    let mut many = Many::new(Capacity { memory_budget_bytes: 10, ..pools(&[("db", 9), ("gpu", 9)]) });
    let heavy = |id: &str, pool: &str| TaskSpec { memory_bytes: 8, ..takes(id, pool, 1) };
    many.add(1, vec![heavy("a", "db"), heavy("b", "db"), takes("c", "gpu", 1)]);
    assert_eq!(many.launched(), [(1, "a")]);
    many.succeeds(1, "a");
    assert_eq!(many.launched(), [(1, "b"), (1, "c")]);
}
