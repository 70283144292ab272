//! Keys of pools, limits, weights and the past.

use crate::ids::TaskIx;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_assert_eq, proptest};

use super::{found, hint, warned};
use crate::dag::model::{Dag, PastRule, WeightRule};
use crate::dag::testing::checked;

fn dag(text: &str) -> Dag {
    let checked = checked(text);
    assert_eq!(checked.diagnostics, []);
    checked.dag.unwrap()
}

/// Two tasks: the first says nothing, the second this.
fn two(top: &str, task: &str) -> String {
    format!("id = 'x'\n{top}\n[tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\n{task}\n")
}

#[test]
fn without_a_word_a_task_takes_one_slot_of_the_default_pool_and_minds_no_past() {
    let dag = dag(&two("", ""));
    let task = &dag.tasks[0];
    assert_eq!((task.terms.pool.as_str(), task.terms.pool_slots), ("default_pool", 1));
    assert_eq!((task.terms.max_active_tis_per_dag, task.terms.max_active_tis_per_dagrun), (None, None));
    assert_eq!((task.terms.weight_rule, task.terms.past), (WeightRule::Downstream, PastRule::Ignored));
    assert_eq!(dag.settings.max_consecutive_failed_dag_runs, 0);
}

#[test]
fn limits_may_stand_in_defaults_and_in_tasks() {
    let top = "max_consecutive_failed_dag_runs = 3\n[defaults]\npool = 'gpu'\npool_slots = 2\nweight_rule = 'upstream'\n\
        max_active_tis_per_dag = 4\nmax_active_tis_per_dagrun = 5\ndepends_on_past = true";
    let task = "pool = 'db'\npool_slots = 1\nweight_rule = 'absolute'\nmax_active_tis_per_dag = 1\n\
        max_active_tis_per_dagrun = 2\ndepends_on_past = false";
    let dag = dag(&two(top, task));
    let (a, b) = (&dag.tasks[0], &dag.tasks[1]);
    assert_eq!((a.terms.pool.as_str(), a.terms.pool_slots, a.terms.weight_rule), ("gpu", 2, WeightRule::Upstream));
    assert_eq!((b.terms.pool.as_str(), b.terms.pool_slots, b.terms.weight_rule), ("db", 1, WeightRule::Absolute));
    assert_eq!((a.terms.max_active_tis_per_dag, a.terms.max_active_tis_per_dagrun), (Some(4), Some(5)));
    assert_eq!((b.terms.max_active_tis_per_dag, b.terms.max_active_tis_per_dagrun), (Some(1), Some(2)));
    assert_eq!((a.terms.past, b.terms.past), (PastRule::SameTask, PastRule::Ignored));
    assert_eq!(dag.settings.max_consecutive_failed_dag_runs, 3);
}

#[test]
fn waiting_for_downstream_includes_depending_on_the_past() {
    let past = |top: &str, task: &str| dag(&two(top, task)).tasks[1].terms.past;
    assert_eq!(past("", "wait_for_downstream = true"), PastRule::WithDownstream);
    assert_eq!(past("[defaults]\nwait_for_downstream = true", "wait_for_downstream = false"), PastRule::Ignored);
    let both = "[defaults]\nwait_for_downstream = true\ndepends_on_past = true";
    assert_eq!(past(both, "wait_for_downstream = false"), PastRule::SameTask);
    let text = two("", "wait_for_downstream = true\ndepends_on_past = false");
    let message = "`depends_on_past = false` does nothing where `wait_for_downstream` is true: that includes it";
    assert_eq!(warned(&text), [(8, "depends_on_past".to_owned(), message.to_owned())]);
    assert_eq!(hint(&text), "leave it out, or set `wait_for_downstream = false` too");
}

#[test]
fn limits_that_would_let_nothing_run_are_refused() {
    for key in ["pool_slots", "max_active_tis_per_dag", "max_active_tis_per_dagrun"] {
        let found = found(&two("", &format!("{key} = 0")));
        assert_eq!(found, [(7, "0".to_owned(), "0 is less than 1".to_owned())], "{key}");
    }
}

#[test]
fn a_pools_name_has_the_characters_of_an_id() {
    let text = two("", "pool = 'my pool'");
    let found = found(&text);
    assert_eq!((found.len(), found[0].0, found[0].1.as_str()), (1, 7, "'my pool'"));
    assert!(found[0].2.starts_with("`my pool` cannot be a pool's name: ` ` does not belong"), "{}", found[0].2);
    assert_eq!(hint(&text), "without a `pool`, a task takes its slots from `default_pool`");
}

#[test]
fn a_dag_names_no_more_pools_than_a_run_can_wait_for() {
    let tasks: String = (0..101).map(|at| format!("[tasks.t{at}]\nplugin = 'noop'\npool = 'p{at}'\n")).collect();
    let message = "the tasks of a DAG name at most 100 pools".to_owned();
    assert_eq!(found(&format!("id = 'x'\n{tasks}")), [(304, "'p100'".to_owned(), message)]);
}

#[test]
fn an_unknown_weight_rule_gets_a_hint() {
    assert_eq!(hint(&two("", "weight_rule = 'downstrem'")), "did you mean `downstream`?");
}

fn weights(text: &str) -> Vec<i32> {
    dag(text).tasks.iter().map(|task| task.effective_weight).collect()
}

#[test]
fn a_diamond_counts_its_end_once() {
    let diamond = |rule: &str| {
        let tasks: String = ["a", "b", "c", "d"].iter().map(|id| format!("[tasks.{id}]\nplugin = 'noop'\n")).collect();
        weights(&format!("id = 'x'\nflow = 'a >> [b, c] >> d'\n[defaults]\nweight_rule = '{rule}'\n{tasks}"))
    };
    assert_eq!(diamond("downstream"), [4, 2, 2, 1]);
    assert_eq!(diamond("upstream"), [1, 2, 2, 4]);
    assert_eq!(diamond("absolute"), [1, 1, 1, 1]);
}

#[test]
fn weights_stay_within_32_bits() {
    let sum = |weight: i32| {
        weights(&format!(
            "id = 'x'\nflow = 'a >> b'\n[defaults]\npriority_weight = {weight}\n[tasks.a]\nplugin = 'noop'\n[tasks.b]\nplugin = 'noop'\n"
        ))
    };
    assert_eq!(sum(2_000_000_000), [i32::MAX, 2_000_000_000]);
    assert_eq!(sum(-2_000_000_000), [i32::MIN, -2_000_000_000]);
}

/// Tasks with a weight and a rule, each after some of those before it. Many at times, so that there are many chunks.
fn tasks() -> impl Strategy<Value = Vec<(i32, u8, Vec<usize>)>> {
    let task = (-9_i32..100, 0_u8..3, vec(0_usize..1500, 0..3));
    proptest::prop_oneof![4 => vec(task.clone(), 1..12), 1 => vec(task, 1000..1500)]
}

fn file(tasks: &[(i32, u8, Vec<usize>)]) -> String {
    let rules = ["downstream", "upstream", "absolute"];
    let tasks = tasks.iter().enumerate().map(|(at, (weight, rule, after))| {
        let after: BTreeSet<String> =
            after.iter().filter(|_| at > 0).map(|up| format!("'t{}'", up % at.max(1))).collect();
        let after = after.into_iter().collect::<Vec<_>>().join(", ");
        let rule = rules[usize::from(*rule)];
        format!(
            "[tasks.t{at}]\nplugin = 'noop'\npriority_weight = {weight}\nweight_rule = '{rule}'\nafter = [{after}]\n"
        )
    });
    format!("id = 'x'\n{}", tasks.collect::<String>())
}

/// Its own weight and that of all that can be walked to, each once.
fn walked(dag: &Dag, from: usize) -> i64 {
    let next = match dag.tasks[from].terms.weight_rule {
        WeightRule::Downstream => &dag.edges.downstream,
        WeightRule::Upstream => &dag.edges.upstream,
        WeightRule::Absolute => return dag.tasks[from].terms.priority_weight.into(),
    };
    let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = open.pop() {
        open.extend(next.of(TaskIx(at as u32)).iter().map(|next| next.index()).filter(|next| seen.insert(*next)));
    }
    seen.iter().map(|at| i64::from(dag.tasks[*at].terms.priority_weight)).sum()
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
    #[test]
    fn effective_weights_are_what_walking_the_dag_adds_up_to(tasks in tasks()) {
        let dag = dag(&file(&tasks));
        let (found, expected): (Vec<_>, Vec<_>) =
            (0..tasks.len()).map(|at| (i64::from(dag.tasks[at].effective_weight), walked(&dag, at))).unzip();
        prop_assert_eq!(found, expected);
    }
}
