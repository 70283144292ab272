use crate::lifecycle::run_end::{RunEnd, Tally, run_end};
use crate::lifecycle::state::TaskState;

fn tally(states: &[TaskState]) -> Tally {
    let mut tally = Tally::default();
    states.iter().for_each(|state| tally.add(*state));
    tally
}

#[test]
fn a_run_goes_on_while_any_task_can() {
    for state in TaskState::ALL.iter().filter(|state| !state.is_finished() && **state != TaskState::None) {
        let tally = tally(&[TaskState::Failed, TaskState::None, *state]);
        assert_eq!(run_end(&tally, || 1), RunEnd::GoesOn, "{state}");
    }
}

#[test]
fn a_run_is_stuck_when_only_tasks_in_none_are_left() {
    assert_eq!(run_end(&tally(&[TaskState::Success, TaskState::None]), || 0), RunEnd::Stuck);
}

#[test]
fn a_bad_leaf_fails_the_run_and_another_failure_only_shows() {
    let with_failure = tally(&[TaskState::Success, TaskState::Failed]);
    assert_eq!(run_end(&with_failure, || 1), RunEnd::Failed);
    assert_eq!(run_end(&with_failure, || 0), RunEnd::Success { with_failures: true });
    let clean = tally(&[TaskState::Success, TaskState::Skipped, TaskState::Removed]);
    assert_eq!(run_end(&clean, || 0), RunEnd::Success { with_failures: false });
}

#[test]
fn a_run_without_tasks_is_a_success() {
    assert_eq!(run_end(&Tally::default(), || 0), RunEnd::Success { with_failures: false });
}

#[test]
fn a_tally_follows_the_instances() {
    let mut tally = tally(&[TaskState::None, TaskState::Running]);
    tally.shift(TaskState::None, TaskState::Queued);
    assert_eq!((tally.unfinished(), tally.active()), (2, 2));
    tally.shift(TaskState::Running, TaskState::UpstreamFailed);
    assert_eq!((tally.unfinished(), tally.active(), tally.bad()), (1, 1, 1));
}
