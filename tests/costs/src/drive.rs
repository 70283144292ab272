//! A run that the planner drives from its beginning to its end, with sixteen tries under way.

use std::sync::Arc;

use dagwood::contract::Outcome;
use dagwood::dag::model::{Dag, RunInputs};
use dagwood::ids::{RunId, RunKey};
use dagwood::lifecycle::change::Change;
use dagwood::lifecycle::launch::{Launch, Report, RunDates, Usage};
use dagwood::lifecycle::state::RunState;
use dagwood::planner::{Capacity, Decision, Event, Planner, RunSnapshot};
use jiff::Timestamp;
use serde_json::Value;

/// The key of the run.
pub const KEY: RunKey = RunKey(1);

/// Drives it, and gives what each step changed to `tell`.
///
/// # Panics
/// When it is no success.
pub fn drive(dag: &Arc<Dag>, mut tell: impl FnMut(Vec<Change>)) -> Planner {
    let now = Timestamp::UNIX_EPOCH;
    let mut planner = Planner::new(Capacity::new(16, u64::MAX), Arc::new(|_, _| Ok(())));
    let run = RunSnapshot::new(KEY, RunId::at("manual", now), Arc::clone(dag), RunInputs::default(), dates());
    let mut step = |planner: &mut Planner, event| {
        let Decision { changes, launches, .. } = planner.apply(event, now);
        tell(changes);
        launches
    };
    let mut launches = step(&mut planner, Event::RunAdded(Box::new(run)));
    while let Some(launch) = launches.pop() {
        launches.extend(step(&mut planner, Event::TaskEnded(Box::new(done(launch)))));
    }
    assert_eq!(planner.run_state(KEY), Some(RunState::Success), "the run comes to a good end");
    planner
}

/// Those of a run by hand.
pub fn dates() -> RunDates {
    RunDates { logical_date: None, data_interval: None, run_after: Timestamp::UNIX_EPOCH }
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
