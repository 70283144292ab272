use serde_json::json;

use super::at;
use crate::contract::Problem;
use crate::lifecycle::change::TaskStep;
use crate::lifecycle::instance::{Again, Instance};
use crate::lifecycle::launch::Usage;
use crate::lifecycle::state::TaskState;

#[test]
fn a_retry_forgets_what_again_left_and_a_lost_host_does_not() {
    let waiting = Instance {
        state: TaskState::Running,
        again: Some(Box::new(Again { first_at: at(1), state: Some(json!("here")) })),
        ..Instance::new(1)
    };
    let mut lost = waiting.clone();
    lost.record(&TaskStep::LoseHost { lost_hosts: 1, try_number: 2, max_tries: 3 });
    assert_eq!(lost.again, waiting.again);
    let mut retried = waiting;
    let problem = Problem::new("x", "y");
    retried.record(&TaskStep::RetryLater { problem, due: at(9), usage: Usage::default() });
    assert_eq!((retried.again, retried.due), (None, Some(at(9))));
}

#[test]
fn only_a_waiting_instance_has_a_time() {
    let mut instance = Instance { state: TaskState::UpForRetry, due: Some(at(3)), ..Instance::new(1) };
    instance.record(&TaskStep::Schedule { try_number: 2 });
    assert_eq!((instance.state, instance.due), (TaskState::Scheduled, None));
}
