//! What every store must do for callbacks.

use std::sync::Arc;

use serde_json::json;

use super::conformance::{Made, a_run, at, commit, new_run};
use crate::dag::callback::CallbackKind;
use crate::dag::model::RunInputs;
use crate::ids::{RunId, TaskId};
use crate::lifecycle::change::{Call, Change, RunChange, RunStep};
use crate::lifecycle::state::RunState;
use crate::store::{
    CallbackRecord, Created, NewRun, ProcessId, ProcessKind, RunFilter, RunType, StartedCallback, Store, Verdict,
};

fn step(made: &Made, expect: RunState, step: RunStep) -> Change {
    Change::Run(RunChange { run: made.run, expect, at: at(2), step })
}

fn fail(made: &Made) -> Change {
    step(made, RunState::Queued, RunStep::Fail { reason: "broken".to_owned() })
}

fn call(made: &Made, task: Option<&str>) -> Change {
    Change::Call(Call {
        run: made.run,
        task: task.map(|task| TaskId::new(task).unwrap()),
        kind: CallbackKind::OnFailure,
        at: at(3),
        event: Arc::new(json!({ "message": "broken" })),
    })
}

fn callback_run(owner: ProcessId) -> NewRun {
    let run_id = RunId::new("on_failure__1").unwrap();
    let inputs = RunInputs { event: Some(json!({ "x": 1 })), ..RunInputs::default() };
    NewRun { run_id, inputs, ..new_run(owner, RunType::Callback) }
}

/// A failed run with a callback that has no run yet.
fn failed(store: &dyn Store) -> (Made, CallbackRecord) {
    let made = a_run(store);
    assert_eq!(commit(store, made.process, vec![fail(&made), call(&made, None)]), [Verdict::Accepted; 2]);
    let recorded = store.callbacks(made.run).unwrap().remove(0);
    (made, recorded)
}

pub(super) fn a_callback_is_recorded_with_the_change_before_it_or_not_at_all(store: &dyn Store) {
    let made = a_run(store);
    let late = step(&made, RunState::Running, RunStep::Fail { reason: "late".to_owned() });
    assert_eq!(commit(store, made.process, vec![call(&made, None)]), [Verdict::Refused], "nothing brought it about");
    assert_eq!(commit(store, made.process, vec![late, call(&made, None)]), [Verdict::Refused; 2]);
    let other = ProcessId(made.process.0 + 1);
    assert_eq!(commit(store, other, vec![fail(&made), call(&made, None)]), [Verdict::Refused; 2]);
    assert_eq!(store.callbacks(made.run).unwrap(), []);
    let both = vec![fail(&made), call(&made, Some("b")), call(&made, None)];
    assert_eq!(commit(store, made.process, both), [Verdict::Accepted; 3]);
    let kept = store.callbacks(made.run).unwrap();
    assert_eq!(
        kept.iter().map(|callback| callback.task_id.as_ref().map(|task| task.as_str())).collect::<Vec<_>>(),
        [Some("b"), None]
    );
    assert_eq!(
        (kept[0].kind, kept[0].at, &kept[0].event),
        (CallbackKind::OnFailure, at(3), &json!({ "message": "broken" }))
    );
    assert!(kept.iter().all(|callback| callback.is_open && callback.started.is_none() && callback.problem.is_none()));
    assert_eq!(store.callback(kept[1].id).unwrap().as_ref(), Some(&kept[1]));
}

pub(super) fn the_run_of_a_callback_is_made_once(store: &dyn Store) {
    let (made, callback) = failed(store);
    let run = callback_run(made.process);
    let Some(Created::Made(key, run_id)) = store.start_callback(callback.id, &run).unwrap() else { panic!() };
    assert_eq!(store.start_callback(callback.id, &run).unwrap(), None);
    store.give_up_callback(callback.id, "too late").unwrap();
    let kept = store.callback(callback.id).unwrap().unwrap();
    assert_eq!((kept.is_open, kept.problem), (false, None));
    assert_eq!(kept.started, Some(StartedCallback { run_id, state: RunState::Queued }));
    let started = store.run(key).unwrap().unwrap();
    assert_eq!((started.run_type, started.callback), (RunType::Callback, Some(callback.id)));
    assert_eq!(started.inputs, run.inputs);
    let listed = |callbacks| {
        let (runs, total) = store.runs(&RunFilter { callbacks, ..RunFilter::default() }).unwrap();
        assert_eq!(runs.len() as u64, total);
        runs.into_iter().map(|run| run.key).collect::<Vec<_>>()
    };
    assert_eq!((listed(false), listed(true)), (vec![made.run], vec![key]));
    assert_eq!(store.dags().unwrap()[0].runs, 1, "it is no run of its DAG");
}

pub(super) fn a_callback_that_can_have_no_run_says_why(store: &dyn Store) {
    let (made, callback) = failed(store);
    store.give_up_callback(callback.id, "its plugin is gone").unwrap();
    assert_eq!(store.start_callback(callback.id, &callback_run(made.process)).unwrap(), None);
    let kept = store.callbacks(made.run).unwrap().remove(0);
    assert_eq!((kept.is_open, kept.problem.as_deref(), kept.started), (false, Some("its plugin is gone"), None));
}

pub(super) fn open_callbacks_are_found_by_their_process_and_by_others_once_it_is_over(store: &dyn Store) {
    let (made, callback) = failed(store);
    let next = store.enter_process(ProcessKind::Server, 2, at(5)).unwrap();
    let open = |process| store.open_callbacks(process).unwrap().into_iter().map(|open| open.id).collect::<Vec<_>>();
    assert_eq!((open(made.process), open(next)), (vec![callback.id], vec![]));
    store.end_process(made.process, at(6)).unwrap();
    assert_eq!(open(next), [callback.id]);
    store.start_callback(callback.id, &callback_run(next)).unwrap();
    assert_eq!(open(next), []);
}

pub(super) fn a_missed_deadline_is_kept_until_the_run_begins_again(store: &dyn Store) {
    let made = a_run(store);
    let missed = || store.run(made.run).unwrap().unwrap().missed_deadline;
    let miss = || step(&made, RunState::Running, RunStep::MissDeadline { due: at(1) });
    assert_eq!(commit(store, made.process, vec![miss()]), [Verdict::Refused], "it has not begun");
    commit(store, made.process, vec![step(&made, RunState::Queued, RunStep::Start)]);
    assert_eq!(missed(), None);
    assert_eq!(commit(store, made.process, vec![miss()]), [Verdict::Accepted]);
    assert_eq!(missed(), Some(at(1)));
    commit(store, made.process, vec![step(&made, RunState::Running, RunStep::Succeed { with_failures: false })]);
    assert_eq!(missed(), Some(at(1)));
    commit(store, made.process, vec![step(&made, RunState::Success, RunStep::Requeue)]);
    assert_eq!(missed(), None);
}

pub(super) fn the_runs_of_callbacks_go_with_what_they_are_about_and_keep_it_till_they_end(store: &dyn Store) {
    let (made, callback) = failed(store);
    let old = || store.old_runs(at(1_000), 0).unwrap().into_iter().map(|(key, _, _)| key).collect::<Vec<_>>();
    assert_eq!(old(), [], "its callback is not started");
    let Some(Created::Made(key, _)) = store.start_callback(callback.id, &callback_run(made.process)).unwrap() else {
        panic!()
    };
    assert_eq!(old(), [], "its callback runs");
    store.abandon_run(key, "over", at(5)).unwrap();
    assert_eq!(old(), [made.run, key]);
    assert_eq!(store.remove_runs(old()).unwrap(), 2);
    assert_eq!((store.run(key).unwrap(), store.callback(callback.id).unwrap()), (None, None));
    assert!(store.check().unwrap().is_empty());
}
