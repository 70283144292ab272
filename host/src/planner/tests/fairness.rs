//! Weights, and that nothing starves.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::many::{Many, pools};
use super::play::task;
use super::spec::{Spec, TaskSpec};
use crate::lifecycle::state::TaskState;
use crate::limits::{BACKFILL_WAIT, DOUBLED_WEIGHT_WAIT};
use crate::planner::{Capacity, Event};

fn weighs(weight: i32) -> Vec<TaskSpec> {
    vec![TaskSpec { priority: weight, ..task("a", &[]) }]
}

/// One slot, taken by run 0.
fn one_slot() -> Many {
    let mut many = Many::new(Capacity { parallelism: 1, ..pools(&[("default_pool", 100)]) });
    many.add(0, weighs(0));
    many
}

#[test]
fn more_weight_overtakes_who_has_not_waited_long() {
    let mut many = one_slot();
    many.add(1, weighs(1)).after(DOUBLED_WEIGHT_WAIT / 2).add(2, weighs(3)).succeeds(0, "a");
    assert_eq!(many.launched(), [(2, "a")]);
}

#[test]
fn who_has_waited_as_long_as_the_weight_is_worth_is_not_overtaken_any_more() {
    let mut many = one_slot();
    many.add(1, weighs(1)).after(DOUBLED_WEIGHT_WAIT + Duration::from_secs(1)).add(2, weighs(3)).succeeds(0, "a");
    assert_eq!(many.launched(), [(1, "a")]);
}

#[test]
fn a_run_of_a_backfill_lets_all_others_go_first_whatever_it_weighs_and_does_not_starve() {
    let mut many = one_slot();
    many.add_as(1, Spec::new(weighs(i32::MAX)), |snapshot| snapshot.in_background = true);
    many.after(Duration::from_secs(60 * 60)).add(2, weighs(0)).succeeds(0, "a");
    assert_eq!(many.launched(), [(2, "a")]);
    many.after(BACKFILL_WAIT).add(3, weighs(0)).succeeds(2, "a");
    assert_eq!(many.launched(), [(1, "a")], "it has waited long enough");
}

#[test]
fn of_what_is_ready_at_once_more_weight_goes_first_however_close() {
    let mut many = one_slot();
    for (run, weight) in [(1, 1_000_000), (2, 1_000_001), (3, i32::MAX - 1), (4, i32::MAX), (5, -1), (6, i32::MIN)] {
        many.add(run, weighs(weight));
    }
    let mut order = vec![0];
    while let Some((next, _)) = many.succeeds(*order.last().unwrap(), "a").launched().first() {
        order.push(*next);
    }
    assert_eq!(order, [0, 4, 3, 2, 1, 5, 6]);
}

#[test]
fn the_least_weight_goes_at_last_while_the_greatest_keeps_coming() {
    let mut many = one_slot();
    many.add(1, weighs(i32::MIN));
    let (mut run, mut running) = (2, 0);
    for minutes in 0.. {
        assert!(minutes <= 10 * 60 + 20 + 1, "it starves");
        many.add(run, weighs(i32::MAX)).after(Duration::from_secs(60)).succeeds(running, "a");
        running = many.launched()[0].0;
        run += 1;
        if many.state(1, "a") == TaskState::Running {
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Every minute a try ends and its slot is given to the next, and more come than go. In its line, whoever waits is
    /// overtaken only by those that come within the time that weights are worth; at last all have run.
    #[test]
    fn nothing_waits_for_ever_while_slots_are_given_back(
        weights in vec(any::<i32>(), 300),
        lines in vec(0_usize..2, 300),
        slots in vec(1_u32..3, 300),
    ) {
        let names = ["db", "gpu"];
        let mut many = Many::new(Capacity { parallelism: 3, ..pools(&[("db", 2), ("gpu", 2)]) });
        let mut running: Vec<i64> = Vec::new();
        let mut came = Vec::new();
        let tasks = weights.iter().zip(&lines).zip(slots).map(|((weight, pool), slots)| TaskSpec {
            priority: *weight,
            pool: names[*pool].into(),
            pool_slots: slots,
            ..task("a", &[])
        });
        for (task, run) in tasks.zip(0..) {
            many.add(run, vec![task]);
            came.push(many.now);
            running.extend(many.launched().iter().map(|(run, _)| *run));
            if run % 2 == 0 {
                let done = running.remove(0);
                many.after(Duration::from_secs(300)).succeeds(done, "a");
                running.extend(many.launched().iter().map(|(run, _)| *run));
            }
        }
        let most = Duration::from_secs((10 * 60 + 20) * 60);
        while !running.is_empty() {
            let done = running.remove(0);
            many.after(Duration::from_secs(60)).succeeds(done, "a");
            let started: Vec<i64> = many.launched().iter().map(|(run, _)| *run).collect();
            for run in &started {
                let waits = |other: &i64| many.state(*other, "a") == TaskState::Scheduled;
                let same_line = |other: &i64| lines[*other as usize] == lines[*run as usize];
                let overtaken = (0..*run).filter(waits).filter(same_line);
                for other in overtaken {
                    let later = came[*run as usize].duration_since(came[other as usize]);
                    prop_assert!(later.unsigned_abs() <= most, "{run} overtook {other}");
                }
            }
            running.extend(started);
        }
        prop_assert!((0..300).all(|run| many.state(run, "a") == TaskState::Success));
    }
}

#[test]
fn a_weight_says_nothing_about_what_runs() {
    let mut many = one_slot();
    many.add(1, weighs(i32::MAX)).apply(Event::Wake);
    assert_eq!(many.state(0, "a"), TaskState::Running);
}
