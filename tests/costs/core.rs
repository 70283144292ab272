//! The core: a DAG that is checked, and a run of it that the planner drives.

use std::sync::Arc;

use dagwood::contract::Outcome;
use dagwood::dag::model::{Dag, RunInputs};
use dagwood::ids::{RunId, RunKey};
use dagwood::lifecycle::launch::{Launch, Report, RunDates, Usage};
use dagwood::lifecycle::state::RunState;
use dagwood::planner::{Capacity, Event, Planner, RunSnapshot};
use jiff::Timestamp;
use serde_json::Value;

use crate::Costs;
use crate::ground::{chain, dag, fan};

/// Tasks of a DAG, besides its root and its sink.
const TASKS: usize = 10_000;

pub(crate) fn costs() -> Costs {
    let mut costs = Costs::new();
    // What is made once for the whole process is no task's.
    drop(dag(&fan(1)));
    for (shape, text) in [("fan", fan(TASKS)), ("chain", chain(TASKS))] {
        let mut note = |what: &str, sum: f64| costs.insert(format!("{shape}: {what} a task"), sum / TASKS as f64);
        let (checked, dag) = counted(|| dag(&text));
        note("bytes of a checked DAG,", checked.kept_bytes);
        note("bytes at the most while it is read and checked,", checked.most_bytes);
        note("allocations of the check,", checked.allocations);
        let (driven, planner) = counted(|| drive(&dag));
        note("bytes of a run in the planner at its end,", driven.kept_bytes);
        note("allocations of the planner,", driven.allocations);
        drop(planner);
    }
    costs
}

/// What something took of the memory.
struct Taken {
    allocations: f64,
    kept_bytes: f64,
    most_bytes: f64,
}

fn counted<T>(work: impl FnOnce() -> T) -> (Taken, T) {
    let counting = dhat::Profiler::builder().testing().build();
    let made = work();
    let taken = dhat::HeapStats::get();
    drop(counting);
    let taken = Taken {
        allocations: taken.total_blocks as f64,
        kept_bytes: taken.curr_bytes as f64,
        most_bytes: taken.max_bytes as f64,
    };
    (taken, made)
}

/// A run from its beginning to its end, with sixteen tries under way.
fn drive(dag: &Arc<Dag>) -> Planner {
    let now = Timestamp::UNIX_EPOCH;
    let mut planner = Planner::new(Capacity::new(16, u64::MAX), Arc::new(|_, _| Ok(())));
    let dates = RunDates { logical_date: None, data_interval: None, run_after: now };
    let key = RunKey(1);
    let run = RunSnapshot::new(key, RunId::at("manual", now), Arc::clone(dag), RunInputs::default(), dates);
    let mut launches = planner.apply(Event::RunAdded(Box::new(run)), now).launches;
    while let Some(launch) = launches.pop() {
        launches.extend(planner.apply(Event::TaskEnded(Box::new(done(launch))), now).launches);
    }
    assert_eq!(planner.run_state(key), Some(RunState::Success));
    planner
}

fn done(launch: Launch) -> Report {
    Report {
        attempt: launch.attempt,
        ended_at: Timestamp::UNIX_EPOCH,
        outcome: Outcome::Done { value: Value::Null },
        outputs: Vec::new(),
        metrics: Vec::new(),
        usage: Usage::default(),
    }
}
