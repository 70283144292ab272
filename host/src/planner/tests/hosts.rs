use super::play::{Play, RUN, ok, roomy, task};
use super::spec::{Spec, TaskSpec};
use crate::contract::Outcome;
use crate::lifecycle::change::TaskStep;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Capacity, Event, Held};

#[test]
fn a_task_whose_host_is_lost_starts_again_at_once_without_costing_a_try() {
    let mut play = Play::new(vec![task("a", &[])]);
    let held = Held::Attempts(vec![play.attempt("a")]);
    play.apply(Event::HostLost(held));
    assert!(matches!(play.steps("a")[0], TaskStep::LoseHost { lost_hosts: 1, try_number: 2, max_tries: 2 }));
    assert_eq!(play.state("a"), TaskState::Running);
    assert_eq!(play.planner.in_use().tasks, 1);
}

#[test]
fn after_three_lost_hosts_a_task_fails() {
    let mut play = Play::new(vec![TaskSpec { retries: 9, ..task("a", &[]) }]);
    for _ in 0..3 {
        play.apply(Event::HostLost(Held::Run(RUN)));
    }
    assert_eq!((play.state("a"), play.run_state()), (TaskState::Failed, RunState::Failed));
    assert!(play.why("a").contains("lost its host"));
    assert_eq!(play.planner.in_use().tasks, 0);
}

#[test]
fn a_lost_host_of_an_earlier_start_is_passed_over() {
    let mut play = Play::new(vec![task("a", &[])]);
    let old = play.attempt("a");
    play.apply(Event::HostLost(Held::Attempts(vec![old.clone()])));
    play.apply(Event::HostLost(Held::Attempts(vec![old])));
    assert!(play.last.is_empty());
}

#[test]
fn a_server_that_stops_hands_back_and_its_tries_hold_their_slots_until_they_report() {
    let spec = Spec::new(vec![task("a", &[]), task("b", &[0])]);
    let mut play = Play::with(spec, roomy());
    let report = play.report("a", Outcome::Cancelled);
    play.apply(Event::CapacityChanged(Capacity { parallelism: 0, ..roomy() }));
    play.apply(Event::HandBack(Held::Run(RUN)));
    assert!(matches!(play.steps("a")[..], [TaskStep::HandBack { try_number: 2, max_tries: 2 }]));
    assert_eq!((play.state("a"), play.last.cancels.len()), (TaskState::Scheduled, 1));
    assert_eq!(play.planner.in_use().tasks, 1);
    play.apply(Event::TaskEnded(Box::new(report)));
    assert_eq!((play.state("a"), play.planner.in_use().tasks), (TaskState::Scheduled, 0));
}

#[test]
fn a_try_that_its_executor_ended_by_itself_is_handed_back() {
    let mut play = Play::new(vec![task("a", &[])]);
    play.ends("a", Outcome::Cancelled);
    assert!(matches!(play.steps("a")[0], TaskStep::HandBack { .. }));
    play.ends("a", ok());
    assert_eq!(play.run_state(), RunState::Success);
}

#[test]
fn a_process_that_ended_fails_what_it_ran_and_skips_the_rest() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[0])]);
    play.apply(Event::CancelRun { run: RUN, reason: "its process ended".into() });
    assert_eq!(play.states(), ["failed", "skipped"]);
    assert_eq!(play.why("a"), "cancelled: its process ended");
}
