use super::restated::{self, ALL_ENDS, ALL_RULES, End, Says};
use crate::dag::model::TriggerRule;
use crate::lifecycle::rules::{Counts, Upstream, Verdict, verdict, word};

/// More upstreams than any rule tells apart.
const UPSTREAMS: usize = 4;

fn says(verdict: Verdict) -> Says {
    match verdict {
        Verdict::Wait => Says::Wait,
        Verdict::Met => Says::Run,
        Verdict::Skip => Says::Skip,
        Verdict::UpstreamFailed => Says::UpstreamFailed,
    }
}

fn counts(ends: &[End], unfinished: usize, removed: usize) -> Counts {
    let mut counts = Counts::default();
    for end in ends {
        counts.add(match end {
            End::Success => Upstream::Success,
            End::Failed => Upstream::Failed,
            End::UpstreamFailed => Upstream::UpstreamFailed,
            End::Skipped => Upstream::Skipped,
        });
    }
    (0..unfinished).for_each(|_| counts.add(Upstream::Unfinished));
    (0..removed).for_each(|_| counts.add(Upstream::Removed));
    counts
}

/// Every multiset of at most `left` ends.
fn all_ends(left: usize) -> Vec<Vec<End>> {
    if left == 0 {
        return vec![Vec::new()];
    }
    let shorter = all_ends(left - 1);
    let longer = shorter
        .iter()
        .filter(|ends| ends.len() == left - 1)
        .flat_map(|ends| ALL_ENDS.map(|end| ends.iter().copied().chain([end]).collect()));
    shorter.iter().cloned().chain(longer).collect()
}

#[test]
fn every_rule_says_what_the_page_says_for_every_set_of_upstreams() {
    let mut looked_at = 0;
    for rule in ALL_RULES {
        for ends in all_ends(UPSTREAMS) {
            for unfinished in 0..=UPSTREAMS - ends.len() {
                for removed in 0..2 {
                    let expected = restated::before_the_end(rule, &ends, unfinished);
                    let found = says(verdict(rule, &counts(&ends, unfinished, removed)));
                    assert_eq!(found, expected, "{rule:?} {ends:?} and {unfinished} unfinished, {removed} removed");
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

#[test]
fn a_verdict_once_given_is_kept_whatever_comes_later() {
    for rule in ALL_RULES {
        for ends in all_ends(UPSTREAMS) {
            let full = says(verdict(rule, &counts(&ends, 0, 0)));
            for finished in 0..ends.len() {
                let early = says(verdict(rule, &counts(&ends[..finished], ends.len() - finished, 0)));
                assert!(early == Says::Wait || early == full, "{rule:?} {ends:?} after {finished}: {early:?}");
            }
        }
    }
}

#[test]
fn one_skipped_and_one_failed_upstream_give_upstream_failed_in_either_order() {
    let skipped_first = verdict(TriggerRule::AllSuccess, &counts(&[End::Skipped], 1, 0));
    let failed_first = verdict(TriggerRule::AllSuccess, &counts(&[End::Failed], 1, 0));
    assert_eq!(skipped_first, Verdict::Wait);
    assert_eq!(failed_first, Verdict::UpstreamFailed);
    assert_eq!(verdict(TriggerRule::AllSuccess, &counts(&[End::Skipped, End::Failed], 0, 0)), Verdict::UpstreamFailed);
}

#[test]
fn a_task_all_of_whose_upstreams_are_removed_has_no_upstream() {
    for rule in ALL_RULES {
        assert_eq!(verdict(rule, &counts(&[], 0, 3)), Verdict::Met, "{rule:?}");
    }
}

#[test]
fn a_rule_is_called_as_in_a_dag_file() {
    for rule in ALL_RULES {
        assert_eq!(serde_json::to_value(rule).unwrap(), word(rule));
    }
}
