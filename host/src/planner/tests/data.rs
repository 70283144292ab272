use serde_json::json;

use super::play::{Play, broken, done, ok, output, skips, task};
use super::spec::TaskSpec;
use crate::dag::model::TriggerRule;
use crate::lifecycle::change::TaskStep;
use crate::lifecycle::state::TaskState;
use crate::planner::{Event, seed};

fn needs(id: &str, producers: &[usize]) -> TaskSpec {
    TaskSpec { required: producers.to_vec(), ..TaskSpec::new(id) }
}

fn ruled(rule: TriggerRule, spec: TaskSpec) -> TaskSpec {
    TaskSpec { rule, ..spec }
}

#[test]
fn an_upstreams_end_and_its_downstreams_start_are_one_decision_with_one_time() {
    let mut play = Play::new(vec![task("a", &[]), task("b", &[0])]);
    let now = play.now;
    let decision = play.ends("a", ok());
    assert!(decision.changes.iter().all(|change| match change {
        crate::lifecycle::change::Change::Task(change) => change.at == now,
        crate::lifecycle::change::Change::Run(change) => change.at == now,
        crate::lifecycle::change::Change::Call(call) => call.at == now,
    }));
    assert!(matches!(play.steps("a")[..], [TaskStep::Succeed(_)]));
    assert!(matches!(
        play.steps("b")[..],
        [TaskStep::Schedule { try_number: 1 }, TaskStep::Queue, TaskStep::Start { start_number: 1, .. }]
    ));
    assert_eq!(play.launched(), ["b"]);
}

#[test]
fn a_try_is_given_files_values_params_and_a_seed_of_its_names() {
    let mut last = needs("last", &[0]);
    last.optional = vec![1];
    last.values = vec![1];
    last.templates = vec![0];
    last.rule = TriggerRule::AllDone;
    let mut play = Play::new(vec![task("a", &[]), task("b", &[]), last]);
    play.ends("a", done(json!({ "x": 5 })));
    play.ends("b", ok());
    let given = play.launch("last").invocation.clone();
    let ports: Vec<&str> = given.inputs.iter().map(|input| input.port.as_str()).collect();
    assert_eq!(ports, ["in0", "opt1"]);
    assert_eq!(given.inputs[0].artifact, output().artifact);
    assert_eq!(given.inputs[0].media_type.as_deref(), Some("text/plain"));
    assert_eq!((given.values[0].name.as_str(), &given.values[0].value), ("val1", &json!({ "x": 1 })));
    assert_eq!(given.params, json!({ "p0": 5 }));
    let launch = play.launch("last");
    assert_eq!(given.seed, seed(&launch.dag_id, &launch.task_id));
    assert!(launch.pure);
}

#[test]
fn the_seed_is_the_documented_hash() {
    let mut bytes = Vec::new();
    for text in ["dag", "a"] {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend((-1_i64).to_le_bytes());
    let hash = blake3::hash(&bytes);
    let expected = u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap());
    assert_eq!(seed(&"dag".parse().unwrap(), &"a".parse().unwrap()), expected);
}

#[test]
fn an_input_whose_producer_did_not_succeed_is_absent() {
    let mut last = ruled(TriggerRule::AllDone, TaskSpec::new("last"));
    last.optional = vec![0];
    last.values = vec![1];
    let mut play = Play::new(vec![task("a", &[]), task("b", &[]), last]);
    play.ends("a", broken());
    play.ends("b", skips());
    let given = &play.launch("last").invocation;
    assert!(given.inputs.is_empty() && given.values.is_empty());
}

#[test]
fn a_required_input_that_cannot_come_makes_upstream_failed_and_names_the_port_without_a_try() {
    let mut play = Play::new(vec![task("a", &[]), ruled(TriggerRule::AllDone, needs("b", &[0]))]);
    play.ends("a", skips());
    assert_eq!((play.state("b"), play.instance("b").try_number), (TaskState::UpstreamFailed, 0));
    assert_eq!(play.why("b"), "missing-input: input `in0` needs `a.out`, but `a` is skipped");
}

#[test]
fn a_required_input_that_its_successful_producer_did_not_publish_is_missing_too() {
    let mut play = Play::new(vec![task("a", &[]), needs("b", &[0])]);
    let mut report = play.report("a", ok());
    report.outputs.clear();
    play.apply(Event::TaskEnded(Box::new(report)));
    assert_eq!(play.why("b"), "missing-input: input `in0` needs `a.out`, but `a` published nothing there");
}

#[test]
fn a_rule_that_is_met_early_still_waits_for_the_producers_of_required_inputs_and_template_values() {
    let mut play = Play::new(vec![
        task("quick", &[]),
        task("slow", &[]),
        ruled(TriggerRule::OneSuccess, TaskSpec { after: vec![0], ..needs("file", &[1]) }),
        ruled(TriggerRule::OneSuccess, TaskSpec { templates: vec![1], ..task("value", &[0]) }),
        ruled(TriggerRule::OneSuccess, TaskSpec { optional: vec![1], ..task("optional", &[0]) }),
    ]);
    play.ends("quick", ok());
    assert_eq!(play.launched(), ["optional"]);
    assert!(play.launch("optional").invocation.inputs.is_empty());
    play.ends("slow", ok());
    assert_eq!(play.launched(), ["file", "value"]);
}

#[test]
fn always_with_a_required_input_waits_for_it() {
    let mut play = Play::new(vec![task("a", &[]), ruled(TriggerRule::Always, needs("b", &[0]))]);
    assert_eq!(play.launched(), ["a"]);
    play.ends("a", broken());
    assert_eq!(play.state("b"), TaskState::UpstreamFailed);
}

#[test]
fn the_rule_speaks_before_the_data() {
    let mut play = Play::new(vec![task("a", &[]), needs("b", &[0])]);
    play.ends("a", skips());
    assert_eq!(play.state("b"), TaskState::Skipped);
}

#[test]
fn params_that_cannot_be_rendered_or_do_not_fit_fail_for_good_without_a_try() {
    for (value, code) in [(json!({}), "template"), (json!({ "x": -1 }), "params")] {
        let last = TaskSpec { templates: vec![0], retries: 3, ..TaskSpec::new("b") };
        let mut play = Play::new(vec![task("a", &[]), last]);
        play.ends("a", done(value));
        assert_eq!((play.state("b"), play.instance("b").try_number), (TaskState::Failed, 0));
        assert!(play.why("b").starts_with(code), "{}", play.why("b"));
        assert_eq!(play.steps("b").len(), 1);
    }
}

#[test]
fn a_template_value_whose_task_did_not_succeed_cannot_come() {
    let last = ruled(TriggerRule::AllDone, TaskSpec { templates: vec![0], ..TaskSpec::new("b") });
    let mut play = Play::new(vec![task("a", &[]), last]);
    play.ends("a", broken());
    assert_eq!(play.why("b"), "missing-value: its params need `values.a`, but `a` is failed");
}

#[test]
fn a_retry_whose_producer_was_cleared_waits_for_it() {
    let flaky = TaskSpec { retries: 1, ..needs("b", &[0]) };
    let mut play = Play::new(vec![task("a", &[]), flaky]);
    play.ends("a", ok());
    play.ends("b", super::play::flaky());
    play.apply(Event::Clear { run: super::play::RUN, tasks: vec![super::spec::ix(0)] });
    play.after(60);
    assert_eq!(play.states(), ["running", "scheduled"]);
    play.ends("a", ok());
    assert_eq!(play.states(), ["success", "running"]);
}

#[test]
fn a_retry_whose_producer_was_cleared_and_then_failed_is_upstream_failed() {
    let flaky = TaskSpec { retries: 1, ..needs("b", &[0]) };
    let mut play = Play::new(vec![task("a", &[]), flaky]);
    play.ends("a", ok());
    play.ends("b", super::play::flaky());
    play.apply(Event::Clear { run: super::play::RUN, tasks: vec![super::spec::ix(0)] });
    play.after(60);
    play.ends("a", broken());
    assert_eq!(play.states(), ["failed", "upstream_failed"]);
}
