use super::play::{Play, RUN, broken, ok, snapshot, task};
use super::spec::{Spec, TaskSpec, ix};
use crate::ids::{TaskId, TaskIx};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Event, Gone, rebase};

fn named(at: usize, id: &str, state: TaskState, try_number: u32) -> (TaskIx, TaskId, Instance) {
    (ix(at), id.parse().unwrap(), Instance { state, try_number, ..Instance::new(0) })
}

fn kept(play: &Play, ids: &[&str]) -> Vec<(TaskIx, TaskId, Instance)> {
    ids.iter().zip(0..).map(|(id, at)| (ix(at), id.parse().unwrap(), play.instance(id).clone())).collect()
}

#[test]
fn a_run_moved_to_another_version_keeps_what_stayed_begins_what_is_new_and_removes_what_is_gone() {
    let old = [
        named(0, "kept", TaskState::Success, 1),
        named(1, "gone", TaskState::None, 0),
        named(2, "gone_done", TaskState::Success, 1),
        named(3, "failed", TaskState::Failed, 2),
    ];
    let new = Spec::new(vec![task("new", &[]), task("failed", &[0]), task("kept", &[])]).dag("dag");
    let moved = rebase(&old, &new);
    let from: Vec<_> = moved.carried.iter().map(|carried| (carried.from, carried.begins)).collect();
    assert_eq!(from, [(None, true), (Some(ix(3)), false), (Some(ix(0)), false)]);
    assert_eq!(moved.gone, [Gone { from: ix(1), remove: true }, Gone { from: ix(2), remove: false }]);
    let states: Vec<(TaskState, u32)> = moved.instances().map(|i| (i.state, i.try_number)).collect();
    assert_eq!(states, [(TaskState::None, 0), (TaskState::Failed, 2), (TaskState::Success, 1)]);
}

#[test]
fn a_task_that_comes_back_or_had_not_begun_has_the_new_versions_retries() {
    let old = [named(0, "back", TaskState::Removed, 3), named(1, "fresh", TaskState::None, 0)];
    let retried = |id| TaskSpec { retries: 4, ..task(id, &[]) };
    let moved = rebase(&old, &Spec::new(vec![retried("back"), retried("fresh")]).dag("dag"));
    let begin: Vec<_> = moved.carried.iter().map(|c| (c.begins, c.instance.state, c.instance.max_tries)).collect();
    assert_eq!(begin, [(true, TaskState::None, 8), (true, TaskState::None, 5)]);
}

#[test]
fn a_failed_run_is_resumed_in_another_process_on_another_version() {
    let old = Spec::new(vec![task("a", &[]), task("b", &[0])]);
    let mut play = Play::with(old, super::play::roomy());
    play.ends("a", ok());
    play.ends("b", broken());
    let kept = kept(&play, &["a", "b"]);

    let new = Spec::new(vec![task("a", &[]), task("extra", &[0]), task("b", &[1])]);
    let mut resumed = snapshot(1, &new);
    resumed.state = RunState::Failed;
    resumed.instances = rebase(&kept, &resumed.dag).instances().cloned().collect();
    let mut next = Play::load(new, resumed, super::play::roomy());
    assert!(next.last.is_empty());
    next.apply(Event::Clear { run: RUN, tasks: vec![ix(2)] });
    assert_eq!(next.states(), ["success", "running", "none"]);
    next.ends("extra", ok());
    next.ends("b", ok());
    assert_eq!(next.run_state(), RunState::Success);
}

#[test]
fn a_finished_run_begins_again_for_a_task_that_is_new() {
    let old = Spec::new(vec![task("a", &[])]);
    let mut play = Play::with(old, super::play::roomy());
    play.ends("a", ok());
    let kept = kept(&play, &["a"]);
    let new = Spec::new(vec![task("a", &[]), task("extra", &[0])]);
    let mut resumed = snapshot(1, &new);
    resumed.state = RunState::Success;
    resumed.instances = rebase(&kept, &resumed.dag).instances().cloned().collect();
    let mut next = Play::load(new, resumed, super::play::roomy());
    next.apply(Event::Clear { run: RUN, tasks: vec![ix(1)] });
    assert_eq!(next.states(), ["success", "running"]);
    next.ends("extra", ok());
    assert_eq!(next.run_state(), RunState::Success);
}

#[test]
fn a_removed_task_counts_as_if_its_edges_were_absent() {
    let spec = Spec::new(vec![task("a", &[]), task("gone", &[0]), task("b", &[0, 1])]);
    let mut kept = snapshot(1, &spec);
    kept.state = RunState::Running;
    kept.instances = vec![Instance::new(0), Instance { state: TaskState::Removed, ..Instance::new(0) }];
    let mut play = Play::load(spec, kept, super::play::roomy());
    play.ends("a", ok());
    assert_eq!(play.states(), ["success", "removed", "running"]);
}

#[test]
fn a_failed_task_below_which_all_is_removed_is_a_leaf() {
    let spec = Spec::new(vec![task("a", &[]), task("gone", &[0])]);
    let mut kept = snapshot(1, &spec);
    kept.state = RunState::Running;
    kept.instances = vec![Instance::new(0), Instance { state: TaskState::Removed, ..Instance::new(0) }];
    let mut play = Play::load(spec, kept, super::play::roomy());
    play.ends("a", broken());
    assert_eq!(play.run_state(), RunState::Failed);
}
