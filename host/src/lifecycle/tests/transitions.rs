use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{at, policy, terms};
use crate::contract::{Invocation, Problem};
use crate::lifecycle::change::{Success, TaskResult, TaskStep};
use crate::lifecycle::event::{MarkAs, TaskEvent};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::Usage;
use crate::lifecycle::state::TaskState;
use crate::lifecycle::transition::transition;

fn problem() -> Problem {
    Problem::new("code", "message")
}

fn invocation() -> Arc<Invocation> {
    Arc::new(Invocation { params: json!({}), inputs: Vec::new(), values: Vec::new(), seed: 0, resume: None })
}

fn success() -> Arc<Success> {
    let result = TaskResult { value: json!(1), chosen: None, outputs: Vec::new() }.shared();
    Arc::new(Success { result, metrics: Vec::new(), usage: Usage::default() })
}

fn text() -> String {
    "because".to_owned()
}

/// Each event, and what an instance with tries left is after it, by what it was before, in the order of
/// none, scheduled, queued, running, success, failed, up_for_retry, up_for_reschedule, upstream_failed, skipped, removed.
/// `.`: refused.
fn page() -> Vec<(TaskEvent, [&'static str; 11])> {
    let usage = Usage::default();
    #[rustfmt::skip]
    let rows = vec![
        (TaskEvent::RuleMet,
            ["scheduled", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::RuleSkips { reason: text() },
            ["skipped", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::UpstreamFailed { problem: problem() },
            ["upstream_failed", "upstream_failed", ".", ".", ".", ".", "upstream_failed", "upstream_failed", ".", ".", "."]),
        (TaskEvent::CannotStart { problem: problem() },
            ["failed", "failed", ".", ".", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::Due,
            [".", ".", ".", ".", ".", ".", "scheduled", "scheduled", ".", ".", "."]),
        (TaskEvent::SlotFree,
            [".", "queued", ".", ".", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::Started { invocation: invocation() },
            [".", ".", "running", ".", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::Succeeded(success()),
            [".", ".", ".", "success", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::AnsweredSkipped { reason: text() },
            [".", ".", ".", "skipped", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::AnsweredAgain { after: Duration::from_secs(1), state: None },
            [".", ".", ".", "up_for_reschedule", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::FailedRetryably { problem: problem(), after: None, usage },
            [".", ".", ".", "up_for_retry", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::FailedPermanently { problem: problem(), usage },
            [".", ".", ".", "failed", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::HostLost,
            [".", ".", "scheduled", "scheduled", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::HandedBack,
            [".", ".", "scheduled", "scheduled", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::RunEnded { reason: text() },
            ["skipped", "skipped", "skipped", "failed", ".", ".", "skipped", "skipped", ".", ".", "."]),
        (TaskEvent::ClearAsked,
            [".", ".", ".", "running", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::EndedForClear,
            [".", ".", "failed", "failed", ".", ".", ".", ".", ".", ".", "."]),
        (TaskEvent::Cleared,
            [".", "none", ".", ".", "none", "none", "none", "none", "none", "none", "none"]),
        (TaskEvent::Marked { state: MarkAs::Success, reason: text() }, ["success"; 11]),
        (TaskEvent::Marked { state: MarkAs::Failed, reason: text() }, ["failed"; 11]),
        (TaskEvent::Gone,
            ["removed", "removed", "removed", "removed", ".", ".", "removed", "removed", ".", ".", "."]),
    ];
    rows
}

fn in_state(state: TaskState) -> Instance {
    Instance { state, try_number: 1, max_tries: 3, ..Instance::new(2) }
}

fn after(instance: &Instance, event: TaskEvent) -> Result<Instance, String> {
    let policy = policy(2);
    let step = transition(instance, event, &terms(&policy), at(50)).map_err(|refused| refused.to_string())?;
    let mut after = instance.clone();
    after.record(&step);
    Ok(after)
}

#[test]
fn every_event_does_in_every_state_what_the_page_says() {
    for (event, states) in page() {
        for (before, expected) in TaskState::ALL.iter().zip(states) {
            let found = after(&in_state(*before), event.clone());
            let found = found.as_ref().map_or(".", |instance| instance.state.as_str());
            assert_eq!(found, expected, "{before}, {}", event.name());
        }
    }
}

#[test]
fn a_refusal_names_the_state_and_what_was_to_happen() {
    let refused = after(&in_state(TaskState::Success), TaskEvent::SlotFree).unwrap_err();
    assert_eq!(refused, "in state `success` this cannot happen to a task instance: a slot is free");
}

#[test]
fn a_start_counts_up_and_a_scheduling_too_but_not_after_again() {
    let fresh = Instance::new(0);
    let scheduled = after(&fresh, TaskEvent::RuleMet).unwrap();
    assert_eq!((scheduled.try_number, scheduled.start_number), (1, 0));
    let queued = after(&scheduled, TaskEvent::SlotFree).unwrap();
    let running = after(&queued, TaskEvent::Started { invocation: invocation() }).unwrap();
    assert_eq!((running.try_number, running.start_number), (1, 1));
    let waiting = after(&running, TaskEvent::AnsweredAgain { after: Duration::ZERO, state: Some(json!(7)) }).unwrap();
    let again = after(&waiting, TaskEvent::Due).unwrap();
    assert_eq!(again.try_number, 1);
    assert_eq!(again.again.unwrap().state, Some(json!(7)));
}

#[test]
fn a_lost_host_costs_no_try_and_the_third_is_the_last() {
    let running = in_state(TaskState::Running);
    let once = after(&running, TaskEvent::HostLost).unwrap();
    assert_eq!((once.try_number, once.max_tries, once.lost_hosts), (2, 4, 1));
    assert_eq!(once.tries_left(), running.tries_left());
    let twice = after(&Instance { state: TaskState::Queued, ..once }, TaskEvent::HostLost).unwrap();
    assert_eq!((twice.state, twice.lost_hosts), (TaskState::Scheduled, 2));
    let policy = policy(9);
    let running = Instance { state: TaskState::Running, ..twice };
    let third = transition(&running, TaskEvent::HostLost, &terms(&policy), at(0)).unwrap();
    let TaskStep::Fail { problem, usage: None } = third else { panic!("{third:?}") };
    assert_eq!(problem.code, "lost-host");
    assert!(problem.message.starts_with("lost its host"), "{}", problem.message);
}

#[test]
fn a_hand_back_costs_neither_a_try_nor_the_budget_of_lost_hosts() {
    let running = in_state(TaskState::Running);
    let back = after(&running, TaskEvent::HandedBack).unwrap();
    assert_eq!((back.try_number, back.max_tries, back.lost_hosts), (2, 4, 0));
}

#[test]
fn a_clear_gives_the_retries_afresh_and_goes_on_counting() {
    let failed = Instance { try_number: 3, lost_hosts: 2, ..in_state(TaskState::Failed) };
    let cleared = after(&failed, TaskEvent::Cleared).unwrap();
    assert_eq!((cleared.try_number, cleared.max_tries), (3, 6));
    assert_eq!((cleared.lost_hosts, cleared.clears, &cleared.result), (0, 1, &None));
    assert_eq!(after(&cleared, TaskEvent::RuleMet).unwrap().tries_left(), Instance::new(2).max_tries - 1);
}

#[test]
fn what_was_published_is_kept_by_a_mark_only_from_success_to_success() {
    let done = Instance { result: Some(Arc::clone(&success().result)), ..in_state(TaskState::Success) };
    let mark = |state| TaskEvent::Marked { state, reason: text() };
    assert!(after(&done, mark(MarkAs::Success)).unwrap().result.is_some());
    let failed = after(&done, mark(MarkAs::Failed)).unwrap();
    assert!(failed.result.is_none());
    assert!(after(&failed, mark(MarkAs::Success)).unwrap().result.is_none());
}
