//! Why an instance does not run: the facts, for whoever words them.

use crate::dag::model::{PastRule, TriggerRule};
use crate::ids::{InstanceKey, PoolName, RunKey, TaskIx};
use crate::lifecycle::rules::{Verdict, verdict};
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::branch;
use crate::planner::event::{WakeUp, Why};
use crate::planner::past::PastTask;
use crate::planner::run::Run;
use crate::planner::shape::may_branch;
use crate::planner::slots::{Hold, Room, Tries};
use crate::planner::world::Planner;

/// How an instance stands, and all that holds it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Waits {
    /// Its run's state; only a running one starts anything.
    pub run: RunState,
    /// Its own.
    pub state: TaskState,
    /// What holds it back, all of it. Empty for one that waits for nothing: it is active, or at its end.
    pub reasons: Vec<Reason>,
}

/// One thing that holds an instance back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Its run is queued, or at its end.
    Run(RunState),
    /// These tasks directly upstream may still leave it out.
    Branches(Vec<(TaskIx, TaskState)>),
    /// Its trigger rule is not decided by its upstreams' states.
    Rule {
        /// The rule.
        rule: TriggerRule,
        /// All upstreams.
        upstream: Vec<(TaskIx, TaskState)>,
    },
    /// It cannot do without what these leave, and they are not at their end.
    Data(Vec<(TaskIx, TaskState)>),
    /// The same task of the DAG's previous run is no success, and not skipped; or what is directly downstream of it.
    Past {
        /// That run.
        run: RunKey,
        /// Whether those directly downstream count.
        with_downstream: bool,
        /// The task there.
        task: PastTask,
    },
    /// Its time has not come.
    Due(WakeUp),
    /// `max_active_tasks` of its run.
    ActiveTasks {
        /// Tasks of the run that hold a slot.
        active: u32,
        /// At most.
        max: u32,
    },
    /// `max_active_tis_per_dag`.
    TriesOverRuns {
        /// Tries of the task that hold a slot, over all runs of the DAG.
        active: u32,
        /// At most.
        max: u32,
    },
    /// `max_active_tis_per_dagrun`.
    TriesInRun {
        /// Tries of the task that hold a slot in its run, those that are being ended included.
        active: u32,
        /// At most.
        max: u32,
    },
    /// Its pool has not the slots that it wants.
    Pool {
        /// The pool.
        pool: PoolName,
        /// Slots that it wants.
        wants: u32,
        /// Slots that the pool has; `None`: there is no such pool. Fewer than it wants: it waits until there are more.
        slots: Option<u32>,
        /// Who holds how many.
        holders: Vec<Holder>,
    },
    /// It would fit into its pool, but this one is before it there, and is waited for.
    BehindInPool(InstanceKey),
    /// All that may run at once runs.
    Parallelism {
        /// Tries that hold a slot.
        tasks: u32,
        /// At most.
        max: u32,
    },
    /// The memory that it may use is not left of the budget.
    Memory {
        /// Its memory limit.
        wants_bytes: u64,
        /// The limits of all that runs.
        in_use_bytes: u64,
        /// All there is.
        budget_bytes: u64,
    },
    /// The disk that it declares is not left of the budget.
    Scratch {
        /// Its `scratch`.
        wants_bytes: u64,
        /// What all that runs declares.
        in_use_bytes: u64,
        /// All there is.
        budget_bytes: u64,
    },
    /// This one is before it, and is waited for: it lacks memory or disk.
    Behind(InstanceKey),
}

/// Somebody who holds slots of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// Who.
    pub instance: InstanceKey,
    /// How many.
    pub slots: u32,
    /// It was told to end, and has not reported yet.
    pub ending: bool,
}

impl Planner {
    /// Why an instance does not run, with all decisions made so far. `None`: it is not driven here.
    pub fn explain(&self, instance: InstanceKey) -> Option<Waits> {
        let run = self.runs.get(&instance.run)?;
        let ix = instance.task;
        let state = run.state_of(ix)?;
        let mut reasons = Vec::new();
        if !state.is_finished() && run.state != RunState::Running {
            reasons.push(Reason::Run(run.state));
        }
        match state {
            TaskState::None => self.explain_none(run, ix, &mut reasons),
            TaskState::Scheduled => self.explain_scheduled(run, ix, &mut reasons),
            TaskState::UpForRetry => reasons.extend(due(run, ix, Why::Retry(instance))),
            TaskState::UpForReschedule => reasons.extend(due(run, ix, Why::Reschedule(instance))),
            TaskState::Queued
            | TaskState::Running
            | TaskState::Success
            | TaskState::Failed
            | TaskState::UpstreamFailed
            | TaskState::Skipped
            | TaskState::Removed => {}
        }
        Some(Waits { run: run.state, state, reasons })
    }

    fn explain_none(&self, run: &Run, ix: TaskIx, reasons: &mut Vec<Reason>) {
        let (Some(task), Some(node)) = (run.dag.task(ix), run.node(ix)) else { return };
        let upstream = states(run, branch::upstream(&run.dag, ix));
        if node.open_branches > 0 {
            let may = |ix: &TaskIx| run.dag.task(*ix).is_some_and(may_branch);
            let open = upstream.iter().filter(|(ix, state)| may(ix) && !state.is_finished());
            reasons.push(Reason::Branches(open.copied().collect()));
        }
        if verdict(task.terms.trigger_rule, &node.up) == Verdict::Wait {
            reasons.push(Reason::Rule { rule: task.terms.trigger_rule, upstream });
        }
        self.explain_lacks(run, ix, reasons);
    }

    /// What it needs besides its rule and slots.
    fn explain_lacks(&self, run: &Run, ix: TaskIx, reasons: &mut Vec<Reason>) {
        let (Some(task), Some(node)) = (run.dag.task(ix), run.node(ix)) else { return };
        if node.open_required > 0 {
            let producers = states(run, run.shape.required(ix)).into_iter();
            reasons.push(Reason::Data(producers.filter(|(_, state)| !state.is_finished()).collect()));
        }
        if node.past_open {
            let with_downstream = task.terms.past == PastRule::WithDownstream;
            let past = self.past_of(run, ix);
            reasons.extend(past.map(|(run, task)| Reason::Past { run, with_downstream, task }));
        }
    }

    fn explain_scheduled(&self, run: &Run, ix: TaskIx, reasons: &mut Vec<Reason>) {
        let (Some(task), Some(hold)) = (run.dag.task(ix), run.hold(ix)) else { return };
        self.explain_lacks(run, ix, reasons);
        let (active, max) = (run.tally.active(), run.dag.settings.max_active_tasks);
        if active >= max {
            reasons.push(Reason::ActiveTasks { active, max });
        }
        let full = |max: Option<u32>, tries: Tries| {
            let active = self.shared.slots.tries(&tries);
            max.filter(|max| active >= *max).map(|max| (active, max))
        };
        let over_runs = full(task.terms.max_active_tis_per_dag, hold.over_runs());
        reasons.extend(over_runs.map(|(active, max)| Reason::TriesOverRuns { active, max }));
        let in_run = full(task.terms.max_active_tis_per_dagrun, hold.in_run());
        reasons.extend(in_run.map(|(active, max)| Reason::TriesInRun { active, max }));
        reasons.extend(self.explain_pool(&hold));
        self.explain_host(&hold, reasons);
        if reasons.is_empty() {
            reasons.extend(self.behind(run.instance(ix), &hold));
        }
    }

    fn explain_pool(&self, hold: &Hold) -> Option<Reason> {
        let slots = &self.shared.slots;
        if slots.room(&hold.pool, hold.pool_slots) == Room::Yes {
            return None;
        }
        let of_pool = slots.holders().filter(|(_, held, _)| held.pool == hold.pool);
        let mut holders: Vec<Holder> =
            of_pool.map(|(instance, held, ending)| Holder { instance, slots: held.pool_slots, ending }).collect();
        holders.sort_unstable();
        let (pool, wants) = (hold.pool.clone(), hold.pool_slots);
        Some(Reason::Pool { slots: slots.size_of(&pool), pool, wants, holders })
    }

    /// What all of this host have together.
    fn explain_host(&self, hold: &Hold, reasons: &mut Vec<Reason>) {
        let slots = &self.shared.slots;
        if slots.is_full() {
            reasons.push(Reason::Parallelism { tasks: slots.tasks(), max: slots.capacity.parallelism });
        }
        if !slots.fits_memory(hold.need) {
            reasons.push(Reason::Memory {
                wants_bytes: hold.need.memory_bytes,
                in_use_bytes: slots.in_use().memory_bytes,
                budget_bytes: slots.capacity.memory_budget_bytes,
            });
        }
        if !slots.fits_scratch(hold.need) {
            reasons.push(Reason::Scratch {
                wants_bytes: hold.need.scratch_bytes,
                in_use_bytes: slots.in_use().scratch_bytes,
                budget_bytes: slots.capacity.scratch_budget_bytes,
            });
        }
    }

    /// Nothing that it needs is lacking: somebody is before it.
    fn behind(&self, instance: InstanceKey, hold: &Hold) -> Option<Reason> {
        let first = self.first_in(&hold.pool).filter(|first| *first != instance);
        if let Some(first) = first.filter(|_| !self.is_open(&hold.pool)) {
            return Some(Reason::BehindInPool(first));
        }
        self.first_of_all().filter(|first| *first != instance).map(Reason::Behind)
    }
}

fn states(run: &Run, tasks: &[TaskIx]) -> Vec<(TaskIx, TaskState)> {
    tasks.iter().filter_map(|ix| Some((*ix, run.state_of(*ix)?))).collect()
}

fn due(run: &Run, ix: TaskIx, why: Why) -> Option<Reason> {
    run.node(ix)?.inst.due.map(|at| Reason::Due(WakeUp { at, why }))
}
