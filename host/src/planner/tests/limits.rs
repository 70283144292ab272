use std::time::Duration;

use super::play::{Play, RUN, ok, params_check, roomy, snapshot, task};
use super::spec::{Spec, TaskSpec};
use crate::lifecycle::change::RunStep;
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Capacity, Event, Planner, Why};

fn wide(count: usize) -> Vec<TaskSpec> {
    (0..count).map(|at| task(&format!("t{at}"), &[])).collect()
}

fn parallel(parallelism: u32) -> Capacity {
    Capacity { parallelism, ..roomy() }
}

#[test]
fn no_more_run_at_once_than_there_are_slots_and_the_next_starts_with_the_end_of_one() {
    let mut play = Play::with(Spec::new(wide(3)), parallel(2));
    assert_eq!(play.states(), ["running", "running", "scheduled"]);
    play.ends("t0", ok());
    assert_eq!(play.launched(), ["t2"]);
}

#[test]
fn no_more_of_one_run_at_once_than_its_dag_allows() {
    let spec = Spec { max_active_tasks: 2, ..Spec::new(wide(4)) };
    let mut planner = Planner::new(parallel(3), params_check());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let launched = |planner: &mut Planner, key| {
        let decision = planner.apply(Event::RunAdded(Box::new(snapshot(key, &spec))), now);
        decision.launches.iter().map(|launch| launch.attempt.instance.run.0).collect::<Vec<_>>()
    };
    assert_eq!(launched(&mut planner, 1), [1, 1]);
    assert_eq!(launched(&mut planner, 2), [2]);
}

#[test]
fn higher_priority_goes_first_and_then_who_came_first() {
    let mut tasks = wide(5);
    tasks[2].priority = 7;
    tasks[4].priority = 7;
    let mut play = Play::with(Spec::new(tasks), parallel(0));
    let mut order = Vec::new();
    play.apply(Event::CapacityChanged(parallel(1)));
    while play.run_state() == RunState::Running {
        order.extend(play.launched().iter().map(|id| (*id).to_owned()));
        let id = order.last().unwrap().clone();
        play.ends(&id, ok());
    }
    assert_eq!(order, ["t2", "t4", "t0", "t1", "t3"]);
}

#[test]
fn memory_limits_stay_within_the_budget_together() {
    let mut tasks = wide(3);
    tasks[0].memory_bytes = 600;
    tasks[1].memory_bytes = 600;
    let mut play = Play::with(Spec::new(tasks), roomy());
    // The second does not fit beside the first, and the third does not overtake it.
    assert_eq!(play.states(), ["running", "scheduled", "scheduled"]);
    play.ends("t0", ok());
    assert_eq!(play.states(), ["success", "running", "running"]);
    assert_eq!(play.planner.in_use().memory_bytes, 601);
}

#[test]
fn a_task_over_the_whole_budget_fails_for_good_without_a_try_and_says_so() {
    let big = TaskSpec { memory_bytes: 1001, retries: 3, ..task("big", &[]) };
    let play = Play::new(vec![big, task("small", &[])]);
    assert_eq!(play.states(), ["failed", "running"]);
    assert!(play.why("big").contains("1001 bytes is over the 1000 bytes that all tasks"), "{}", play.why("big"));
    assert_eq!(play.instance("big").try_number, 0);
}

#[test]
fn a_budget_that_shrinks_below_a_waiting_task_fails_it() {
    let mut tasks = wide(2);
    tasks[1].memory_bytes = 900;
    let mut play = Play::with(Spec::new(tasks), parallel(1));
    play.apply(Event::CapacityChanged(Capacity::new(1, 100)));
    play.ends("t0", ok());
    assert_eq!(play.states(), ["success", "failed"]);
    assert_eq!(play.run_state(), RunState::Failed);
}

#[test]
fn a_run_that_takes_too_long_fails_and_says_so() {
    let spec =
        Spec { dagrun_timeout: Some(Duration::from_secs(60)), ..Spec::new(vec![task("a", &[]), task("b", &[0])]) };
    let mut play = Play::with(spec, roomy());
    let wake = play.planner.next_wakeup().unwrap();
    assert_eq!((wake.at, wake.why), (later(play.now, Duration::from_secs(60)), Why::RunTimeout(RUN)));
    play.after(60);
    assert_eq!(play.states(), ["failed", "skipped"]);
    let [RunStep::Fail { reason }] = play.run_steps()[..] else { panic!() };
    assert_eq!(reason, "it took longer than its dagrun_timeout of 60s");
    assert_eq!(play.last.cancels.len(), 1);
    assert_eq!(play.planner.next_wakeup(), None);
}

#[test]
fn a_run_whose_tasks_wait_for_each_other_fails_and_says_what_is_stuck() {
    let spec = Spec::new(vec![task("a", &[]), task("b", &[])]);
    let mut stuck = snapshot(1, &spec);
    let mut dag = (*stuck.dag).clone();
    // No check lets such a DAG through.
    dag.edges.upstream = [[super::spec::ix(1)], [super::spec::ix(0)]].iter().collect();
    dag.edges.downstream = dag.edges.upstream.clone();
    stuck.dag = std::sync::Arc::new(dag);
    let mut planner = Planner::new(roomy(), params_check());
    let decision = planner.apply(Event::RunAdded(Box::new(stuck)), jiff::Timestamp::UNIX_EPOCH);
    let text = format!("{:?}", decision.changes.last().unwrap());
    assert!(text.contains("stuck, since nothing that runs could start them: `a`, `b`"), "{text}");
    assert_eq!(decision.ended_runs[0].state, RunState::Failed);
}

#[test]
fn a_run_without_tasks_is_a_success_at_once() {
    let play = Play::new(Vec::new());
    assert_eq!(play.run_steps(), [&RunStep::Start, &RunStep::Succeed { with_failures: false }]);
}

#[test]
fn a_run_that_is_removed_gives_its_slots_back_when_its_tries_have_reported() {
    let mut play = Play::with(Spec::new(wide(2)), parallel(2));
    let report = play.report("t0", ok());
    play.apply(Event::RunRemoved(RUN));
    assert_eq!((play.last.cancels.len(), play.planner.in_use().tasks), (2, 2));
    play.apply(Event::TaskEnded(Box::new(report)));
    assert_eq!((play.planner.in_use().tasks, play.last.late.len()), (1, 1));
}

#[test]
fn every_state_of_a_kept_run_is_counted_when_it_is_taken_in() {
    let spec = Spec::new(wide(TaskState::ALL.len()));
    let mut kept = snapshot(1, &spec);
    kept.state = RunState::Running;
    kept.instances = TaskState::ALL
        .iter()
        .map(|state| crate::lifecycle::instance::Instance {
            state: *state,
            ..crate::lifecycle::instance::Instance::new(0)
        })
        .collect();
    let mut planner = Planner::new(parallel(2), params_check());
    let decision = planner.apply(Event::RunAdded(Box::new(kept)), jiff::Timestamp::UNIX_EPOCH);
    assert!(decision.launches.is_empty());
    assert_eq!(planner.in_use().tasks, 2);
    assert_eq!(planner.run_state(RUN), Some(RunState::Running));
}
