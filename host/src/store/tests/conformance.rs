//! What every store must do.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::contract::{ArtifactKind, ArtifactRef, Invocation, Output, Problem};
use crate::ids::{DagId, Digest, InstanceKey, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::change::{Change, RunChange, RunStep, SkipCause, Success, TaskChange, TaskResult, TaskStep};
use crate::lifecycle::instance::Instance;
use crate::lifecycle::launch::{RunDates, Usage};
use crate::lifecycle::state::{RunState, TaskState};
use crate::registry::PluginUser;
use crate::store::{
    DagVersion, GoneInstance, InstanceRecord, MovedInstance, NewInstance, NewRun, ProcessId, ProcessKind, Rebase,
    RunFilter, RunType, Seen, Store, StoreError, Verdict,
};

use super::{callbacks, served};

pub(super) const TASKS: usize = 3;

type Opened = (Box<dyn Store>, Box<dyn Any>);

pub(super) fn all(open: &dyn Fn() -> Opened) {
    for check in [
        steps_are_kept_as_the_lifecycle_says,
        a_change_that_finds_another_state_is_refused_by_itself,
        a_stale_start_number_is_refused,
        another_process_cannot_change_a_run,
        a_taken_run_id_gets_a_suffix,
        a_logical_date_exists_once_over_scheduled_runs,
        an_abandoned_run_is_failed_and_its_tasks_end,
        a_rebased_run_keeps_adds_and_removes,
        an_unfinished_run_is_not_rebased,
        a_run_that_was_moved_meanwhile_is_not_rebased,
        earlier_tries_stay,
        a_cleared_try_stays_however_often_it_is_cleared,
        runs_are_listed_newest_first,
        served::a_server_takes_over_the_unfinished_runs_of_those_before_it_and_no_others,
        served::a_paused_dag_keeps_its_reason_until_the_pause_ends,
        served::runs_that_failed_in_a_row_are_counted,
        served::a_dag_is_served_until_its_file_is_gone,
        served::the_last_scheduled_run_and_the_run_before_another_are_found,
        served::import_errors_are_kept_until_the_file_is_right,
        served::a_backfill_has_its_runs_in_their_order_until_it_ends,
        served::pools_are_kept,
        served::old_runs_are_removed_but_for_those_that_are_to_stay,
        callbacks::a_callback_is_recorded_with_the_change_before_it_or_not_at_all,
        callbacks::the_run_of_a_callback_is_made_once,
        callbacks::a_callback_that_can_have_no_run_says_why,
        callbacks::open_callbacks_are_found_by_their_process_and_by_others_once_it_is_over,
        callbacks::a_missed_deadline_is_kept_until_the_run_begins_again,
        callbacks::the_runs_of_callbacks_go_with_what_they_are_about_and_keep_it_till_they_end,
        dags_and_versions_are_kept,
    ] {
        let (store, _folder) = open();
        check(store.as_ref());
    }
}

pub(super) struct Made {
    pub(super) run: RunKey,
    pub(super) run_id: RunId,
    pub(super) process: ProcessId,
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + second).unwrap()
}

pub(super) fn dag_id() -> DagId {
    DagId::new("some.dag").unwrap()
}

pub(super) fn version(source: &str) -> DagVersion {
    DagVersion {
        digest: Digest::of(source.as_bytes()),
        dag_id: dag_id(),
        source: source.into(),
        folder: "/some/folder".into(),
        plugins: [("p".to_owned(), Digest::of(b"component"))].into(),
    }
}

fn new_instance(task: &str) -> NewInstance {
    NewInstance {
        task_id: TaskId::new(task).unwrap(),
        max_tries: 1,
        component: Digest::of(b"component"),
        plugin: "p@0.1.0".into(),
    }
}

pub(super) fn new_run(process: ProcessId, run_type: RunType) -> NewRun {
    NewRun {
        dag_id: dag_id(),
        run_id: RunId::new("manual__one").unwrap(),
        run_type,
        version: version("first").digest,
        owner: process,
        dates: RunDates { logical_date: Some(at(0)), data_interval: Some((at(0), at(60))), run_after: at(0) },
        inputs: Default::default(),
        tasks: ["a", "b", "c"].map(new_instance).into(),
        now: at(1),
    }
}

pub(super) fn a_run(store: &dyn Store) -> Made {
    let process = store.enter_process(ProcessKind::Run, 1, at(0)).unwrap();
    store.keep_dag_version(&version("first"), Seen::Nowhere, at(0)).unwrap();
    let (run, run_id) = store.create_run(&new_run(process, RunType::Manual)).unwrap();
    Made { run, run_id, process }
}

/// Makes a DAG or a run that uses the component.
pub(super) fn use_component(store: &dyn Store, component: Digest, user: &PluginUser) {
    let (dag_id, run_id) = match user {
        PluginUser::Dag(dag) => (dag, None),
        PluginUser::Run(dag, run) => (dag, Some(run)),
    };
    let source = format!("{user} uses {component}");
    let kept = DagVersion { dag_id: dag_id.clone(), plugins: [("p".to_owned(), component)].into(), ..version(&source) };
    let seen = if run_id.is_none() { Seen::Served("/some/folder/dag.toml".into()) } else { Seen::Nowhere };
    store.keep_dag_version(&kept, seen, at(0)).unwrap();
    if let Some(run_id) = run_id {
        let process = store.enter_process(ProcessKind::Run, 1, at(0)).unwrap();
        let run = NewRun {
            dag_id: dag_id.clone(),
            run_id: run_id.clone(),
            version: kept.digest,
            ..new_run(process, RunType::Manual)
        };
        store.create_run(&run).unwrap();
    }
}

pub(super) fn commit(store: &dyn Store, process: ProcessId, changes: Vec<Change>) -> Vec<Verdict> {
    store.commit(process, Arc::new(changes)).unwrap()
}

fn task_change(made: &Made, task: u32, model: &Instance, step: TaskStep) -> Change {
    Change::Task(TaskChange {
        instance: InstanceKey { run: made.run, task: TaskIx(task) },
        expect: model.state,
        expect_start: model.start_number,
        at: at(10),
        step,
    })
}

/// Performs the steps on the task, whatever they are, and gives what the lifecycle makes of them.
fn perform(store: &dyn Store, made: &Made, task: u32, steps: Vec<TaskStep>) -> Instance {
    let mut model = Instance::new(0);
    for step in steps {
        let change = task_change(made, task, &model, step.clone());
        assert_eq!(commit(store, made.process, vec![change]), [Verdict::Accepted], "{step:?}");
        model.record(&step);
    }
    model
}

fn success() -> Success {
    let artifact = ArtifactRef { digest: Digest::of(b"content"), kind: ArtifactKind::File, size_bytes: 7 };
    let outputs = vec![Output { port: "model".to_owned(), artifact, media_type: None }];
    Success {
        result: TaskResult { value: json!({"accuracy": 0.97}), chosen: None, outputs }.shared(),
        metrics: vec![("loss".to_owned(), 0.25)],
        usage: Usage {
            peak_memory_bytes: 5,
            traffic_bytes: 5,
            cpu_time_us: 6,
            fuel: Some(9),
            input_bytes: 8,
            output_bytes: 7,
            context_called: true,
        },
    }
}

fn start(number: u32) -> TaskStep {
    let invocation =
        Invocation { params: json!({}), inputs: vec![], values: vec![], seed: u64::MAX, resume: Some(json!([1])) };
    TaskStep::Start { invocation: Arc::new(invocation), start_number: number }
}

fn problem() -> Problem {
    Problem::new("some-code", "something is wrong")
}

fn a_step() -> impl Strategy<Value = TaskStep> {
    let number = 1_u32..9;
    prop_oneof![
        number.clone().prop_map(|try_number| TaskStep::Schedule { try_number }),
        Just(TaskStep::Queue),
        number.clone().prop_map(start),
        Just(TaskStep::Succeed(Arc::new(success()))),
        Just(TaskStep::Fail { problem: problem(), usage: None }),
        Just(TaskStep::Skip { cause: SkipCause::Rule, reason: "not chosen".to_owned() }),
        Just(TaskStep::FailUpstream { problem: problem() }),
        Just(TaskStep::RetryLater { problem: problem(), due: at(20), usage: Usage::default() }),
        any::<bool>().prop_map(|some| TaskStep::Reschedule {
            due: at(30),
            state: some.then(|| json!({"seen": 1})),
            first_at: at(15)
        }),
        (number.clone(), number.clone()).prop_map(|(try_number, max_tries)| TaskStep::LoseHost {
            lost_hosts: try_number,
            try_number,
            max_tries
        }),
        (number.clone(), number.clone())
            .prop_map(|(try_number, max_tries)| TaskStep::HandBack { try_number, max_tries }),
        (number.clone(), number).prop_map(|(max_tries, clears)| TaskStep::Clear { max_tries, clears }),
        any::<bool>().prop_map(|success| TaskStep::Mark {
            state: if success { TaskState::Success } else { TaskState::Failed },
            reason: "a person".to_owned()
        }),
        Just(TaskStep::ClearLater),
        Just(TaskStep::Remove),
    ]
}

/// The parts of a record that the lifecycle knows.
fn known(record: &InstanceRecord) -> Instance {
    use crate::lifecycle::instance::Again;
    let again = record.rescheduled_at.map(|first_at| Box::new(Again { first_at, state: record.resume.clone() }));
    let result = record
        .value
        .clone()
        .map(|value| TaskResult { value, chosen: record.chosen.clone(), outputs: record.outputs.clone() }.shared());
    Instance {
        state: record.state,
        try_number: record.try_number,
        max_tries: record.max_tries,
        start_number: record.start_number,
        lost_hosts: record.lost_hosts,
        clears: record.clears,
        clearing: record.clearing,
        due: record.due,
        again,
        result,
    }
}

/// The step as it could happen to an instance like this one, recorded; `None` if it could not.
fn legal(model: &mut Instance, step: TaskStep) -> Option<TaskStep> {
    let from = model.state;
    let (fits, step) = match step {
        TaskStep::Schedule { .. } if from == TaskState::UpForReschedule => {
            (true, TaskStep::Schedule { try_number: model.try_number })
        }
        TaskStep::Schedule { .. } => (matches!(from, TaskState::None | TaskState::UpForRetry), step),
        TaskStep::Queue => (from == TaskState::Scheduled, step),
        TaskStep::Start { .. } => (from == TaskState::Queued, step),
        TaskStep::Succeed(_) | TaskStep::RetryLater { .. } | TaskStep::Reschedule { .. } | TaskStep::ClearLater => {
            (from == TaskState::Running, step)
        }
        TaskStep::LoseHost { .. } | TaskStep::HandBack { .. } => (from.is_active(), step),
        TaskStep::Fail { .. } | TaskStep::FailUpstream { .. } | TaskStep::Remove | TaskStep::Skip { .. } => {
            (!from.is_finished(), step)
        }
        TaskStep::Clear { .. } => (!from.is_active(), step),
        TaskStep::Mark { .. } => (true, step),
    };
    fits.then(|| {
        model.record(&step);
        step
    })
}

fn steps_are_kept_as_the_lifecycle_says(store: &dyn Store) {
    let made = a_run(store);
    let mut runner = TestRunner::new(proptest::test_runner::Config { cases: 64, ..Default::default() });
    runner
        .run(&proptest::collection::vec(a_step(), 1..80), |steps| {
            let (run, run_id) = store.create_run(&new_run(made.process, RunType::Manual)).unwrap();
            let made = Made { run, run_id, process: made.process };
            let mut model = Instance::new(0);
            let steps: Vec<_> = steps.into_iter().filter_map(|step| legal(&mut model, step)).collect();
            let model = perform(store, &made, 1, steps);
            let record = store.instances(made.run).unwrap().remove(1);
            assert_eq!(known(&record), model);
            Ok(())
        })
        .unwrap();
}

fn a_change_that_finds_another_state_is_refused_by_itself(store: &dyn Store) {
    let made = a_run(store);
    let fresh = Instance::new(0);
    let mut wrong = fresh.clone();
    wrong.state = TaskState::Running;
    let verdicts = commit(
        store,
        made.process,
        vec![
            task_change(&made, 0, &fresh, TaskStep::Schedule { try_number: 1 }),
            task_change(&made, 1, &wrong, TaskStep::Succeed(Arc::new(success()))),
            task_change(&made, 2, &fresh, TaskStep::Schedule { try_number: 1 }),
        ],
    );
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::Refused, Verdict::Accepted]);
    let states: Vec<_> = store.instances(made.run).unwrap().iter().map(|instance| instance.state).collect();
    assert_eq!(states, [TaskState::Scheduled, TaskState::None, TaskState::Scheduled]);
}

fn a_stale_start_number_is_refused(store: &dyn Store) {
    let made = a_run(store);
    let model = perform(store, &made, 0, vec![TaskStep::Schedule { try_number: 1 }, TaskStep::Queue, start(1)]);
    let mut stale = model;
    stale.start_number = 0;
    let late = task_change(&made, 0, &stale, TaskStep::Succeed(Arc::new(success())));
    assert_eq!(commit(store, made.process, vec![late]), [Verdict::Refused]);
}

fn another_process_cannot_change_a_run(store: &dyn Store) {
    let made = a_run(store);
    let other = store.enter_process(ProcessKind::Run, 2, at(0)).unwrap();
    let change = task_change(&made, 0, &Instance::new(0), TaskStep::Schedule { try_number: 1 });
    let run = Change::Run(RunChange { run: made.run, expect: RunState::Queued, at: at(2), step: RunStep::Start });
    assert_eq!(commit(store, other, vec![change.clone(), run.clone()]), [Verdict::Refused, Verdict::Refused]);
    assert_eq!(commit(store, made.process, vec![change, run]), [Verdict::Accepted, Verdict::Accepted]);
}

fn a_taken_run_id_gets_a_suffix(store: &dyn Store) {
    let made = a_run(store);
    let (_, second) = store.create_run(&new_run(made.process, RunType::Manual)).unwrap();
    let (_, third) = store.create_run(&new_run(made.process, RunType::Manual)).unwrap();
    assert_eq!([second.as_str(), third.as_str()], ["manual__one~2", "manual__one~3"]);
}

fn a_logical_date_exists_once_over_scheduled_runs(store: &dyn Store) {
    let made = a_run(store);
    store.create_run(&new_run(made.process, RunType::Scheduled)).unwrap();
    let error = store.create_run(&new_run(made.process, RunType::Backfill)).unwrap_err();
    assert!(matches!(error, StoreError::LogicalDateTaken { .. }), "{error:?}");
    store.create_run(&new_run(made.process, RunType::Manual)).unwrap();
}

fn an_abandoned_run_is_failed_and_its_tasks_end(store: &dyn Store) {
    let made = a_run(store);
    let begun = Change::Run(RunChange { run: made.run, expect: RunState::Queued, at: at(2), step: RunStep::Start });
    commit(store, made.process, vec![begun]);
    let to_start = || vec![TaskStep::Schedule { try_number: 1 }, TaskStep::Queue, start(1)];
    perform(store, &made, 0, [to_start(), vec![TaskStep::Succeed(Arc::new(success()))]].concat());
    perform(store, &made, 1, to_start());
    store.abandon_run(made.run, "its process ended", at(99)).unwrap();
    let run = store.run(made.run).unwrap().unwrap();
    assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some("its process ended")));
    let states: Vec<_> = store.instances(made.run).unwrap().iter().map(|instance| instance.state).collect();
    assert_eq!(states, [TaskState::Success, TaskState::Failed, TaskState::Skipped]);
    assert!(store.unfinished_runs(made.process).unwrap().is_empty());
}

fn a_rebased_run_keeps_adds_and_removes(store: &dyn Store) {
    let made = a_run(store);
    let whole = vec![TaskStep::Schedule { try_number: 1 }, TaskStep::Queue, start(1)];
    let done = TaskStep::Succeed(Arc::new(success()));
    perform(store, &made, 0, [whole.clone(), vec![done.clone()]].concat());
    perform(store, &made, 1, [whole, vec![done]].concat());
    store.abandon_run(made.run, "over", at(50)).unwrap();
    store.keep_dag_version(&version("second"), Seen::Nowhere, at(60)).unwrap();
    let owner = store.enter_process(ProcessKind::Run, 3, at(60)).unwrap();
    let rebase = to_second_version(&made, owner);
    store.rebase_run(made.run, &rebase, at(61)).unwrap();
    let found: Vec<_> = store
        .instances(made.run)
        .unwrap()
        .into_iter()
        .map(|instance| (instance.task.0, instance.task_id.to_string(), instance.state, instance.value.is_some()))
        .collect();
    let expected = [
        (0, "new".to_owned(), TaskState::None, false),
        (1, "b".to_owned(), TaskState::Success, true),
        (2, "c".to_owned(), TaskState::None, false),
        (3, "a".to_owned(), TaskState::Success, true),
    ];
    assert_eq!(found, expected);
    assert_eq!(store.run(made.run).unwrap().unwrap().owner, owner);
    let tries: Vec<_> = store.instances(made.run).unwrap().iter().map(|instance| instance.max_tries).collect();
    assert_eq!(tries, [7, 1, 7, 1], "those that begin anew have the tries that were decided");
}

/// A new task, then `b`, then `c`, which begins anew; `a` is gone.
fn to_second_version(made: &Made, owner: ProcessId) -> Rebase {
    let moved = |from: Option<u32>, begins, id| MovedInstance {
        from: from.map(TaskIx),
        begins,
        instance: NewInstance { max_tries: 7, ..new_instance(id) },
    };
    Rebase {
        expect_version: version("first").digest,
        expect_owner: made.process,
        version: version("second").digest,
        owner,
        inputs: Default::default(),
        tasks: vec![moved(None, true, "new"), moved(Some(1), false, "b"), moved(Some(2), true, "c")],
        gone: vec![GoneInstance { from: TaskIx(0), remove: false }],
    }
}

fn a_run_that_was_moved_meanwhile_is_not_rebased(store: &dyn Store) {
    let made = a_run(store);
    store.abandon_run(made.run, "over", at(50)).unwrap();
    store.keep_dag_version(&version("second"), Seen::Nowhere, at(60)).unwrap();
    let [one, other] = [3, 4].map(|pid| store.enter_process(ProcessKind::Run, pid, at(60)).unwrap());
    store.rebase_run(made.run, &to_second_version(&made, one), at(61)).unwrap();
    let error = store.rebase_run(made.run, &to_second_version(&made, other), at(62)).unwrap_err();
    assert!(matches!(error, StoreError::RunInUse { .. }), "{error:?}");
    assert_eq!(store.run(made.run).unwrap().unwrap().owner, one);
    assert_eq!(store.instances(made.run).unwrap().len(), TASKS + 1);
}

fn an_unfinished_run_is_not_rebased(store: &dyn Store) {
    let made = a_run(store);
    store.keep_dag_version(&version("second"), Seen::Nowhere, at(60)).unwrap();
    let error = store.rebase_run(made.run, &to_second_version(&made, made.process), at(61)).unwrap_err();
    assert!(matches!(error, StoreError::RunInUse { .. }), "{error:?}");
    assert_eq!(store.instances(made.run).unwrap().len(), TASKS);
}

fn earlier_tries_stay(store: &dyn Store) {
    let made = a_run(store);
    let fails = |number| {
        vec![
            TaskStep::Schedule { try_number: number },
            TaskStep::Queue,
            start(number),
            TaskStep::RetryLater { problem: problem(), due: at(20), usage: Usage::default() },
        ]
    };
    perform(store, &made, 0, [fails(1), fails(2), vec![TaskStep::Schedule { try_number: 3 }]].concat());
    let tries: Vec<_> = store
        .tries(made.run)
        .unwrap()
        .into_iter()
        .map(|earlier| (earlier.try_number, earlier.state, earlier.problem))
        .collect();
    assert_eq!(tries, [(1, TaskState::UpForRetry, Some(problem())), (2, TaskState::UpForRetry, Some(problem()))]);
    let present = store.instances(made.run).unwrap().remove(0);
    assert_eq!((present.problem, present.start_date, present.invocation), (None, None, None));
}

fn a_cleared_try_stays_however_often_it_is_cleared(store: &dyn Store) {
    let made = a_run(store);
    let failed = TaskStep::Fail { problem: problem(), usage: None };
    let again = |clears| TaskStep::Clear { max_tries: 2, clears };
    let steps = vec![
        TaskStep::Schedule { try_number: 1 },
        TaskStep::Queue,
        start(1),
        failed,
        again(1),
        TaskStep::FailUpstream { problem: Problem::new("upstream", "another failed") },
        again(2),
        TaskStep::Schedule { try_number: 2 },
    ];
    perform(store, &made, 0, steps);
    let tries: Vec<_> = store
        .tries(made.run)
        .unwrap()
        .into_iter()
        .map(|earlier| (earlier.try_number, earlier.state, earlier.problem, earlier.start_date.is_some()))
        .collect();
    assert_eq!(tries, [(1, TaskState::Failed, Some(problem()), true)]);
}

fn runs_are_listed_newest_first(store: &dyn Store) {
    let process = store.enter_process(ProcessKind::Run, 1, at(0)).unwrap();
    store.keep_dag_version(&version("first"), Seen::Nowhere, at(0)).unwrap();
    let keys: Vec<_> = [5, 1, 3]
        .map(|second| {
            let mut run = new_run(process, RunType::Manual);
            run.dates.run_after = at(second);
            store.create_run(&run).unwrap().0
        })
        .into();
    let filter = RunFilter { dag_id: Some(dag_id()), limit: Some(2), ..RunFilter::default() };
    let (runs, total) = store.runs(&filter).unwrap();
    let found: Vec<_> = runs.iter().map(|run| run.key).collect();
    assert_eq!((found, total), (vec![keys[0], keys[2]], 3));
    let other = RunFilter { dag_id: Some(DagId::new("other").unwrap()), ..Default::default() };
    assert_eq!(store.runs(&other).unwrap(), (vec![], 0));
}

fn dags_and_versions_are_kept(store: &dyn Store) {
    a_run(store);
    store.keep_dag_version(&version("second"), Seen::Served("/some/folder/dag.toml".into()), at(9)).unwrap();
    assert_eq!(store.dag_version(version("second").digest).unwrap(), Some(version("second")));
    assert_eq!(store.dag_version(Digest::of(b"never")).unwrap(), None);
    let dags = store.dags().unwrap();
    assert_eq!(dags.len(), 1);
    assert_eq!((dags[0].version, dags[0].runs), (Some(version("second").digest), 1));
    assert_eq!(dags[0].last_seen_at.duration_since(dags[0].first_seen_at).unsigned_abs(), Duration::from_secs(9));
}
