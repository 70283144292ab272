//! Who waits for the slots of which pool, over all runs, and who starts next.
//!
//! Each pool has a line: of every run the one that goes first there. A line is *open* if its first could start; of all
//! open lines, the least rank goes. Whoever is first in a line and lacks slots is waited for, so that nobody who wants
//! many starves. Nobody waits in a line who could not start though the pool were free: a run that has all it may run
//! stands in none; who is held by its task's own limit waits aside, and comes back when a try of that task gives its
//! slot back; so does, when the capacity changes, who wants more slots than its pool has.
//!
//! Each start costs O(log n), apart from two things. A run that becomes full, or is no longer, changes its place in the
//! lines of all pools that its ready tasks use. A try of a task that gives its slot back wakes all who wait aside for
//! that: at most one for each run of the DAG.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::ids::{InstanceKey, PoolName, RunKey, TaskIx};
use crate::lifecycle::event::TaskEvent;
use crate::planner::event::{Capacity, Decision};
use crate::planner::rank::Rank;
use crate::planner::run::{Cx, Run};
use crate::planner::slots::{Room, Slots, Tries};
use crate::planner::world::Planner;

/// A pool's line.
#[derive(Debug, Default)]
struct Line {
    runs: BTreeSet<(Rank, RunKey)>,
    /// Its entry among the open lines.
    open: Option<Rank>,
    /// The limits of its first's task: when one of them is met, another is first.
    limits: Vec<Tries>,
}

/// All lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pools: BTreeMap<PoolName, Line>,
    open: BTreeSet<(Rank, PoolName)>,
    /// Who waits aside for a limit of its task.
    aside: FxHashMap<Tries, Vec<(InstanceKey, Rank)>>,
    /// Whose first has that limit.
    limited: FxHashMap<Tries, BTreeSet<PoolName>>,
    /// Lines about which something changed.
    stale: BTreeSet<PoolName>,
}

impl Lines {
    fn insert(&mut self, pool: &PoolName, rank: Rank, run: RunKey) {
        self.pools.entry(pool.clone()).or_default().runs.insert((rank, run));
        self.stale.insert(pool.clone());
    }

    fn remove(&mut self, pool: &PoolName, rank: Rank, run: RunKey) {
        if let Some(line) = self.pools.get_mut(pool) {
            line.runs.remove(&(rank, run));
        }
        self.stale.insert(pool.clone());
    }

    /// Forgets what was found of a line's first.
    fn close(&mut self, pool: &PoolName) {
        let Some(line) = self.pools.get_mut(pool) else { return };
        if let Some(rank) = line.open.take() {
            self.open.remove(&(rank, pool.clone()));
        }
        for limit in std::mem::take(&mut line.limits) {
            if let Some(pools) = self.limited.get_mut(&limit) {
                pools.remove(pool);
                if pools.is_empty() {
                    self.limited.remove(&limit);
                }
            }
        }
        if line.runs.is_empty() {
            self.pools.remove(pool);
        }
    }

    /// Keeps what was found of a line's first.
    fn found(&mut self, pool: &PoolName, rank: Rank, limits: Vec<Tries>, open: bool) {
        let Some(line) = self.pools.get_mut(pool) else { return };
        for limit in &limits {
            self.limited.entry(limit.clone()).or_default().insert(pool.clone());
        }
        line.limits = limits;
        if open {
            line.open = Some(rank);
            self.open.insert((rank, pool.clone()));
        }
    }

    fn first(&self, pool: &PoolName) -> Option<RunKey> {
        self.pools.get(pool)?.runs.first().map(|(_, run)| *run)
    }
}

impl Planner {
    /// Who goes first in a pool's line.
    pub(super) fn first_in(&self, pool: &PoolName) -> Option<InstanceKey> {
        let run = self.runs.get(&self.lines.first(pool)?)?;
        run.peek_first_of(pool).map(|ix| run.instance(ix))
    }

    /// Whether the first in a pool's line could start.
    pub(super) fn is_open(&self, pool: &PoolName) -> bool {
        self.lines.pools.get(pool).is_some_and(|line| line.open.is_some())
    }

    /// Who would start next, if there is room for it.
    pub(super) fn first_of_all(&self) -> Option<InstanceKey> {
        self.lines.open.first().and_then(|(_, pool)| self.first_in(pool))
    }
}

impl Planner {
    /// Gives free slots to who comes first. Who comes first and lacks memory or disk is waited for, so that nothing starves.
    pub(super) fn fill(&mut self, now: Timestamp, out: &mut Decision, touched: &mut BTreeSet<RunKey>) {
        loop {
            self.look_at_lines();
            let Some((pool, key, ix)) = self.next_to_start().filter(|_| !self.shared.slots.is_full()) else { return };
            let Some(run) = self.runs.get_mut(&key) else { return };
            let need = run.need(ix);
            let cx = &mut Cx { now, shared: &mut self.shared, out };
            if let Some(problem) = cx.shared.slots.never_fits(need) {
                run.step(ix, TaskEvent::CannotStart { problem }, now, cx);
            } else if cx.shared.slots.fits(need) {
                run.start_first_of(&pool, cx);
            } else {
                return;
            }
            self.settle(BTreeSet::from([key]), now, out, touched);
        }
    }

    /// The first of all open lines.
    fn next_to_start(&mut self) -> Option<(PoolName, RunKey, TaskIx)> {
        let (_, pool) = self.lines.open.first()?.clone();
        let key = self.lines.first(&pool)?;
        let (_, ix) = self.runs.get_mut(&key)?.first_of(&pool)?;
        Some((pool, key, ix))
    }

    /// Brings a run's places in the lines up to date.
    pub(super) fn list(&mut self, key: RunKey) {
        let Some(run) = self.runs.get_mut(&key) else { return };
        let is_open = run.is_open();
        if std::mem::replace(&mut run.was_open, is_open) != is_open {
            run.stale_lanes.extend(run.lanes.keys().cloned());
        }
        for pool in std::mem::take(&mut run.stale_lanes) {
            let first = run.first_of(&pool).map(|(rank, _)| rank);
            let Some(lane) = run.lanes.get_mut(&pool).filter(|lane| lane.listed != first) else { continue };
            if let Some(rank) = std::mem::replace(&mut lane.listed, first) {
                self.lines.remove(&pool, rank, key);
            }
            if let Some(rank) = first {
                self.lines.insert(&pool, rank, key);
            }
        }
    }

    /// Takes a run that is removed out of all lines.
    pub(super) fn unlist(&mut self, run: &Run) {
        for (pool, lane) in &run.lanes {
            if let Some(rank) = lane.listed {
                self.lines.remove(pool, rank, run.key);
            }
        }
    }

    /// More or less may run at once from here on.
    pub(super) fn change_capacity(&mut self, capacity: Capacity) {
        self.shared.slots.capacity = capacity;
        self.lines.stale.extend(self.lines.pools.keys().cloned());
        let keys: Vec<RunKey> = self.runs.keys().copied().collect();
        for key in keys {
            if let Some(run) = self.runs.get_mut(&key) {
                run.put_back_too_big();
            }
            self.list(key);
        }
    }

    /// Looks at every line about which something changed.
    fn look_at_lines(&mut self) {
        let changed = self.shared.slots.take_changed();
        self.lines.stale.extend(changed.pools);
        for limit in &changed.taken {
            self.lines.stale.extend(self.lines.limited.get(limit).into_iter().flatten().cloned());
        }
        for limit in &changed.given_back {
            for (instance, rank) in self.lines.aside.remove(limit).unwrap_or_default() {
                if let Some(run) = self.runs.get_mut(&instance.run) {
                    run.put_back(instance.task, rank);
                }
                self.list(instance.run);
            }
        }
        while let Some(pool) = self.lines.stale.pop_first() {
            self.look_at_line(&pool);
        }
    }

    /// Finds who is first in a line, and whether that could start.
    fn look_at_line(&mut self, pool: &PoolName) {
        self.lines.close(pool);
        while let Some(key) = self.lines.first(pool) {
            let Some(run) = self.runs.get_mut(&key) else { return };
            let Some((rank, ix)) = run.first_of(pool) else { return };
            let Some(first) = First::of(run, ix, &self.shared.slots) else { return };
            match first {
                First::Limited(limit) => {
                    run.take_first_of(pool);
                    let instance = run.instance(ix);
                    self.lines.aside.entry(limit).or_default().push((instance, rank));
                }
                First::TooBig => run.set_too_big_aside(pool),
                First::Waits { limits, open } => return self.lines.found(pool, rank, limits, open),
            }
            self.list(key);
        }
    }
}

/// How the first of a line stands.
enum First {
    /// By a limit of its task.
    Limited(Tries),
    /// It wants more slots than the pool has.
    TooBig,
    /// It is first; whether it could start.
    Waits { limits: Vec<Tries>, open: bool },
}

impl First {
    fn of(run: &Run, ix: TaskIx, slots: &Slots) -> Option<Self> {
        let (task, hold) = (run.dag.task(ix)?, run.hold(ix)?);
        let mut limits = Vec::new();
        let own = [
            (task.terms.max_active_tis_per_dag, hold.over_runs()),
            (task.terms.max_active_tis_per_dagrun, hold.in_run()),
        ];
        for (max, tries) in own {
            match max {
                Some(max) if slots.tries(&tries) >= max && !planted!(TriesPerDagUnbounded) => {
                    return Some(Self::Limited(tries));
                }
                Some(_) => limits.push(tries),
                None => {}
            }
        }
        Some(match slots.room(&hold.pool, hold.pool_slots) {
            Room::Never => Self::TooBig,
            Room::Yes => Self::Waits { limits, open: true },
            Room::NotNow => Self::Waits { limits, open: false },
        })
    }
}
