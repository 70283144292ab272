//! The whole core in one simulated world: the agenda begins runs, the planner drives them, one store and one clock are under
//! both. Schedules in zones whose clocks change, catch-up, pauses, limits, backfills, files that change, and a clock that is set,
//! over runs under way that fail, branch, wait, lose their hosts, and are cleared, marked and cancelled.
//!
//! What begins is held against the agenda's reference, what is under way against the oracle, what comes of each run against
//! the model. How the two halves are joined is as the scheduler's loop does it: what was decided is committed, then the agenda
//! is told, then what it orders begins.

mod people;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::store::Stored;
use super::world::World;
use super::{hold_against_the_model, pools, roomy_pools, seeds, spec, with_seed};
use crate::ids::{DagId, RunKey};
use crate::lifecycle::state::RunState;
use crate::planner::agenda::Lane;
use crate::planner::agenda::tests::sim::book::Book;
use crate::planner::tests::play::snapshot;
use crate::planner::tests::rng::Rng;
use crate::planner::tests::spec::Spec;
use crate::planner::{Capacity, EndedRun, Event, RunSnapshot};

const SEEDS: u64 = 1_000;
const STEPS: usize = 120;
const TASKS: u64 = 5;

struct Whole {
    rng: Rng,
    book: Book,
    runs: World,
    /// What new runs of each DAG are.
    specs: BTreeMap<DagId, Spec>,
    /// How often the book was told that another process goes on.
    restarts: u64,
}

fn spec_of(dag: &DagId, rng: &mut Rng) -> Spec {
    Spec { dag_id: dag.to_string(), ..spec(TASKS, rng) }
}

impl Whole {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x0b0e);
        let book = Book::new(seed);
        let capacity = Capacity { pools: pools(&mut rng), ..Capacity::new(1 + rng.below(6) as u32, super::BUDGET) };
        let mut runs = World::new(seed, seed ^ 0xd15c, book.now, capacity, &[]);
        runs.is_lossy = seed % 5 == 4;
        let specs = book.dag_ids().into_iter().map(|dag| (dag.clone(), spec_of(&dag, &mut rng))).collect();
        Self { rng, book, runs, specs, restarts: 0 }
    }

    fn state(&self, run: RunKey) -> RunState {
        self.runs.store.runs[&run].snapshot.state
    }

    fn is_driven(&self, run: RunKey) -> bool {
        self.runs.store.runs[&run].driven
    }

    /// Goes to what happens next: a try ends, a timer of a run, a tick of a DAG. `false`: nothing does.
    fn advance(&mut self) -> bool {
        let tick = self.book.next_wakeup().map(|at| self.runs.until(at));
        match (self.runs.next(), tick) {
            (Some((left, next)), tick) if tick.is_none_or(|tick| left <= tick) => {
                self.runs.pass(left);
                self.runs.go_on(next);
            }
            (_, Some(tick)) => {
                self.runs.pass(tick);
                self.runs.apply(Event::Wake);
            }
            (_, None) => return false,
        }
        true
    }

    /// The agenda hears of all that was committed, and what it orders is done, until nothing more comes of it.
    fn settle(&mut self) {
        self.book.now = self.runs.now;
        self.go_on_after_restarts();
        self.book.told(Vec::new());
        loop {
            let (ended, begun) = (self.take_ended(), self.book.take_begun());
            if ended.is_empty() && begun.is_empty() {
                return;
            }
            for EndedRun { run, state } in ended {
                self.runs.forget(run);
                self.book.end(run, state);
            }
            for run in begun {
                self.begin(run);
            }
            self.go_on_after_restarts();
        }
    }

    /// The runs that came to their end: as they are now, since some may have been cleared in the same breath.
    fn take_ended(&mut self) -> Vec<EndedRun> {
        let mut last: Vec<EndedRun> = Vec::new();
        for ended in std::mem::take(&mut self.runs.ended) {
            last.retain(|other| other.run != ended.run);
            last.push(ended);
        }
        last.retain(|ended| self.state(ended.run).is_finished());
        last
    }

    /// If another process went on with the runs, it does with the DAGs.
    fn go_on_after_restarts(&mut self) {
        if self.restarts == self.runs.restarts {
            return;
        }
        self.restarts = self.runs.restarts;
        for EndedRun { run, state } in self.take_ended() {
            self.runs.forget(run);
            self.book.note_end(run, state);
        }
        // What was made and had not begun, too.
        for run in self.book.take_begun() {
            self.enter(run);
        }
        let stored = &self.runs.store.runs;
        self.book.recover(|run| stored[&run].snapshot.state == RunState::Running);
    }

    /// A run is in the store from here on.
    fn enter(&mut self, run: RunKey) {
        if self.runs.store.runs.contains_key(&run) {
            return;
        }
        let entered = self.book.runs[&run].clone();
        let spec = self.specs[&entered.dag].clone();
        let in_background = matches!(entered.lane, Lane::Backfill(_));
        let snapshot = RunSnapshot { in_background, ..snapshot(run.0, &spec) };
        let past = entered.logical_date.and_then(|date| self.beside(&entered.dag, date, false));
        let seed = (run.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.runs.store.runs.insert(run, Stored { past, seed, ..Stored::new(spec, snapshot) });
        // It stands between that and the next.
        if let Some(later) = entered.logical_date.and_then(|date| self.beside(&entered.dag, date, true)) {
            self.runs.store.runs.get_mut(&later).unwrap().past = Some(run);
            self.tell_past(later);
        }
    }

    /// The DAG's run before that date, or after it, of those that have one and are in the store.
    fn beside(&self, dag: &DagId, date: Timestamp, after: bool) -> Option<RunKey> {
        let of = self
            .book
            .runs
            .iter()
            .filter(|(run, entered)| entered.dag == *dag && self.runs.store.runs.contains_key(run));
        let dated = of.filter_map(|(run, entered)| Some((entered.logical_date?, *run)));
        if after {
            dated.filter(|(at, _)| *at > date).min().map(|(_, run)| run)
        } else {
            dated.filter(|(at, _)| *at < date).max().map(|(_, run)| run)
        }
    }

    /// A driven run is told what comes before it now.
    fn tell_past(&mut self, run: RunKey) {
        if self.is_driven(run) {
            let past = self.runs.store.past_run(run);
            self.runs.apply(Event::PastChanged { run, past });
        }
    }

    /// What the agenda has let begin is driven; the process may die before that.
    fn begin(&mut self, run: RunKey) {
        self.enter(run);
        if self.rng.percent(1) {
            return self.runs.restart();
        }
        if self.restarts != self.runs.restarts {
            // It died before it came to this one.
            return;
        }
        let again = self.runs.store.runs[&run].reprocess;
        self.runs.drive(run);
        if again {
            self.runs.clear_all(run);
        }
    }

    fn play(&mut self) {
        self.settle();
        for _ in 0..STEPS {
            if self.book.is_at_the_horizon() {
                break;
            }
            if self.rng.percent(25) || !self.advance() {
                self.disturb();
            }
            self.settle();
        }
        self.wind_down();
    }

    /// Nothing begins by itself any more; all that exists comes to its end.
    fn wind_down(&mut self) {
        for dag in self.book.dag_ids() {
            self.book.by_hand(&dag);
            self.settle();
        }
        while self.advance() || self.help() {
            assert!(self.runs.events < 20_000, "it never ends");
            self.settle();
        }
        let open: Vec<RunKey> = self.open().collect();
        assert!(open.is_empty(), "{open:?} never ended");
        assert_eq!(self.runs.planner.in_use().tasks, 0);
    }

    fn open(&self) -> impl Iterator<Item = RunKey> + '_ {
        self.runs.store.runs.iter().filter(|(_, run)| !run.snapshot.state.is_finished()).map(|(run, _)| *run)
    }

    /// Nothing moves any more: makes room for what lacks it, and ends what waits for a past that will not come. `false`: all are at
    /// their end.
    fn help(&mut self) -> bool {
        let driven: Vec<RunKey> = self.open().filter(|run| self.is_driven(*run)).collect();
        if driven.is_empty() {
            return false;
        }
        if self.runs.capacity.pools != roomy_pools() {
            self.runs.capacity.pools = roomy_pools();
            self.runs.apply(Event::CapacityChanged(self.runs.capacity.clone()));
        } else {
            let hangs = driven.into_iter().find(|run| self.runs.store.kept(*run).hangs());
            self.runs.cancel(hangs.expect("something else holds the runs up"));
        }
        true
    }
}

/// One world from its beginning to its end. Gives how many runs were held against the model.
pub(super) fn play(seed: u64) -> u64 {
    let mut whole = Whole::new(seed);
    whole.play();
    hold_against_the_model(&whole.runs)
}

#[test]
fn the_whole_core_does_what_its_models_say_whatever_disturbs_it() {
    let seeds = seeds(SEEDS);
    let held: u64 = seeds.clone().map(|seed| with_seed(seed, || play(seed))).sum();
    let enough = if seeds.end - seeds.start < 100 { 0 } else { 5 * (seeds.end - seeds.start) };
    assert!(held >= enough, "only {held} runs were held against the model");
}
