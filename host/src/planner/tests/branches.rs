use super::play::{Play, broken, chooses, ok, skips, task};
use super::spec::TaskSpec;
use crate::dag::model::TriggerRule;
use crate::lifecycle::state::{RunState, TaskState};

fn branch(id: &str, after: &[usize]) -> TaskSpec {
    TaskSpec { may_branch: true, ..task(id, after) }
}

fn ruled(rule: TriggerRule, spec: TaskSpec) -> TaskSpec {
    TaskSpec { rule, ..spec }
}

#[test]
fn choosing_a_leaves_the_join_below_both_alone() {
    let join = ruled(TriggerRule::NoneFailedMinOneSuccess, task("join", &[0, 1]));
    let mut play = Play::new(vec![branch("pick", &[]), task("a", &[0]), join, task("b", &[0])]);
    play.ends("pick", chooses(&["a"]));
    assert_eq!(play.states(), ["success", "running", "none", "skipped"]);
    assert_eq!(play.why("b"), "not chosen by `pick`");
    play.ends("a", ok());
    play.ends("join", ok());
    assert_eq!(play.run_state(), RunState::Success);
}

#[test]
fn what_is_not_chosen_is_skipped_whatever_its_rule() {
    let rules = [TriggerRule::Always, TriggerRule::AllDone, TriggerRule::OneSuccess, TriggerRule::NoneSkipped];
    for rule in rules {
        let mut play = Play::new(vec![branch("pick", &[]), task("a", &[0]), ruled(rule, task("b", &[0]))]);
        play.ends("pick", chooses(&["a"]));
        assert_eq!(play.state("b"), TaskState::Skipped, "{rule:?}");
    }
}

#[test]
fn an_empty_choice_skips_all() {
    let mut play = Play::new(vec![branch("pick", &[]), task("a", &[0]), task("b", &[0]), task("c", &[1])]);
    play.ends("pick", chooses(&[]));
    assert_eq!(play.states(), ["success", "skipped", "skipped", "skipped"]);
    assert_eq!(play.run_state(), RunState::Success);
}

#[test]
fn done_from_a_task_that_may_branch_lets_all_go_on() {
    let mut play = Play::new(vec![branch("pick", &[]), task("a", &[0]), task("b", &[0])]);
    play.ends("pick", ok());
    assert_eq!(play.launched(), ["a", "b"]);
}

#[test]
fn directly_below_a_possible_branch_even_early_rules_and_always_wait() {
    let early = [TriggerRule::Always, TriggerRule::OneSuccess, TriggerRule::OneDone];
    for rule in early {
        let mut play = Play::new(vec![branch("pick", &[]), task("other", &[]), ruled(rule, task("x", &[0, 1]))]);
        play.ends("other", ok());
        assert_eq!(play.state("x"), TaskState::None, "{rule:?}");
        play.ends("pick", chooses(&["x"]));
        assert_eq!(play.state("x"), TaskState::Running, "{rule:?}");
    }
}

#[test]
fn a_verdict_against_a_task_waits_for_a_branch_that_might_leave_it_out() {
    let tasks = || vec![branch("pick", &[]), task("other", &[]), task("x", &[0, 1]), task("y", &[0])];
    let mut play = Play::new(tasks());
    play.ends("other", broken());
    assert_eq!(play.state("x"), TaskState::None);
    play.ends("pick", chooses(&["y"]));
    assert_eq!(play.state("x"), TaskState::Skipped);
    let mut play = Play::new(tasks());
    play.ends("other", broken());
    play.ends("pick", chooses(&["x"]));
    assert_eq!(play.state("x"), TaskState::UpstreamFailed);
}

#[test]
fn a_branch_that_failed_or_was_skipped_chose_nothing_and_leaves_nobody_out() {
    let all_done = || ruled(TriggerRule::AllDone, task("x", &[0]));
    let mut play = Play::new(vec![branch("pick", &[]), all_done()]);
    play.ends("pick", broken());
    assert_eq!(play.state("x"), TaskState::Running);
    let mut play = Play::new(vec![branch("pick", &[]), all_done()]);
    play.ends("pick", skips());
    assert_eq!(play.state("x"), TaskState::Running);
}

#[test]
fn labels_stand_for_the_tasks_that_the_dag_maps_them_to() {
    let mut pick = branch("pick", &[]);
    pick.labels = [("both".to_owned(), vec![1, 2])].into();
    let mut play = Play::new(vec![pick, task("a", &[0]), task("b", &[0]), task("c", &[0])]);
    play.ends("pick", chooses(&["both"]));
    assert_eq!(play.states(), ["success", "running", "running", "skipped"]);
}

#[test]
fn an_unknown_label_fails_the_branch_for_good_and_names_the_labels() {
    let mut pick = TaskSpec { retries: 5, ..branch("pick", &[]) };
    pick.labels = [("left".to_owned(), vec![1])].into();
    let mut play = Play::new(vec![pick, task("a", &[0]), task("b", &[1])]);
    play.ends("pick", chooses(&["left", "up", "b"]));
    assert_eq!(play.states(), ["failed", "upstream_failed", "upstream_failed"]);
    let why = play.why("pick");
    assert!(why.contains("it chose `up`, `b`") && why.contains("`left`, `a`"), "{why}");
}

#[test]
fn a_branch_from_a_plugin_that_may_not_is_a_permanent_failure() {
    let mut play = Play::new(vec![TaskSpec { retries: 5, ..task("pick", &[]) }, task("a", &[0])]);
    play.ends("pick", chooses(&["a"]));
    assert_eq!(play.states(), ["failed", "upstream_failed"]);
    assert!(play.why("pick").starts_with("may-not-branch"), "{}", play.why("pick"));
}

#[test]
fn a_branch_that_is_cleared_chooses_anew() {
    let mut play = Play::new(vec![branch("pick", &[]), task("a", &[0]), task("b", &[0])]);
    play.ends("pick", chooses(&["a"]));
    play.ends("a", ok());
    assert_eq!(play.run_state(), RunState::Success);
    play.apply(crate::planner::Event::Clear { run: super::play::RUN, tasks: [0, 1, 2].map(super::spec::ix).to_vec() });
    assert_eq!(play.states(), ["running", "none", "none"]);
    play.ends("pick", chooses(&["b"]));
    assert_eq!(play.states(), ["success", "skipped", "running"]);
}
