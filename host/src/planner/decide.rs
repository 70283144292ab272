//! What an instance in `none` does next: branches first, then its rule, then its data, then whether it can run at all.

use crate::contract::Problem;
use crate::dag::model::{Task, TriggerRule};
use crate::ids::TaskIx;
use crate::lifecycle::event::TaskEvent;
use crate::lifecycle::rules::{self, Counts, Verdict, verdict};
use crate::lifecycle::state::TaskState;
use crate::planner::branch;
use crate::planner::launch::{self, Lack};
use crate::planner::run::Run;
use crate::planner::shape::may_branch;
use crate::planner::slots::Need;
use crate::planner::world::Shared;

impl Run {
    /// What happens now to the instance, if it is in `none` and something does.
    pub(super) fn decide(&self, ix: TaskIx, shared: &Shared) -> Option<TaskEvent> {
        let (task, node) = (self.dag.task(ix)?, self.node(ix)?);
        if node.inst.state != TaskState::None {
            return None;
        }
        if node.left_out_by > 0 && !planted!(BranchForgotten) {
            return Some(TaskEvent::RuleSkips { reason: self.left_out_reason(ix) });
        }
        // A branch may still leave it out whatever its rule says, so no rule is asked before.
        if node.open_branches > 0 {
            return None;
        }
        match verdict(task.terms.trigger_rule, &node.up) {
            Verdict::Wait => None,
            Verdict::Skip => Some(TaskEvent::RuleSkips { reason: rule_reason(task.terms.trigger_rule, &node.up) }),
            Verdict::UpstreamFailed => Some(TaskEvent::UpstreamFailed { problem: self.upstream_problem(ix, task) }),
            Verdict::Met if node.open_required > 0 && !planted!(DataNotWaitedFor) => None,
            // What can never run need not wait for the past to be told so.
            Verdict::Met => match self.admit(ix, task, shared) {
                TaskEvent::RuleMet if node.past_open && !planted!(PastForgotten) => None,
                event => Some(event),
            },
        }
    }

    /// Its rule is met and its producers are at their end: can it run?
    fn admit(&self, ix: TaskIx, task: &Task, shared: &Shared) -> TaskEvent {
        match launch::required_data(self, ix) {
            Ok(()) => {}
            // Not reached: all producers are at their end. It would be looked at again when they are.
            Err(Lack::NotYet) => return TaskEvent::RuleMet,
            Err(Lack::NeverComes(problem)) => return TaskEvent::UpstreamFailed { problem },
            Err(Lack::Broken(problem)) => return TaskEvent::CannotStart { problem },
        }
        if let Some(problem) = shared.slots.never_fits(Need::of(&task.terms.limits)) {
            return TaskEvent::CannotStart { problem };
        }
        // Params without templates were checked with the DAG.
        if !task.params.is_plain()
            && let Err(problem) = launch::params(self, ix, task, &shared.params_check)
        {
            return TaskEvent::CannotStart { problem };
        }
        TaskEvent::RuleMet
    }

    fn left_out_reason(&self, ix: TaskIx) -> String {
        let branch = branch::upstream(&self.dag, ix).iter().find(|up| self.leaves_out(**up, ix));
        match branch.and_then(|up| self.dag.task(*up)) {
            Some(task) => format!("not chosen by `{}`", task.id),
            None => "not chosen by a branch".to_owned(),
        }
    }

    fn leaves_out(&self, branch: TaskIx, ix: TaskIx) -> bool {
        self.dag.task(branch).is_some_and(may_branch) && self.left_out(branch).contains(&ix)
    }

    /// Which upstream it was, if one is enough to fail the rule.
    fn upstream_problem(&self, ix: TaskIx, task: &Task) -> Problem {
        let rule = rules::word(task.terms.trigger_rule);
        let bad = branch::upstream(&self.dag, ix)
            .iter()
            .find(|up| matches!(self.state_of(**up), Some(TaskState::Failed | TaskState::UpstreamFailed)));
        let message = match (task.terms.trigger_rule, bad.and_then(|up| self.dag.task(*up).zip(self.state_of(*up)))) {
            (TriggerRule::AllDoneMinOneSuccess | TriggerRule::OneSuccess, _) | (_, None) => {
                format!("trigger rule {rule}: no upstream succeeded")
            }
            (_, Some((upstream, state))) => format!("trigger rule {rule}: `{}` is {state}", upstream.id),
        };
        Problem::new("upstream-failed", message)
    }
}

fn rule_reason(rule: TriggerRule, up: &Counts) -> String {
    let counts = [
        (up.success, TaskState::Success),
        (up.failed, TaskState::Failed),
        (up.upstream_failed, TaskState::UpstreamFailed),
        (up.skipped, TaskState::Skipped),
    ];
    let states: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
    format!("trigger rule {}: upstreams are {}", rules::word(rule), states.join(", "))
}
