//! The agenda in a simulated world, seed by seed: schedules, catch-up, pauses, limits, failures, triggers, backfills, clocks
//! that are set, DAGs that change and go, restarts. Held against a reference that says after each step which runs begin and when
//! the next is due: lists of ticks, plain counting, no code of the agenda or of the schedules.
//!
//! A failure names its seed; `DAGWOOD_SEED` and `DAGWOOD_SEEDS` are as for the planner's simulation.

pub(in crate::planner) mod book;
mod happens;
mod reference;
mod ticks;
mod written;

use jiff::SignedDuration;

use crate::ids::RunKey;
use crate::lifecycle::state::RunState;
use crate::planner::tests::rng::Rng;
use crate::planner::tests::sim::{each_seed, seeds};
use book::Book;
use reference::Known;

const SEEDS: u64 = 1_500;
const STEPS: usize = 80;

impl Book {
    /// A run that runs.
    fn some_active(&mut self) -> Option<RunKey> {
        let of = |known: &Known| {
            let filled = known.backfills.values().flat_map(|filling| filling.active.iter().copied());
            known.active.iter().copied().chain(filled).collect::<Vec<_>>()
        };
        let active: Vec<RunKey> = self.dags.values().flat_map(of).collect();
        self.rng.pick(&active).copied()
    }

    fn end_some(&mut self) {
        let Some(run) = self.some_active() else { return };
        let state = if self.rng.percent(40) { RunState::Failed } else { RunState::Success };
        self.end(run, state);
    }

    /// Time goes on: to what is due next, or somewhere; or the clock is set.
    fn pass_time(&mut self) {
        let seconds = |rng: &mut Rng, most| SignedDuration::from_secs(rng.below(most) as i64);
        let due = self.next_wakeup();
        self.now = match self.rng.below(10) {
            0 => self.now - seconds(&mut self.rng, 7_200),
            1 => self.now + seconds(&mut self.rng, 6 * 3_600),
            2..4 => self.now + seconds(&mut self.rng, 1_800),
            _ => due.filter(|due| *due > self.now).unwrap_or(self.now + SignedDuration::from_secs(1)),
        };
        self.told(Vec::new());
    }

    fn step(&mut self) {
        let dag = self.some_dag();
        match self.rng.below(100) {
            0..45 => self.pass_time(),
            45..75 => self.end_some(),
            75..82 => drop(self.trigger(&dag)),
            82..86 => drop(self.backfill(&dag, &[])),
            86..92 => self.turn(&dag),
            92..97 => self.change_file(&dag),
            _ => self.restart(),
        }
    }
}

/// One world from its beginning to its end.
pub(in crate::planner) fn play(seed: u64) {
    let mut book = Book::new(seed);
    for _ in 0..STEPS {
        if book.is_at_the_horizon() {
            break;
        }
        book.step();
        book.take_begun();
    }
}

#[test]
fn runs_begin_when_the_reference_says_and_no_others() {
    each_seed(seeds(SEEDS), play);
}
