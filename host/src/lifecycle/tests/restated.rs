//! The page's table of trigger rules, said once more over lists of final states. Shares nothing with the rules' code.

use crate::dag::model::TriggerRule;

/// Every rule.
pub(crate) const ALL_RULES: [TriggerRule; 12] = [
    TriggerRule::AllSuccess,
    TriggerRule::AllFailed,
    TriggerRule::AllDone,
    TriggerRule::AllDoneMinOneSuccess,
    TriggerRule::AllSkipped,
    TriggerRule::OneFailed,
    TriggerRule::OneSuccess,
    TriggerRule::OneDone,
    TriggerRule::NoneFailed,
    TriggerRule::NoneFailedMinOneSuccess,
    TriggerRule::NoneSkipped,
    TriggerRule::Always,
];

/// How an upstream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Failed,
    UpstreamFailed,
    Skipped,
}

/// Every way to end.
pub(crate) const ALL_ENDS: [End; 4] = [End::Success, End::Failed, End::UpstreamFailed, End::Skipped];

/// What a rule makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Wait,
    Run,
    Skip,
    UpstreamFailed,
}

fn is_bad(end: &End) -> bool {
    matches!(end, End::Failed | End::UpstreamFailed)
}

/// What the rule says once all upstreams are at their end.
pub(crate) fn at_the_end(rule: TriggerRule, ends: &[End]) -> Says {
    let all = |test: fn(&End) -> bool| ends.iter().all(test);
    let any = |test: fn(&End) -> bool| ends.iter().any(test);
    let success = |end: &End| *end == End::Success;
    let skipped = |end: &End| *end == End::Skipped;
    let run_or = |met: bool, otherwise: Says| if met { Says::Run } else { otherwise };
    if ends.is_empty() {
        return Says::Run;
    }
    match rule {
        TriggerRule::AllSuccess => run_or(all(success), if any(is_bad) { Says::UpstreamFailed } else { Says::Skip }),
        TriggerRule::AllFailed => run_or(all(is_bad), Says::Skip),
        TriggerRule::AllDone | TriggerRule::Always => Says::Run,
        TriggerRule::AllDoneMinOneSuccess => run_or(any(success), Says::UpstreamFailed),
        TriggerRule::AllSkipped => run_or(all(skipped), Says::Skip),
        TriggerRule::OneFailed => run_or(any(is_bad), Says::Skip),
        TriggerRule::OneSuccess => run_or(any(success), if all(skipped) { Says::Skip } else { Says::UpstreamFailed }),
        TriggerRule::OneDone => run_or(any(|end| matches!(end, End::Success | End::Failed)), Says::Skip),
        TriggerRule::NoneFailed => run_or(!any(is_bad), Says::UpstreamFailed),
        TriggerRule::NoneFailedMinOneSuccess => {
            run_or(!any(is_bad) && any(success), if any(is_bad) { Says::UpstreamFailed } else { Says::Skip })
        }
        TriggerRule::NoneSkipped => run_or(!any(skipped), Says::Skip),
    }
}

/// Whether the rules let it be met before all upstreams are at their end.
pub(crate) fn is_early(rule: TriggerRule) -> bool {
    matches!(rule, TriggerRule::OneFailed | TriggerRule::OneSuccess | TriggerRule::OneDone | TriggerRule::Always)
}

/// What the rule says while `unfinished` upstreams are not at their end: whatever all possible ends agree on, but a
/// rule that is not early is met only at the end.
pub(crate) fn before_the_end(rule: TriggerRule, ends: &[End], unfinished: usize) -> Says {
    let mut endings = Vec::new();
    complete(&mut ends.to_vec(), unfinished, 0, &mut |ends| {
        let says = at_the_end(rule, ends);
        if !endings.contains(&says) {
            endings.push(says);
        }
    });
    match endings.as_slice() {
        [Says::Run] if unfinished > 0 && !is_early(rule) => Says::Wait,
        [one] => *one,
        _differing => Says::Wait,
    }
}

/// Calls `each` with every way (order apart) in which `left` more upstreams can end.
fn complete(ends: &mut Vec<End>, left: usize, from: usize, each: &mut impl FnMut(&[End])) {
    if left == 0 {
        return each(ends);
    }
    for (kind, end) in ALL_ENDS.into_iter().enumerate().skip(from) {
        ends.push(end);
        complete(ends, left - 1, kind, each);
        ends.pop();
    }
}
