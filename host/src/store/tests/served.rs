//! What every store must do for a server.

use super::conformance::{a_run, at, commit, dag_id, new_run, version};
use crate::ids::{DagId, RunId};
use crate::lifecycle::change::{Change, RunChange, RunStep};
use crate::lifecycle::launch::RunDates;
use crate::lifecycle::state::RunState;
use crate::store::{
    BackfillRun, Created, NewBackfill, NewRun, PoolRecord, ProcessId, ProcessKind, RunFilter, RunType, Seen, Store,
    Verdict,
};

fn run_at(process: ProcessId, run_type: RunType, second: i64) -> NewRun {
    let run_id = RunId::new(&format!("{}__{second}", run_type.as_str())).unwrap();
    let dates = RunDates { logical_date: Some(at(second)), data_interval: None, run_after: at(second + 60) };
    NewRun { run_id, dates, ..new_run(process, run_type) }
}

pub(super) fn a_server_takes_over_the_unfinished_runs_of_those_before_it_and_no_others(store: &dyn Store) {
    let of_a_person = a_run(store);
    let before = store.enter_process(ProcessKind::Server, 2, at(0)).unwrap();
    let (left, _) = store.create_run(&run_at(before, RunType::Scheduled, 1)).unwrap();
    let (ended, _) = store.create_run(&run_at(before, RunType::Scheduled, 2)).unwrap();
    store.abandon_run(ended, "over", at(5)).unwrap();
    let next = store.enter_process(ProcessKind::Server, 3, at(10)).unwrap();
    store.adopt_runs(next, at(10)).unwrap();
    let owner = |run| store.run(run).unwrap().unwrap().owner;
    assert_eq!([left, ended, of_a_person.run].map(owner), [next, before, of_a_person.process]);
    let keys = |process| store.unfinished_runs(process).unwrap().iter().map(|run| run.key).collect::<Vec<_>>();
    assert_eq!((keys(next), keys(before)), (vec![left], vec![]));
    let open: Vec<_> = store.open_processes().unwrap().iter().map(|(process, _, _)| *process).collect();
    assert_eq!(open, [of_a_person.process, next], "the server before is ended");

    assert!(store.claim_run(ended, next).unwrap());
    assert!(!store.claim_run(left, before).unwrap(), "it is not finished");
    assert_eq!([left, ended].map(owner), [next, next]);
}

pub(super) fn a_paused_dag_keeps_its_reason_until_the_pause_ends(store: &dyn Store) {
    a_run(store);
    let paused = || store.dag(&dag_id()).unwrap().unwrap().paused;
    assert_eq!(paused(), None);
    assert!(store.pause_dag(&dag_id(), Some("lunch")).unwrap());
    assert_eq!(paused().as_deref(), Some("lunch"));
    assert!(store.pause_dag(&dag_id(), None).unwrap());
    assert_eq!(paused(), None);
    assert!(!store.pause_dag(&DagId::new("nobody").unwrap(), Some("x")).unwrap());
    assert_eq!(store.dag(&DagId::new("nobody").unwrap()).unwrap(), None);
}

pub(super) fn runs_that_failed_in_a_row_are_counted(store: &dyn Store) {
    a_run(store);
    let server = store.enter_process(ProcessKind::Server, 2, at(0)).unwrap();
    let by_hand = store.enter_process(ProcessKind::Run, 3, at(0)).unwrap();
    let failed = || store.failed_in_a_row(&dag_id()).unwrap();
    let fails = |owner, kind, second| {
        let (run, _) = store.create_run(&run_at(owner, kind, second)).unwrap();
        store.abandon_run(run, "over", at(second)).unwrap();
        run
    };
    assert_eq!(failed(), 0);
    fails(server, RunType::Scheduled, 100);
    let second = fails(server, RunType::Manual, 200);
    fails(by_hand, RunType::Manual, 250);
    assert_eq!(failed(), 2, "what a process ran by hand is not the server's");

    let step = |expect, at, step| commit(store, server, vec![Change::Run(RunChange { run: second, expect, at, step })]);
    assert_eq!(step(RunState::Failed, at(300), RunStep::Requeue), [Verdict::Accepted]);
    assert_eq!(failed(), 1, "one that runs again has not ended");
    store.abandon_run(second, "again", at(310)).unwrap();
    assert_eq!(failed(), 2);

    store.pause_dag(&dag_id(), Some("lunch")).unwrap();
    assert_eq!(failed(), 0, "a pause begins the count anew");
    fails(server, RunType::Scheduled, 400);
    assert_eq!(failed(), 1);
    store.pause_dag(&dag_id(), None).unwrap();
    assert_eq!(failed(), 0);

    // The clock was set back.
    fails(server, RunType::Scheduled, 60);
    assert_eq!(failed(), 1, "what ends later counts, whatever the clock says");
    let (well, _) = store.create_run(&run_at(server, RunType::Scheduled, 50)).unwrap();
    let step = |expect, step| {
        let change = RunChange { run: well, expect, at: at(50), step };
        assert_eq!(commit(store, server, vec![Change::Run(change)]), [Verdict::Accepted]);
    };
    step(RunState::Queued, RunStep::Start);
    step(RunState::Running, RunStep::Succeed { with_failures: false });
    assert_eq!(failed(), 0, "the last that ended is a success");

    // Nothing is left of what ended.
    store.pause_dag(&dag_id(), None).unwrap();
    let (all, _) = store.runs(&RunFilter::default()).unwrap();
    store.remove_runs(all.into_iter().map(|run| run.key).collect()).unwrap();
    store.pause_dag(&dag_id(), None).unwrap();
    fails(server, RunType::Manual, 70);
    assert_eq!(failed(), 1, "it is counted on from there");
}

pub(super) fn a_dag_is_served_until_its_file_is_gone(store: &dyn Store) {
    let seen = |path: &str| Seen::Served(path.into());
    store.keep_dag_version(&version("first"), Seen::Run("/mine.toml".into()), at(0)).unwrap();
    let dag = || store.dag(&dag_id()).unwrap().unwrap();
    assert_eq!((dag().is_served, dag().version, dag().path), (false, None, Some("/mine.toml".into())));
    store.keep_dag_version(&version("second"), seen("/dags/a.toml"), at(1)).unwrap();
    store.keep_dag_version(&version("first"), Seen::Run("/mine.toml".into()), at(2)).unwrap();
    let second = Some(version("second").digest);
    assert_eq!((dag().is_served, dag().version, dag().path), (true, second, Some("/dags/a.toml".into())));
    store.unserve_dag(&dag_id()).unwrap();
    assert_eq!((dag().is_served, dag().version), (false, second));
    let versions: Vec<_> = store.dag_versions(&dag_id()).unwrap().into_iter().map(|(digest, _)| digest).collect();
    assert_eq!(versions, [version("second").digest, version("first").digest]);
}

pub(super) fn the_last_scheduled_run_and_the_run_before_another_are_found(store: &dyn Store) {
    let made = a_run(store);
    assert_eq!(store.last_scheduled(&dag_id()).unwrap(), None);
    let server = store.enter_process(ProcessKind::Server, 2, at(0)).unwrap();
    let runs = [(RunType::Scheduled, 100), (RunType::Scheduled, 200), (RunType::Backfill, 150), (RunType::Manual, 199)];
    let created = store.create_runs(runs.map(|(kind, second)| run_at(server, kind, second)).into()).unwrap();
    assert!(created.iter().all(|created| matches!(created, Created::Made(..))), "{created:?}");
    assert_eq!(store.last_scheduled(&dag_id()).unwrap(), Some(at(260)));
    let before = |second| store.run_before(&dag_id(), at(second)).unwrap().map(|run| run.run_id.to_string());
    assert_eq!(before(200).as_deref(), Some("backfill__150"), "a run by hand is no past");
    assert_eq!(before(150).as_deref(), Some("scheduled__100"));
    assert_eq!(before(100), None);
    let again =
        store.create_runs(vec![run_at(server, RunType::Scheduled, 150), run_at(server, RunType::Scheduled, 300)]);
    let again = again.unwrap();
    assert_eq!(again[0], Created::LogicalDateTaken);
    assert!(matches!(&again[1], Created::Made(..)), "one that is refused does not keep the others from being made");
    assert!(store.run(made.run).unwrap().is_some());
}

pub(super) fn import_errors_are_kept_until_the_file_is_right(store: &dyn Store) {
    let file = std::path::Path::new("/dags/wrong.toml");
    store.keep_import_error(file, Some("line 1"), at(1)).unwrap();
    store.keep_import_error(file, Some("line 2"), at(2)).unwrap();
    let errors = store.import_errors().unwrap();
    assert_eq!((errors.len(), errors[0].text.as_str(), errors[0].at), (1, "line 2", at(2)));
    store.keep_import_error(file, None, at(3)).unwrap();
    assert!(store.import_errors().unwrap().is_empty());
}

pub(super) fn a_backfill_has_its_runs_in_their_order_until_it_ends(store: &dyn Store) {
    a_run(store);
    let owner = store.enter_process(ProcessKind::Server, 2, at(0)).unwrap();
    let (failed, _) = store.create_run(&run_at(owner, RunType::Scheduled, 100)).unwrap();
    store.abandon_run(failed, "over", at(5)).unwrap();
    let new = |second| BackfillRun::New(Box::new(run_at(owner, RunType::Backfill, second)));
    // The one in the middle was made by the schedule meanwhile.
    let runs = vec![new(300), new(100), BackfillRun::Again(failed), new(200)];
    let (from, to, dag_id) = (at(100), at(300), dag_id());
    let wanted = NewBackfill { dag_id, from, to, max_active_runs: 2, runs, owner, now: at(10) };
    let (id, keys) = store.create_backfill(wanted).unwrap();
    assert_eq!((keys.len(), keys[1]), (3, failed));
    let waiting: Vec<_> = store.unfinished_runs(owner).unwrap().into_iter().collect();
    assert_eq!(waiting.iter().map(|run| run.key).collect::<Vec<_>>(), keys);
    assert_eq!(waiting.iter().map(|run| run.reprocess).collect::<Vec<_>>(), [false, true, false]);
    let kept = store.backfills().unwrap().remove(0);
    assert_eq!((kept.id, kept.runs, kept.open_runs, kept.failed_runs, kept.ended_at), (id, 3, 3, 0, None));

    let requeue = RunChange { run: failed, expect: RunState::Failed, at: at(20), step: RunStep::Requeue };
    assert_eq!(commit(store, owner, vec![Change::Run(requeue)]), [Verdict::Accepted]);
    assert!(!store.run(failed).unwrap().unwrap().reprocess, "it runs again");
    store.end_backfill(id, true, at(30)).unwrap();
    let kept = store.backfills().unwrap().remove(0);
    assert_eq!((kept.ended_at, kept.is_cancelled), (Some(at(30)), true));
}

pub(super) fn old_runs_are_removed_but_for_those_that_are_to_stay(store: &dyn Store) {
    let made = a_run(store);
    let kinds = [(RunType::Scheduled, 100), (RunType::Scheduled, 200), (RunType::Manual, 300), (RunType::Manual, 400)];
    let created = store.create_runs(kinds.map(|(kind, second)| run_at(made.process, kind, second)).into()).unwrap();
    let keys: Vec<_> = created
        .iter()
        .map(|created| match created {
            Created::Made(key, _) => *key,
            Created::LogicalDateTaken => panic!(),
        })
        .collect();
    for (key, end) in keys.iter().zip([500, 500, 900, 500]) {
        store.abandon_run(*key, "over", at(end)).unwrap();
    }
    let old = |keep| store.old_runs(at(600), keep).unwrap().into_iter().map(|(key, _, _)| key).collect::<Vec<_>>();
    // The second is the last scheduled one, the third ended later, and the first run of all is not finished.
    assert_eq!(old(0), [keys[0], keys[3]]);
    assert_eq!(old(1), [keys[0]], "the newest stays");
    assert_eq!(store.remove_runs(vec![keys[0], made.run]).unwrap(), 1, "an unfinished run is not removed");
    assert_eq!((store.run(keys[0]).unwrap(), store.instances(keys[0]).unwrap().len()), (None, 0));
    assert!(store.run(made.run).unwrap().is_some());
    assert!(store.check().unwrap().is_empty());
    assert!(store.used_artifacts().unwrap().is_empty());
}

pub(super) fn pools_are_kept(store: &dyn Store) {
    let names =
        || store.pools().unwrap().into_iter().map(|pool| (pool.name.to_string(), pool.slots)).collect::<Vec<_>>();
    assert_eq!(names(), [("default_pool".to_owned(), 128)]);
    let pool = |slots| PoolRecord { name: "api".parse().unwrap(), slots, description: "calls".to_owned() };
    store.set_pool(&pool(3)).unwrap();
    store.set_pool(&pool(0)).unwrap();
    assert_eq!(names(), [("api".to_owned(), 0), ("default_pool".to_owned(), 128)]);
    assert!(store.remove_pool(&"api".parse().unwrap()).unwrap());
    assert!(!store.remove_pool(&"api".parse().unwrap()).unwrap());
}
