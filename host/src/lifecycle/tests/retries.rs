use std::time::Duration;

use super::{at, policy, terms};
use crate::contract::Problem;
use crate::dag::model::RetryPolicy;
use crate::lifecycle::change::TaskStep;
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::instance::{Again, Instance};
use crate::lifecycle::launch::Usage;
use crate::lifecycle::retry::{Jitter, NextTry, delay, later, next_try};
use crate::lifecycle::state::TaskState;
use crate::lifecycle::transition::transition;

fn backoff() -> RetryPolicy {
    RetryPolicy { exponential_backoff: true, ..policy(20) }
}

fn running(try_number: u32, max_tries: u32) -> Instance {
    Instance { state: TaskState::Running, try_number, max_tries, ..Instance::new(0) }
}

#[test]
fn without_backoff_every_delay_is_the_same() {
    for number in 1..5 {
        assert_eq!(delay(&policy(4), number, Jitter(u32::MAX)), Duration::from_secs(10));
    }
}

#[test]
fn backoff_doubles_up_to_the_longest_delay() {
    let seconds: Vec<u64> = (1..12).map(|number| delay(&backoff(), number, Jitter(0)).as_secs()).collect();
    assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
    assert_eq!(delay(&backoff(), u32::MAX, Jitter(u32::MAX)), Duration::from_secs(3600));
}

#[test]
fn jitter_adds_up_to_a_quarter_and_never_goes_beyond_the_longest_delay() {
    assert_eq!(delay(&backoff(), 2, Jitter(u32::MAX)), Duration::from_secs(25));
    let half = delay(&backoff(), 2, Jitter(u32::MAX / 2));
    assert!(half > Duration::from_millis(22_499) && half < Duration::from_millis(22_501), "{half:?}");
    assert_eq!(delay(&backoff(), 30, Jitter(u32::MAX)), Duration::from_secs(3600));
}

#[test]
fn the_last_try_is_followed_by_none() {
    assert_eq!(next_try(&running(3, 3), &policy(2), None, Jitter(0), at(0)), NextTry::Never);
    assert_eq!(next_try(&running(2, 3), &policy(2), None, Jitter(0), at(0)), NextTry::At(at(10)));
    assert_eq!(next_try(&running(1, 1), &policy(0), None, Jitter(0), at(0)), NextTry::Never);
}

#[test]
fn the_delay_begins_afresh_after_a_clear_and_is_not_moved_by_lost_hosts() {
    let policy = RetryPolicy { retries: 3, ..backoff() };
    // Tries 5 to 8 after a clear; two of them were lost hosts, so there are ten.
    assert_eq!(next_try(&running(5, 8), &policy, None, Jitter(0), at(0)), NextTry::At(at(10)));
    assert_eq!(next_try(&running(7, 10), &policy, None, Jitter(0), at(0)), NextTry::At(at(10)));
    assert_eq!(next_try(&running(9, 10), &policy, None, Jitter(0), at(0)), NextTry::At(at(40)));
}

#[test]
fn the_guests_wish_replaces_the_delay_within_the_longest() {
    let wish = |after| next_try(&running(1, 2), &policy(1), Some(after), Jitter(9), at(0));
    assert_eq!(wish(Duration::from_secs(3)), NextTry::At(at(3)));
    assert_eq!(wish(Duration::ZERO), NextTry::At(at(0)));
    assert_eq!(wish(Duration::MAX), NextTry::At(at(3600)));
}

#[test]
fn an_instant_beyond_the_calendar_is_the_last_one() {
    assert_eq!(later(at(0), Duration::MAX), jiff::Timestamp::MAX);
}

#[test]
fn a_failure_without_tries_left_is_final_and_keeps_its_own_reason() {
    let policy = policy(0);
    let problem = Problem::new("boom", "it broke");
    let event = TaskEvent::FailedRetryably { problem: problem.clone(), after: None, usage: Usage::default() };
    let step = transition(&running(1, 1), event, &terms(&policy), at(0)).unwrap();
    assert_eq!(step, TaskStep::Fail { problem, usage: Some(Usage::default()) });
}

fn answer_again(instance: &Instance, after: Duration, now: i64) -> TaskStep {
    let policy = policy(5);
    let event = TaskEvent::AnsweredAgain { after, state: None };
    transition(instance, event, &terms(&policy), at(now)).unwrap()
}

fn since(first: i64) -> Instance {
    Instance { again: Some(Box::new(Again { first_at: at(first), state: None })), ..running(1, 6) }
}

#[test]
fn again_waits_at_least_a_tenth_of_a_second() {
    let TaskStep::Reschedule { due, first_at, .. } = answer_again(&running(1, 6), Duration::ZERO, 40) else { panic!() };
    assert_eq!(due, later(at(40), Duration::from_millis(100)));
    assert_eq!(first_at, at(40));
}

#[test]
fn again_is_asked_once_more_when_its_time_is_over_and_then_fails_for_good() {
    // The terms give 100 s, counted from the first answer.
    let step = answer_again(&since(0), Duration::from_secs(80), 50);
    let TaskStep::Reschedule { due, first_at, .. } = step else { panic!("{step:?}") };
    assert_eq!((due, first_at), (at(100), at(0)));
    let step = answer_again(&since(0), Duration::from_secs(1), 100);
    let TaskStep::Fail { problem, .. } = step else { panic!("{step:?}") };
    assert_eq!(problem.code, "reschedule-timeout");
}
