use super::play::{Play, RUN, broken, ok, snapshot, task};
use super::spec::{Spec, TaskSpec, ix};
use crate::ids::TaskId;
use crate::lifecycle::instance::Instance;
use crate::lifecycle::state::{RunState, TaskState};
use crate::planner::{Event, rebase};

fn named(id: &str, state: TaskState, try_number: u32) -> (TaskId, Instance) {
    (id.parse().unwrap(), Instance { state, try_number, ..Instance::new(0) })
}

#[test]
fn a_run_moved_to_another_version_keeps_what_stayed_begins_what_is_new_and_removes_what_is_gone() {
    let old = [
        named("kept", TaskState::Success, 1),
        named("gone", TaskState::None, 0),
        named("gone_done", TaskState::Success, 1),
        named("failed", TaskState::Failed, 2),
    ];
    let new = Spec::new(vec![task("new", &[]), task("failed", &[0]), task("kept", &[])]).dag("dag");
    let moved = rebase(&old, &new);
    assert_eq!(moved.places, [Some(ix(2)), None, None, Some(ix(1))]);
    assert_eq!(moved.removed, [ix(1)]);
    let states: Vec<(TaskState, u32)> = moved.instances.iter().map(|i| (i.state, i.try_number)).collect();
    assert_eq!(states, [(TaskState::None, 0), (TaskState::Failed, 2), (TaskState::Success, 1)]);
}

#[test]
fn a_task_that_comes_back_or_had_not_begun_has_the_new_versions_retries() {
    let old = [named("back", TaskState::Removed, 3), named("fresh", TaskState::None, 0)];
    let retried = |id| TaskSpec { retries: 4, ..task(id, &[]) };
    let moved = rebase(&old, &Spec::new(vec![retried("back"), retried("fresh")]).dag("dag"));
    assert_eq!((moved.instances[0].state, moved.instances[0].max_tries), (TaskState::None, 8));
    assert_eq!((moved.instances[1].state, moved.instances[1].max_tries), (TaskState::None, 5));
}

#[test]
fn a_failed_run_is_resumed_in_another_process_on_another_version() {
    let old = Spec::new(vec![task("a", &[]), task("b", &[0])]);
    let mut play = Play::with(old, super::play::ROOMY);
    play.ends("a", ok());
    play.ends("b", broken());
    let kept = [("a", play.instance("a")), ("b", play.instance("b"))];
    let kept: Vec<(TaskId, Instance)> = kept.iter().map(|(id, i)| (id.parse().unwrap(), (*i).clone())).collect();

    let new = Spec::new(vec![task("a", &[]), task("extra", &[0]), task("b", &[1])]);
    let mut resumed = snapshot(1, &new);
    resumed.state = RunState::Failed;
    resumed.instances = rebase(&kept, &resumed.dag).instances;
    let mut next = Play::load(new, resumed, super::play::ROOMY);
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
    let mut play = Play::with(old, super::play::ROOMY);
    play.ends("a", ok());
    let kept: Vec<(TaskId, Instance)> = vec![("a".parse().unwrap(), play.instance("a").clone())];
    let new = Spec::new(vec![task("a", &[]), task("extra", &[0])]);
    let mut resumed = snapshot(1, &new);
    resumed.state = RunState::Success;
    resumed.instances = rebase(&kept, &resumed.dag).instances;
    let mut next = Play::load(new, resumed, super::play::ROOMY);
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
    let mut play = Play::load(spec, kept, super::play::ROOMY);
    play.ends("a", ok());
    assert_eq!(play.states(), ["success", "removed", "running"]);
}

#[test]
fn a_failed_task_below_which_all_is_removed_is_a_leaf() {
    let spec = Spec::new(vec![task("a", &[]), task("gone", &[0])]);
    let mut kept = snapshot(1, &spec);
    kept.state = RunState::Running;
    kept.instances = vec![Instance::new(0), Instance { state: TaskState::Removed, ..Instance::new(0) }];
    let mut play = Play::load(spec, kept, super::play::ROOMY);
    play.ends("a", broken());
    assert_eq!(play.run_state(), RunState::Failed);
}
