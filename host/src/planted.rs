//! Faults that tests plant, one at a time, to see that the simulations find them. In a program that is shipped `planted!` is
//! the constant false.

/// Whether that fault is planted.
#[cfg(not(test))]
macro_rules! planted {
    ($fault:ident) => {
        false
    };
}

/// Whether that fault is planted.
#[cfg(test)]
macro_rules! planted {
    ($fault:ident) => {
        $crate::planted::is_planted($crate::planted::Fault::$fault)
    };
}

#[cfg(test)]
pub(crate) use tests::{Fault, is_planted, with_fault};

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    /// A plausible mistake, at the place in the code that names it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Fault {
        // lifecycle
        /// The last retry is not made.
        OneRetryFewer,
        /// A lost host costs a try.
        LostHostCostsATry,
        /// `again` costs a try.
        RescheduleCostsATry,
        /// One more host may be lost.
        OneLostHostMore,
        /// `none_failed` is read as `all_success`.
        RuleSwapped,
        /// A skipped upstream counts as a success.
        SkippedCountsAsSuccess,
        /// A clear leaves the lost hosts counted.
        ClearKeepsLostHosts,
        /// A run whose leaves failed is a success.
        LeavesForgotten,
        // planner
        /// The timer of a reschedule is not set.
        WakeUpLost,
        /// After a crash nobody waits for a retry.
        RetryForgottenAtLoad,
        /// A failed instance keeps its slot.
        SlotLeaked,
        /// A report of an earlier start is taken for the present one's.
        StaleReportTaken,
        /// One task more than `max_active_tasks` runs.
        OneActiveTaskMore,
        /// A task takes one slot of its pool, whatever it says.
        PoolSlotsUncounted,
        /// The memory budget is not kept.
        MemoryUnbounded,
        /// `max_active_tis_per_dag` is not looked at.
        TriesPerDagUnbounded,
        /// Less weight goes first.
        WeightReversed,
        /// What is marked or cancelled runs on.
        CancelForgotten,
        /// `dagrun_timeout` never passes.
        RunTimeoutForgotten,
        /// Nobody looks at what comes after a skipped task.
        DownstreamNotTold,
        /// A branch leaves nobody out.
        BranchForgotten,
        /// A task starts before the data that it needs is there.
        DataNotWaitedFor,
        /// A task does not wait for the DAG's previous run.
        PastForgotten,
        /// `wait_for_downstream` waits for the same task only.
        PastDownstreamForgotten,
        /// A run goes on waiting for the past that it was told first.
        NewPastIgnored,
        /// What was cleared while it ran is scheduled again when its host is lost, and no more.
        ClearForgotten,
        // agenda
        /// A tick is made again and again.
        TickTwice,
        /// A tick at this very moment is not seen.
        TickLost,
        /// A paused DAG makes runs.
        PauseForgotten,
        /// Catching up begins with the newest.
        CatchupReversed,
        /// One run more than `max_active_runs` runs.
        OneActiveRunMore,
        /// A success between failures does not count.
        FailuresAddUp,
        /// After a crash nobody counts what failed before it.
        FailuresForgottenAtLoad,
        /// A backfill starts all its runs at once.
        BackfillUnbounded,
        /// A backfill of a paused DAG goes on.
        PausedBackfillGoesOn,
        /// A run that waits is dropped when another starts.
        WaitingRunDropped,
        /// The next tick is not waited for.
        TickNotWaitedFor,
        /// When the clock is set back, nobody looks again.
        ClockTrusted,
        /// A DAG whose file is gone makes runs.
        GoneDagRuns,
    }

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    pub(crate) fn is_planted(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }

    /// Does `work` with that fault, on this thread; a panic in it is given back.
    pub(crate) fn with_fault<T>(fault: Fault, work: impl FnOnce() -> T) -> std::thread::Result<T> {
        PLANTED.set(Some(fault));
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        PLANTED.set(None);
        done
    }
}
