//! A small model of what every final state must be, from `docs/scheduling.md` alone: no code of the planner, no counters, no
//! order. It walks the tasks from the roots and believes only what became of each start.

use std::collections::BTreeSet;

use crate::lifecycle::tests::restated::{End, Says, at_the_end};
use crate::planner::tests::sim::act::{Act, Happened};
use crate::planner::tests::spec::Spec;

/// What a successful try left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Left {
    published: bool,
    x: Option<i64>,
    chosen: Option<BTreeSet<usize>>,
}

/// How a task ended, and what it left.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Final {
    /// `None`: a person said so, and it left nothing.
    Success(Option<Left>),
    Failed,
    UpstreamFailed,
    Skipped,
}

impl Final {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Success(_) => "success",
            Self::Failed => "failed",
            Self::UpstreamFailed => "upstream_failed",
            Self::Skipped => "skipped",
        }
    }

    fn end(&self) -> End {
        match self {
            Self::Success(_) => End::Success,
            Self::Failed => End::Failed,
            Self::UpstreamFailed => End::UpstreamFailed,
            Self::Skipped => End::Skipped,
        }
    }
}

/// What became of the starts of one task since it was last cleared, and what a person said about it.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    pub(super) happened: Vec<Happened>,
    /// Marked: as a success?
    pub(super) marked: Option<bool>,
}

/// The final state of every task, or what in the stories cannot be.
pub(super) fn finals(spec: &Spec, stories: &[Story], budget: u64) -> Result<Vec<Final>, String> {
    let mut finals: Vec<Final> = Vec::new();
    for (place, story) in stories.iter().enumerate() {
        let expected = without_people(spec, place, &finals, budget);
        let last = match (&story.marked, expected) {
            (Some(as_success), _) => marked(*as_success, story),
            (None, Some(decided)) if story.happened.is_empty() => decided,
            (None, Some(decided)) => return Err(format!("{place} should be {decided:?} unstarted, but {story:?}")),
            (None, None) => {
                let answer = run(spec, place, &story.happened);
                answer.ok_or_else(|| format!("{place} should have run to its end, but {story:?}"))?
            }
        };
        finals.push(last);
    }
    Ok(finals)
}

/// What a task becomes without a start; `None`: it runs.
fn without_people(spec: &Spec, place: usize, finals: &[Final], budget: u64) -> Option<Final> {
    let task = &spec.tasks[place];
    if task.upstream().iter().any(|up| leaves_out(spec, *up, &finals[*up], place)) {
        return Some(Final::Skipped);
    }
    let ends: Vec<End> = task.upstream().iter().map(|up| finals[*up].end()).collect();
    match at_the_end(task.rule, &ends) {
        Says::Skip => return Some(Final::Skipped),
        Says::UpstreamFailed => return Some(Final::UpstreamFailed),
        Says::Run => {}
        Says::Wait => unreachable!("nothing waits at the end"),
    }
    let left = |up: &usize| match &finals[*up] {
        Final::Success(left) => left.as_ref(),
        Final::Failed | Final::UpstreamFailed | Final::Skipped => None,
    };
    let published = |up: &usize| left(up).is_some_and(|left| left.published);
    if !task.required.iter().all(published) || !task.templates.iter().all(|up| left(up).is_some()) {
        return Some(Final::UpstreamFailed);
    }
    let good_param = |up: &usize| left(up).and_then(|left| left.x).is_some_and(|x| x >= 0);
    if task.memory_bytes > budget || !task.templates.iter().all(good_param) {
        return Some(Final::Failed);
    }
    None
}

/// Whether `branch` chose, and neither `place` nor anything above it.
fn leaves_out(spec: &Spec, branch: usize, end: &Final, place: usize) -> bool {
    let Final::Success(Some(Left { chosen: Some(chosen), .. })) = end else { return false };
    spec.tasks[branch].may_branch && !below_any(spec, chosen, place)
}

fn below_any(spec: &Spec, from: &BTreeSet<usize>, place: usize) -> bool {
    from.contains(&place) || spec.tasks[place].upstream().iter().any(|up| below_any(spec, from, *up))
}

/// Where a task's starts lead; `None`: not to an end, or beyond one.
fn run(spec: &Spec, place: usize, happened: &[Happened]) -> Option<Final> {
    let (mut retries, mut lost) = (spec.tasks[place].retries, 0);
    let mut end = None;
    for what in happened {
        if end.is_some() {
            return None;
        }
        end = match what {
            Happened::HandedBack => None,
            Happened::HostLost => {
                lost += 1;
                (lost == 3).then_some(Final::Failed)
            }
            Happened::Answered(Act::Again { .. }) => None,
            Happened::Answered(Act::Flaky { .. }) if retries == 0 => Some(Final::Failed),
            Happened::Answered(Act::Flaky { .. }) => {
                retries -= 1;
                None
            }
            Happened::Answered(Act::Broken | Act::UnknownLabel) => Some(Final::Failed),
            Happened::Answered(Act::Skip) => Some(Final::Skipped),
            Happened::Answered(act @ (Act::Done { .. } | Act::Branch { .. })) => Some(Final::Success(left_by(act))),
        };
    }
    end
}

/// What an answer leaves, if it is a success.
fn left_by(act: &Act) -> Option<Left> {
    match act {
        Act::Done { published, x } => Some(Left { published: *published, x: *x, chosen: None }),
        Act::Branch { chosen, labels: _ } => Some(Left { published: true, x: Some(7), chosen: Some(chosen.clone()) }),
        Act::UnknownLabel | Act::Skip | Act::Again { .. } | Act::Flaky { .. } | Act::Broken => None,
    }
}

/// A mark; a success that was one already keeps what it left. (The simulation marks nothing twice.)
fn marked(as_success: bool, story: &Story) -> Final {
    let left = story.happened.last().and_then(|what| match what {
        Happened::Answered(act) => left_by(act),
        Happened::HostLost | Happened::HandedBack => None,
    });
    if as_success { Final::Success(left) } else { Final::Failed }
}

/// Whether the run as a whole is a success.
pub(super) fn run_succeeds(spec: &Spec, finals: &[Final]) -> bool {
    let bad = |place: &usize| matches!(finals[*place], Final::Failed | Final::UpstreamFailed);
    !(0..finals.len()).filter(|place| spec.downstream(*place).is_empty()).any(|place| bad(&place))
}
