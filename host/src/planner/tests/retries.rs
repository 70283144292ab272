use std::time::Duration;

use serde_json::json;

use super::play::{Play, flaky, ok, task};
use super::spec::TaskSpec;
use crate::contract::Outcome;
use crate::lifecycle::retry::later;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Event, Why};

fn again(millis: u64) -> Outcome {
    Outcome::Again { after: Duration::from_millis(millis), state: Some(json!("seen")) }
}

#[test]
fn a_failed_try_is_followed_by_another_after_its_delay_until_none_is_left() {
    let mut play = Play::new(vec![TaskSpec { retries: 1, ..task("a", &[]) }]);
    let key = play.launch("a").idempotency_key.clone();
    assert_eq!((play.launch("a").attempt.try_number, play.launch("a").max_tries), (1, 2));
    play.ends("a", flaky());
    let wake = play.planner.next_wakeup().unwrap();
    assert_eq!(wake.why, Why::Retry(play.key("a")));
    assert!(
        wake.at >= later(play.now, Duration::from_secs(10))
            && wake.at <= later(play.now, Duration::from_millis(12_500))
    );
    play.after(9);
    assert_eq!(play.state("a"), TaskState::UpForRetry);
    play.after(4);
    assert_eq!((play.launch("a").attempt.try_number, &play.launch("a").idempotency_key), (2, &key));
    play.ends("a", flaky());
    assert_eq!((play.state("a"), play.run_state()), (TaskState::Failed, RunState::Failed));
    assert_eq!(play.planner.next_wakeup(), None);
}

#[test]
fn again_keeps_its_try_and_hands_its_state_back() {
    let mut play = Play::new(vec![task("a", &[])]);
    play.ends("a", again(0));
    assert_eq!(play.state("a"), TaskState::UpForReschedule);
    let wake = play.planner.next_wakeup().unwrap();
    assert_eq!((wake.at, wake.why), (later(play.now, Duration::from_millis(100)), Why::Reschedule(play.key("a"))));
    play.after(1);
    let launch = play.launch("a");
    assert_eq!((launch.attempt.try_number, launch.attempt.start_number), (1, 2));
    assert_eq!(launch.invocation.resume, Some(json!("seen")));
    play.ends("a", ok());
    assert_eq!(play.run_state(), RunState::Success);
}

#[test]
fn a_new_try_does_not_see_what_again_left_of_the_last() {
    let mut play = Play::new(vec![TaskSpec { retries: 1, ..task("a", &[]) }]);
    play.ends("a", again(0));
    play.after(1);
    play.ends("a", flaky());
    play.after(60);
    assert_eq!(play.launch("a").invocation.resume, None);
}

#[test]
fn a_report_of_an_earlier_start_is_passed_over() {
    let mut play = Play::new(vec![task("a", &[])]);
    let old = play.report("a", ok());
    play.ends("a", again(0));
    play.after(1);
    let attempt = old.attempt.clone();
    let decision = play.apply(Event::TaskEnded(Box::new(old)));
    assert!(decision.is_empty());
    assert_eq!(decision.late, [attempt]);
    assert_eq!(play.state("a"), TaskState::Running);
}

#[test]
fn the_same_report_twice_counts_once() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[])]);
    let report = play.report("a", ok());
    play.apply(Event::TaskEnded(Box::new(report.clone())));
    assert!(play.apply(Event::TaskEnded(Box::new(report))).is_empty());
    assert_eq!(play.planner.in_use().tasks, 1);
}

#[test]
fn a_run_with_a_failure_above_good_leaves_is_a_success_with_failures() {
    let rescue = TaskSpec { rule: crate::dag::model::TriggerRule::AllDone, ..task("b", &[0]) };
    let mut play = Play::new(vec![task("a", &[]), rescue]);
    play.ends("a", super::play::broken());
    play.ends("b", ok());
    assert_eq!(play.run_steps(), [&crate::lifecycle::change::RunStep::Succeed { with_failures: true }]);
}
