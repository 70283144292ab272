//! The core in a simulated world, seed by seed, held against models that share no code with it.
//!
//! - `world`, `disturb`, `checks`, `store`, `act`: runs of random DAGs under the planner; `model` says how they must end, `naive`
//!   what must be under way
//! - `whole`: the same runs, begun by the agenda as schedules and people want
//! - `examples`: the DAGs of `examples/`
//! - `faults`: that mistakes are found
//!
//! A failure names its seed. `DAGWOOD_SEED=n` runs that one only; `DAGWOOD_SEEDS=n` runs so many.

mod act;
mod checks;
mod disturb;
mod examples;
mod faults;
mod model;
mod naive;
mod store;
mod whole;
mod world;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use jiff::Timestamp;

use crate::dag::model::PastRule;
use crate::ids::PoolName;
use crate::lifecycle::state::RunState;
use crate::lifecycle::tests::restated::ALL_RULES;
use crate::planner::Capacity;
use crate::planner::tests::rng::Rng;
use crate::planner::tests::spec::{Spec, TaskSpec};
use world::World;

const SEEDS: u64 = 3000;
const BUDGET: u64 = 100;

/// A random DAG of so many tasks at most.
fn spec(most: u64, rng: &mut Rng) -> Spec {
    let count = 1 + rng.below(most) as usize;
    let density = 10 + rng.below(50);
    let mut tasks: Vec<TaskSpec> = (0..count).map(|place| task(rng, place, density)).collect();
    for place in 0..count {
        let below: Vec<usize> = (0..count).filter(|at| tasks[*at].upstream().contains(&place)).collect();
        if tasks[place].may_branch && rng.percent(40) {
            let labelled = below.into_iter().filter(|_| rng.percent(50)).collect();
            tasks[place].labels.insert("some".into(), labelled);
        }
    }
    let timeout = rng.percent(10).then(|| Duration::from_secs(10 + rng.below(100)));
    Spec { max_active_tasks: 1 + rng.below(6) as u32, dagrun_timeout: timeout, ..Spec::new(tasks) }
}

fn task(rng: &mut Rng, place: usize, density: u64) -> TaskSpec {
    let mut task = TaskSpec::new(&format!("t{place}"));
    if rng.percent(60) {
        task.rule = *rng.pick(&ALL_RULES).unwrap();
    }
    for up in (0..place).filter(|_| rng.percent(density)).collect::<Vec<_>>() {
        let kind = match rng.below(20) {
            0..2 => &mut task.required,
            2..4 => &mut task.optional,
            4 => &mut task.values,
            5 => &mut task.templates,
            _more => &mut task.after,
        };
        kind.push(up);
    }
    task.may_branch = rng.percent(30);
    task.retries = rng.below(3) as u32;
    task.memory_bytes = if rng.percent(2) { BUDGET + 1 } else { 1 + rng.below(60) };
    task.priority = if rng.percent(10) { rng.below(2000) as i32 - 500 } else { rng.below(3) as i32 };
    task.pool = ["default_pool", "default_pool", "default_pool", "db", "gpu", "later"][rng.below(6) as usize].into();
    task.pool_slots = 1 + if rng.percent(30) { rng.below(4) as u32 } else { 0 };
    task.max_per_dag = rng.percent(20).then(|| 1 + rng.below(2) as u32);
    task.max_per_run = rng.percent(15).then_some(1);
    task.past = match rng.below(10) {
        0 | 1 => PastRule::SameTask,
        2 => PastRule::WithDownstream,
        _more => PastRule::Ignored,
    };
    task
}

/// Pools of a few slots, some too small for some tasks, some not there.
fn pools(rng: &mut Rng) -> BTreeMap<PoolName, u32> {
    let mut pools = BTreeMap::from([(PoolName::default(), 1 + rng.below(6) as u32)]);
    for name in ["db", "gpu", "later"] {
        if rng.percent(75) {
            pools.insert(PoolName::new(name).unwrap(), rng.below(5) as u32);
        }
    }
    pools
}

/// Pools in which everything fits.
fn roomy_pools() -> BTreeMap<PoolName, u32> {
    ["default_pool", "db", "gpu", "later"].map(|name| (PoolName::new(name).unwrap(), 100)).into()
}

fn world(seed: u64, timing: u64, runs: u64) -> World {
    let mut rng = Rng::new(seed);
    let specs: Vec<Spec> = (0..runs).map(|_| spec(9, &mut rng)).collect();
    let capacity = Capacity { pools: pools(&mut rng), ..Capacity::new(1 + rng.below(6) as u32, BUDGET) };
    let pasts: Vec<bool> = (0..runs).map(|_| rng.percent(70)).collect();
    World::new(
        seed,
        timing,
        Timestamp::from_second(1_000_000).unwrap(),
        capacity,
        &specs.into_iter().zip(pasts).collect::<Vec<_>>(),
    )
}

/// Holds every run's end against the model.
fn hold_against_the_model(world: &World) -> u64 {
    let mut held = 0;
    for (key, run) in world.store.runs.iter().filter(|(_, run)| !run.ended_early && !run.cleared_alone) {
        let finals = model::finals(&run.spec, &run.stories, BUDGET).unwrap_or_else(|why| panic!("{key:?}: {why}"));
        let expected: Vec<&str> = finals.iter().map(model::Final::word).collect();
        let found: Vec<&str> = run.snapshot.instances.iter().map(|instance| instance.state.as_str()).collect();
        assert_eq!(found, expected, "{key:?} {:?}", run.spec);
        let succeeded = run.snapshot.state == RunState::Success;
        assert_eq!(succeeded, model::run_succeeds(&run.spec, &finals), "{key:?} {found:?}");
        held += 1;
    }
    held
}

/// The seeds to run.
pub(in crate::planner) fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("DAGWOOD_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DAGWOOD_SEEDS").unwrap_or(count),
    }
}

/// Plays each of them; what fails names its seed.
pub(in crate::planner) fn each_seed(seeds: std::ops::Range<u64>, play: impl Fn(u64)) {
    for seed in seeds {
        with_seed(seed, || {
            play(seed);
            0
        });
    }
}

fn with_seed(seed: u64, test: impl FnOnce() -> u64) -> u64 {
    match std::panic::catch_unwind(AssertUnwindSafe(test)) {
        Ok(held) => held,
        Err(why) => {
            let text = why.downcast_ref::<String>().map(String::as_str).or_else(|| why.downcast_ref::<&str>().copied());
            let text = text.unwrap_or_default();
            panic!("seed {seed}: {text}");
        }
    }
}

fn disturbed(seed: u64) -> u64 {
    let mut world = world(seed, seed ^ 0xd15c, 1 + seed % 3);
    world.play((seed % 12) as u32);
    hold_against_the_model(&world)
}

#[test]
fn every_run_ends_as_the_model_says_whatever_disturbs_it() {
    let seeds = seeds(SEEDS);
    let held: u64 = seeds.clone().map(|seed| with_seed(seed, || disturbed(seed))).sum();
    let enough = if seeds.end - seeds.start < 100 { 0 } else { seeds.end - seeds.start };
    assert!(held >= enough, "only {held} runs were held against the model");
}

#[test]
fn the_final_states_do_not_depend_on_who_finishes_first() {
    for seed in seeds(SEEDS / 6) {
        with_seed(seed, || {
            let states = |timing: u64| {
                let mut world = world(seed, timing, 1 + seed % 2);
                let timed = world.store.runs.values().any(|run| run.spec.dagrun_timeout.is_some());
                world.play(0);
                let runs = world.store.runs.values().map(|run| &run.snapshot);
                let states: Vec<(Vec<_>, _)> = runs
                    .map(|run| (run.instances.iter().map(|instance| instance.state).collect(), run.state))
                    .collect();
                (!timed).then_some(states)
            };
            let first = states(1);
            (2..8).for_each(|timing| assert_eq!(states(timing), first, "timing {timing}"));
            1
        });
    }
}
