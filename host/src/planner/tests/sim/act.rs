//! What a simulated task does, decided by the seed, the task and how often it answered before: never by the order.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::contract::{Failure, Outcome, Problem};
use crate::planner::tests::rng::Rng;
use crate::planner::tests::spec::Spec;

/// How one try of a task ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    Done {
        published: bool,
        x: Option<i64>,
    },
    /// The places chosen, and the labels that say so.
    Branch {
        chosen: BTreeSet<usize>,
        labels: Vec<String>,
    },
    UnknownLabel,
    Skip,
    Again {
        seconds: u64,
    },
    Flaky {
        after: Option<u64>,
    },
    Broken,
}

/// What became of one start.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Happened {
    Answered(Act),
    HostLost,
    HandedBack,
}

pub(super) fn act(seed: u64, spec: &Spec, place: usize, answers_before: u64) -> Act {
    let mut rng = Rng::new(seed ^ (place as u64) << 32 ^ answers_before << 48);
    let task = &spec.tasks[place];
    match rng.below(100) {
        0..10 => Act::Flaky { after: rng.percent(30).then(|| rng.below(40)) },
        10..18 => Act::Again { seconds: rng.below(30) },
        18..24 => Act::Broken,
        24..32 => Act::Skip,
        32..35 => Act::UnknownLabel,
        // From a plugin that may not branch it is a failure too.
        _more if task.may_branch && rng.percent(70) => branch(&mut rng, spec, place),
        _more => {
            Act::Done { published: rng.percent(85), x: rng.percent(85).then(|| if rng.percent(10) { -1 } else { 7 }) }
        }
    }
}

fn branch(rng: &mut Rng, spec: &Spec, place: usize) -> Act {
    let labelled = spec.tasks[place].labels.iter().filter(|_| rng.percent(40));
    let (mut chosen, mut labels) = (BTreeSet::new(), Vec::new());
    for (label, places) in labelled.collect::<Vec<_>>() {
        chosen.extend(places);
        labels.push(label.clone());
    }
    for below in spec.downstream(place) {
        if rng.percent(40) {
            chosen.insert(below);
            labels.push(spec.tasks[below].id.clone());
        }
    }
    Act::Branch { chosen, labels }
}

pub(super) fn outcome(act: &Act) -> Outcome {
    let problem = || Problem::new("simulated", "as the seed says");
    match act {
        Act::Done { x, published: _ } => Outcome::Done { value: x.map_or(json!({}), |x| json!({ "x": x })) },
        Act::Branch { labels, chosen: _ } => Outcome::Branch { value: json!({ "x": 7 }), chosen: labels.clone() },
        Act::UnknownLabel => Outcome::Branch { value: Value::Null, chosen: vec!["nowhere".into()] },
        Act::Skip => Outcome::Skipped { reason: "as the seed says".into() },
        Act::Again { seconds } => Outcome::Again { after: Duration::from_secs(*seconds), state: None },
        Act::Flaky { after } => {
            Outcome::Failed(Failure::Retryable { problem: problem(), after: after.map(Duration::from_secs) })
        }
        Act::Broken => Outcome::Failed(Failure::Permanent { problem: problem() }),
    }
}

/// Whether the try publishes its port.
pub(super) fn publishes(act: &Act) -> bool {
    matches!(act, Act::Done { published: true, .. } | Act::Branch { .. })
}
