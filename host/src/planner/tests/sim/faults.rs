//! Each planted fault is found by a simulation within so many seeds; without one the same seeds pass, which the simulations'
//! own tests say.

use std::cell::Cell;
use std::panic;

use super::{disturbed, whole};
use crate::planner::agenda::tests::sim::play;
use crate::planted::Fault::{self, *};
use crate::planted::with_fault;

/// By the simulation of the whole core: within how many seeds. One that wants a DAG that catches up within minutes and a clock
/// that goes ahead and comes back is left to the agenda's own.
const IN_THE_WHOLE: &[(Fault, u64)] = &[
    (OneRetryFewer, 100),
    (LostHostCostsATry, 100),
    (RescheduleCostsATry, 100),
    (OneLostHostMore, 200),
    (RuleSwapped, 100),
    (SkippedCountsAsSuccess, 100),
    (ClearKeepsLostHosts, 300),
    (LeavesForgotten, 100),
    (WakeUpLost, 100),
    (RetryForgottenAtLoad, 100),
    (SlotLeaked, 100),
    (StaleReportTaken, 200),
    (OneActiveTaskMore, 100),
    (PoolSlotsUncounted, 100),
    (MemoryUnbounded, 100),
    (TriesPerDagUnbounded, 100),
    (WeightReversed, 100),
    (CancelForgotten, 100),
    (RunTimeoutForgotten, 100),
    (DownstreamNotTold, 100),
    (BranchForgotten, 100),
    (DataNotWaitedFor, 300),
    (PastForgotten, 100),
    (PastDownstreamForgotten, 200),
    (ClearForgotten, 300),
    (TickTwice, 100),
    (TickLost, 100),
    (PauseForgotten, 100),
    (CatchupReversed, 100),
    (OneActiveRunMore, 100),
    (FailuresAddUp, 100),
    (FailuresForgottenAtLoad, 300),
    (BackfillUnbounded, 100),
    (PausedBackfillGoesOn, 100),
    (WaitingRunDropped, 100),
    (TickNotWaitedFor, 100),
    (GoneDagRuns, 100),
];

/// By the planner's simulation.
const IN_RUNS: &[(Fault, u64)] = &[
    (OneRetryFewer, 100),
    (LostHostCostsATry, 500),
    (RescheduleCostsATry, 100),
    (OneLostHostMore, 1000),
    (RuleSwapped, 500),
    (SkippedCountsAsSuccess, 100),
    (ClearKeepsLostHosts, 1000),
    (LeavesForgotten, 100),
    (WakeUpLost, 100),
    (RetryForgottenAtLoad, 500),
    (SlotLeaked, 100),
    (StaleReportTaken, 500),
    (OneActiveTaskMore, 100),
    (PoolSlotsUncounted, 100),
    (MemoryUnbounded, 100),
    (TriesPerDagUnbounded, 100),
    (WeightReversed, 100),
    (CancelForgotten, 100),
    (RunTimeoutForgotten, 100),
    (DownstreamNotTold, 100),
    (BranchForgotten, 100),
    (DataNotWaitedFor, 100),
    (PastForgotten, 100),
    (PastDownstreamForgotten, 500),
    (ClearForgotten, 1000),
];

/// By the agenda's simulation.
const IN_THE_AGENDA: &[(Fault, u64)] = &[
    (TickTwice, 100),
    (TickLost, 100),
    (PauseForgotten, 100),
    (CatchupReversed, 100),
    (OneActiveRunMore, 100),
    (FailuresAddUp, 100),
    (FailuresForgottenAtLoad, 500),
    (BackfillUnbounded, 100),
    (PausedBackfillGoesOn, 100),
    (WaitingRunDropped, 100),
    (TickNotWaitedFor, 100),
    (GoneDagRuns, 100),
    (ClockTrusted, 1000),
];

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Says nothing of panics on this thread from here on: they are what is looked for.
fn be_quiet() {
    let tells = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_QUIET.get() {
            tells(info);
        }
    }));
    IS_QUIET.set(true);
}

/// The first seed that shows the fault.
fn found(fault: Fault, within: u64, play: impl Fn(u64)) -> Option<u64> {
    (0..within).find(|seed| with_fault(fault, || play(*seed)).is_err())
}

fn each_is_found(faults: &[(Fault, u64)], play: impl Fn(u64)) {
    be_quiet();
    let missed: Vec<Fault> = faults
        .iter()
        .filter(|(fault, within)| found(*fault, *within, &play).is_none())
        .map(|(fault, _)| *fault)
        .collect();
    IS_QUIET.set(false);
    assert!(missed.is_empty(), "nobody noticed: {missed:?}");
}

#[test]
fn each_fault_is_found_by_the_whole() {
    each_is_found(IN_THE_WHOLE, |seed| {
        whole::play(seed);
    });
}

#[test]
fn each_fault_in_the_life_of_a_run_is_found() {
    each_is_found(IN_RUNS, |seed| {
        disturbed(seed);
    });
}

#[test]
fn each_fault_in_what_begins_is_found() {
    each_is_found(IN_THE_AGENDA, play);
}

#[test]
fn there_are_twenty_faults_and_more() {
    assert!(IN_THE_WHOLE.len() >= 20);
}
