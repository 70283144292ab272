//! Each planted fault is found by a simulation within so many seeds; without one the same seeds pass, which the simulations'
//! own tests say.

use std::cell::Cell;
use std::panic;

use super::{disturbed, whole};
use crate::planner::agenda::tests::sim::play;
use crate::planted::Fault::{self, *};
use crate::planted::with_fault;

/// A fault, and within how many seeds it is found: by the simulation of the whole core, and by the finer one of its part.
type Found = (Fault, u64, u64);

/// The whole is not asked: it would take a DAG that catches up within minutes and a clock that goes ahead and comes back.
const LEFT_OUT: u64 = 0;

/// By the planner's simulation.
const IN_RUNS: &[Found] = &[
    (OneRetryFewer, 100, 100),
    (LostHostCostsATry, 100, 500),
    (RescheduleCostsATry, 100, 100),
    (OneLostHostMore, 200, 1000),
    (RuleSwapped, 100, 500),
    (SkippedCountsAsSuccess, 100, 100),
    (ClearKeepsLostHosts, 300, 1000),
    (LeavesForgotten, 100, 100),
    (WakeUpLost, 100, 100),
    (RetryForgottenAtLoad, 100, 500),
    (SlotLeaked, 100, 100),
    (StaleReportTaken, 200, 500),
    (OneActiveTaskMore, 100, 100),
    (PoolSlotsUncounted, 100, 100),
    (MemoryUnbounded, 100, 100),
    (TriesPerDagUnbounded, 100, 100),
    (WeightReversed, 100, 100),
    (CancelForgotten, 100, 100),
    (RunTimeoutForgotten, 100, 100),
    (DownstreamNotTold, 100, 100),
    (BranchForgotten, 100, 100),
    (DataNotWaitedFor, 300, 100),
    (PastForgotten, 100, 100),
    (PastDownstreamForgotten, 200, 500),
    (NewPastIgnored, 100, 100),
    (ClearForgotten, 300, 1000),
];

/// By the agenda's simulation.
const IN_THE_AGENDA: &[Found] = &[
    (TickTwice, 100, 100),
    (TickLost, 100, 100),
    (PauseForgotten, 100, 100),
    (CatchupReversed, 100, 100),
    (OneActiveRunMore, 100, 100),
    (FailuresAddUp, 100, 100),
    (FailuresForgottenAtLoad, 300, 500),
    (BackfillUnbounded, 100, 100),
    (PausedBackfillGoesOn, 100, 100),
    (WaitingRunDropped, 100, 100),
    (TickNotWaitedFor, 100, 100),
    (GoneDagRuns, 100, 100),
    (ClockTrusted, LEFT_OUT, 1000),
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

fn each_is_found(faults: impl Iterator<Item = (Fault, u64)>, play: impl Fn(u64)) {
    be_quiet();
    let missed = faults.filter(|(fault, within)| found(*fault, *within, &play).is_none());
    let missed: Vec<Fault> = missed.map(|(fault, _)| fault).collect();
    IS_QUIET.set(false);
    assert!(missed.is_empty(), "nobody noticed: {missed:?}");
}

fn all() -> impl Iterator<Item = &'static Found> {
    IN_RUNS.iter().chain(IN_THE_AGENDA)
}

#[test]
fn each_fault_is_found_by_the_whole() {
    let asked = all().filter(|(_, whole, _)| *whole != LEFT_OUT);
    each_is_found(asked.map(|(fault, whole, _)| (*fault, *whole)), |seed| {
        whole::play(seed);
    });
}

#[test]
fn each_fault_in_the_life_of_a_run_is_found() {
    each_is_found(IN_RUNS.iter().map(|(fault, _, own)| (*fault, *own)), |seed| {
        disturbed(seed);
    });
}

#[test]
fn each_fault_in_what_begins_is_found() {
    each_is_found(IN_THE_AGENDA.iter().map(|(fault, _, own)| (*fault, *own)), play);
}

#[test]
fn there_are_twenty_faults_and_more() {
    assert!(all().filter(|(_, whole, _)| *whole != LEFT_OUT).count() >= 20);
}
