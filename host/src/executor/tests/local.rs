use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::{Bench, change, done, failure, input, launch, out, port, tmp, used};
use crate::contract::{Cardinality, Failure, Outcome, Problem};
use crate::executor::Executor;
use crate::executor::log::Source;
use crate::executor::port::{Answer, Ended, EngineKind, JobReport, WorkPaths};
use crate::lifecycle::launch::Usage;

#[tokio::test]
async fn a_guest_is_given_what_the_launch_says_and_empty_folders() {
    let bench = Bench::new();
    let mut launch = launch(vec![]);
    launch.invocation.inputs = vec![input(&bench, "data", "1,2")];
    launch.limits.execution_timeout = Duration::from_secs(60);
    let invocation = launch.invocation.clone();
    let report = bench
        .run(launch.clone(), move |job| {
            assert_eq!((job.component.engine, job.pure), (EngineKind::Pure, true));
            assert_eq!(job.invocation, invocation);
            let context = &job.context;
            assert_eq!(
                (context.dag_id.as_str(), context.run_id.as_str(), context.task_id.as_str()),
                ("dag", "manual__1", "train")
            );
            assert_eq!((context.try_number, context.max_tries, context.idempotency_key.as_str()), (2, 4, "key"));
            assert_eq!((job.folders.inputs.len(), job.folders.inputs[0].port.as_str()), (1, "data"));
            assert_eq!(fs::read(&job.folders.inputs[0].host_path).unwrap(), b"1,2");
            for folder in [out(job), tmp(job)] {
                assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
            }
            assert_eq!(job.limits.execution_timeout, Duration::from_secs(60));
            done()
        })
        .await;
    assert_eq!((&report.outcome, &report.attempt), (&Outcome::Done { value: json!(1) }, &launch.attempt));
    assert_eq!(report.usage, Usage { input_bytes: 3, ..used() });
}

#[tokio::test]
async fn code_that_cannot_be_loaded_is_forgotten_and_the_try_may_be_repeated() {
    let bench = Bench::new();
    let launch = launch(vec![]);
    let component = launch.component;
    let report = bench.run(launch, |_| Err(Ended::NotLoaded(Problem::new("compiled-code", "it is gone")))).await;
    assert!(matches!(report.outcome, Outcome::Failed(Failure::Retryable { .. })), "{report:?}");
    assert_eq!(*bench.forgotten.lock().unwrap(), [component]);
}

#[tokio::test]
async fn a_task_that_is_not_pure_runs_in_the_open_engine() {
    let bench = Bench::new();
    let mut launch = launch(vec![]);
    launch.pure = false;
    launch.limits.execution_timeout = Duration::MAX;
    let report = bench.run(launch, |job| {
        assert_eq!((job.component.engine, job.pure), (EngineKind::Open, false));
        done()
    });
    assert_eq!(report.await.outcome, Outcome::Done { value: json!(1) });
}

#[tokio::test]
async fn a_task_whose_computing_is_counted_runs_in_an_engine_that_counts() {
    for pure in [true, false] {
        let bench = Bench::new();
        let mut launch = launch(vec![]);
        launch.pure = pure;
        launch.limits.fuel = Some(7);
        let report = bench.run(launch, move |job| {
            assert_eq!((job.component.engine, job.pure, job.limits.fuel), (EngineKind::Fuel, pure, Some(7)));
            done()
        });
        assert_eq!(report.await.outcome, Outcome::Done { value: json!(1) });
    }
}

#[tokio::test]
async fn what_a_success_left_in_out_is_published() {
    for branch in [false, true] {
        let bench = Bench::new();
        let mut launch = launch(vec![port("model", Cardinality::One), port("plots", Cardinality::Optional)]);
        change(&mut launch, |descriptor| descriptor.may_branch = true);
        let report = bench
            .run(launch, move |job| {
                fs::write(out(job).join("model"), "weights").unwrap();
                fs::create_dir(out(job).join("plots")).unwrap();
                fs::write(out(job).join("plots/roc"), "roc").unwrap();
                fs::write(tmp(job).join("scratch"), "scratch").unwrap();
                if branch { Ok(Answer::Branch("1".into(), vec!["a".into()])) } else { done() }
            })
            .await;
        let expected = if branch {
            Outcome::Branch { value: json!(1), chosen: vec!["a".into()] }
        } else {
            Outcome::Done { value: json!(1) }
        };
        assert_eq!(report.outcome, expected);
        let ports: Vec<_> = report.outputs.iter().map(|output| output.port.as_str()).collect();
        assert_eq!(ports, ["model", "plots"]);
        assert_eq!(report.usage, Usage { output_bytes: 10, ..used() });
        for output in &report.outputs {
            bench.artifacts.verify(&output.artifact).unwrap();
        }
        assert!(bench.log().is_empty());
    }
}

#[tokio::test]
async fn only_a_success_publishes() {
    let problem = || Problem::new("code", "message");
    let ends: [fn() -> Result<Answer, Ended>; 5] = [
        || Ok(Answer::Skipped("nothing new".into())),
        || Ok(Answer::Again(Duration::from_secs(1), None)),
        || Err(Ended::Cancelled),
        || Ok(Answer::Failed(Failure::Permanent { problem: Problem::new("code", "message") })),
        || Err(Ended::Timeout(Problem::new("timeout", "message"))),
    ];
    let expected = [
        Outcome::Skipped { reason: "nothing new".into() },
        Outcome::Again { after: Duration::from_secs(1), state: None },
        Outcome::Cancelled,
        Outcome::Failed(Failure::Permanent { problem: problem() }),
        Outcome::Failed(Failure::Retryable { problem: Problem::new("timeout", "message"), after: None }),
    ];
    for (end, expected) in ends.into_iter().zip(expected) {
        let bench = Bench::new();
        let report = bench.run(launch(vec![port("model", Cardinality::One)]), move |job| {
            fs::write(out(job).join("model"), "half").unwrap();
            end()
        });
        let report = report.await;
        assert_eq!((&report.outcome, report.outputs.len()), (&expected, 0));
        assert_eq!(fs::read_dir(bench.home.path().join("artifacts/objects")).unwrap().count(), 0);
        let kept = matches!(expected, Outcome::Failed(_));
        assert_eq!(bench.files().kept_out.join("model").exists(), kept, "{expected:?}");
    }
}

#[tokio::test]
async fn a_required_output_that_was_not_written_breaks_the_contract() {
    let bench = Bench::new();
    let report = bench.run(launch(vec![port("model", Cardinality::One)]), |_| done()).await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "missing-output"));
    assert_eq!(message, "the plugin broke its contract: it did not write `/out/model`, which it declares as an output");
}

#[tokio::test]
async fn an_undeclared_output_and_a_link_break_the_contract_and_are_kept_without_the_link() {
    let bench = Bench::new();
    let report = bench
        .run(launch(vec![]), |job| {
            fs::write(out(job).join("stray"), "stray").unwrap();
            done()
        })
        .await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "undeclared-output"));
    assert!(message.contains("it wrote `stray` to /out"), "{message}");
    assert_eq!(fs::read(bench.files().kept_out.join("stray")).unwrap(), b"stray");
    let report = bench
        .run(launch(vec![port("tree", Cardinality::One)]), |job| {
            fs::create_dir(out(job).join("tree")).unwrap();
            fs::write(out(job).join("tree/file"), "file").unwrap();
            symlink("/etc/passwd", out(job).join("tree/link")).unwrap();
            done()
        })
        .await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "refused-output"));
    assert!(message.contains("its output `tree` cannot be published: `link` is a symbolic link"), "{message}");
    let kept = bench.files().kept_out;
    assert!(!kept.join("stray").exists(), "a later failure of the same try takes its place");
    assert!(kept.join("tree/file").exists() && fs::symlink_metadata(kept.join("tree/link")).is_err());
}

#[tokio::test]
async fn a_result_that_breaks_the_contract_publishes_nothing() {
    let bench = Bench::new();
    let mut launch = launch(vec![port("model", Cardinality::One)]);
    change(&mut launch, |descriptor| descriptor.result_schema = Some(json!({ "type": "string" })));
    launch.limits.result_bytes = 10;
    for (text, expected) in [("1", "result-shape"), ("x", "result-not-json"), ("\"123456789\"", "result-too-large")] {
        let report = bench
            .run(launch.clone(), move |job| {
                fs::write(out(job).join("model"), "weights").unwrap();
                Ok(Answer::Done(text.into()))
            })
            .await;
        let (permanent, code, _) = failure(&report.outcome);
        assert_eq!((permanent, code, report.outputs.len()), (true, expected, 0));
    }
}

#[tokio::test]
async fn a_schema_of_the_result_that_cannot_be_used_fails_before_anything_runs() {
    let bench = Bench::new();
    let mut launch = launch(vec![]);
    change(&mut launch, |descriptor| descriptor.result_schema = Some(json!({ "$ref": "http://example.com" })));
    let report = bench.run(launch, |_| panic!("it ran")).await;
    let (permanent, code, _) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "bad-schema"));
}

#[tokio::test]
async fn an_environment_variable_that_is_not_allowed_ends_the_try_before_anything_runs() {
    let bench = Bench::new();
    let mut launch = launch(vec![]);
    launch.grants.env.insert("APP_KEY".into(), "x".into());
    let report = bench.run(launch, |_| panic!("it ran")).await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "env-refused"));
    assert!(message.starts_with("the environment variable `APP_KEY` may not be given"), "{message}");
}

#[tokio::test]
async fn an_input_that_is_gone_is_named_before_anything_runs() {
    let bench = Bench::new();
    let mut launch = launch(vec![]);
    launch.invocation.inputs = vec![input(&bench, "data", "1,2")];
    fs::remove_file(bench.artifacts.path(&launch.invocation.inputs[0].artifact)).unwrap();
    let report = bench.run(launch, |_| panic!("it ran")).await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (true, "input-missing"));
    assert!(message.starts_with("input `data`: the file blake3:"), "{message}");
}

#[tokio::test]
async fn a_component_that_cannot_be_had_is_the_hosts_failure() {
    let mut bench = Bench::new();
    bench.components = Err(Problem::new("disk-full", "no room for compiled code"));
    let report = bench.run(launch(vec![]), |_| panic!("it ran")).await;
    assert_eq!(failure(&report.outcome), (false, "disk-full", "no room for compiled code"));
}

#[tokio::test]
async fn a_panic_of_the_host_is_an_outcome_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let report = bench
        .run(launch(vec![]), |job| {
            fs::write(out(job).join("half"), "half").unwrap();
            panic!("a bug at line {}", 7)
        })
        .await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (false, "host-panic"));
    assert!(message.contains("a bug at line 7"), "{message}");
    assert_eq!(bench.log().last().unwrap().fields["code"], json!("host-panic"));
}

#[tokio::test]
async fn a_panic_after_an_await_is_an_outcome_too() {
    let bench = Bench::new();
    let executor = bench.executor(|_| {
        Box::pin(async {
            tokio::task::yield_now().await;
            panic!("later")
        })
    });
    let (_cancel, cancelled) = watch::channel(false);
    let report = executor.run(launch(vec![]), cancelled).await;
    assert_eq!(failure(&report.outcome).1, "host-panic");
    assert_eq!(bench.pairs().len(), 0);
}

#[tokio::test]
async fn a_scratch_folder_that_cannot_be_used_is_the_hosts_failure() {
    let bench = Bench::new();
    let executor = bench.executor(|job| {
        let asks = job.invocation.seed == 1;
        let error = asks.then(|| job.folders.work.open().unwrap_err());
        let result = error.map_or_else(done, |error| Err(Ended::Host(Problem::new("host", error.to_string()))));
        Box::pin(async { JobReport { result, usage: used() } })
    });
    // Stands in for a full or read-only disk, which a test that runs as root cannot have.
    let own = bench.home.path().join("scratch/0");
    fs::remove_dir(&own).unwrap();
    fs::write(&own, "").unwrap();
    let (_cancel, cancelled) = watch::channel(false);
    let report = executor.run(launch(vec![]), cancelled.clone()).await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (false, "host"));
    assert!(message.starts_with(&format!("cannot make the folder `{}", own.display())), "{message}");
    // A guest that left a port empty without a look at its folders: the contract cannot be held against them.
    let mut looks_not = launch(vec![port("model", Cardinality::One)]);
    looks_not.invocation.seed = 2;
    let report = executor.run(looks_not, cancelled).await;
    let (permanent, code, message) = failure(&report.outcome);
    assert_eq!((permanent, code), (false, "home-io"));
    assert!(message.contains(&format!("cannot make the folder `{}", own.display())), "{message}");
}

#[tokio::test]
async fn a_guest_that_asks_for_no_folders_gets_none_made() {
    let bench = Bench::new();
    let report = bench.run(launch(vec![port("plot", Cardinality::Optional)]), |_| done()).await;
    assert_eq!(report.outcome, Outcome::Done { value: json!(1) });
    assert_eq!(bench.pairs().len(), 0);
    // What it owes is missed all the same.
    let report = bench.run(launch(vec![port("model", Cardinality::One)]), |_| done()).await;
    assert_eq!(failure(&report.outcome).1, "missing-output");
}

#[tokio::test]
async fn a_store_that_cannot_be_written_to_is_the_hosts_failure_and_what_was_made_is_kept() {
    let bench = Bench::new();
    let objects = bench.home.path().join("artifacts/objects");
    fs::remove_dir(&objects).unwrap();
    fs::write(&objects, "").unwrap();
    let report = bench
        .run(launch(vec![port("model", Cardinality::One)]), |job| {
            fs::write(out(job).join("model"), "weights").unwrap();
            done()
        })
        .await;
    let (permanent, _, message) = failure(&report.outcome);
    assert!(!permanent && message.contains("artifacts/objects"), "{message}");
    assert_eq!(fs::read(bench.files().kept_out.join("model")).unwrap(), b"weights");
}

#[tokio::test]
async fn logs_that_cannot_be_written_do_not_harm_the_try() {
    let bench = Bench::new();
    fs::write(bench.home.path().join("logs"), "").unwrap();
    let report = bench.run(launch(vec![port("model", Cardinality::One)]), |job| {
        job.watcher.stdout(b"a line\n");
        job.watcher.metric("loss", 1, 0.5);
        fs::write(out(job).join("model"), "weights").unwrap();
        done()
    });
    let report = report.await;
    assert_eq!((report.outcome, report.outputs.len()), (Outcome::Done { value: json!(1) }, 1));
    assert_eq!(report.metrics, [("loss".to_owned(), 0.5)]);
    let report = bench.run(launch(vec![]), |job| {
        fs::write(out(job).join("stray"), "").unwrap();
        done()
    });
    assert_eq!(failure(&report.await.outcome).1, "undeclared-output");
}

#[tokio::test]
async fn a_try_can_be_cancelled_while_its_component_is_compiled() {
    let bench = Bench::new();
    let executor = bench.executor(|_| panic!("it ran"));
    let (cancel, cancelled) = watch::channel(false);
    cancel.send(true).unwrap();
    let report = executor.run(launch(vec![]), cancelled).await;
    assert_eq!(report.outcome, Outcome::Cancelled);
}

#[tokio::test]
async fn the_guest_can_be_cancelled_and_a_sender_that_is_gone_cancels_nothing() {
    let bench = Bench::new();
    let (entered, mut is_entered) = mpsc::unbounded_channel();
    let executor = Arc::new(bench.executor(move |job| {
        let entered = entered.clone();
        Box::pin(async move {
            let mut cancel = job.cancel;
            entered.send(()).unwrap();
            let told = cancel.wait_for(|told| *told).await.is_ok();
            let result = if told { Err(Ended::Cancelled) } else { done() };
            JobReport { result, usage: used() }
        })
    }));
    for cancels in [true, false] {
        let (cancel, cancelled) = watch::channel(false);
        let run = tokio::spawn(executor.run(launch(vec![]), cancelled));
        is_entered.recv().await.unwrap();
        if cancels {
            cancel.send(true).unwrap();
        }
        drop(cancel);
        let expected = if cancels { Outcome::Cancelled } else { Outcome::Done { value: json!(1) } };
        assert_eq!(run.await.unwrap().outcome, expected);
    }
    assert_eq!(bench.leftovers(), 0);
}

#[tokio::test]
async fn a_run_that_is_dropped_takes_its_folders_with_it() {
    let bench = Bench::new();
    let (entered, mut is_entered) = mpsc::unbounded_channel();
    let executor = bench.executor(move |job| {
        fs::write(tmp(&job).join("file"), "").unwrap();
        entered.send(()).unwrap();
        Box::pin(std::future::pending())
    });
    let (_cancel, cancelled) = watch::channel(false);
    let run = tokio::spawn(executor.run(launch(vec![]), cancelled));
    is_entered.recv().await.unwrap();
    assert_eq!(bench.pairs().len(), 1);
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    assert_eq!(bench.pairs().len(), 0);
}

#[tokio::test]
async fn a_pure_try_that_trapped_fails_at_once_unless_it_called_context() {
    let bench = Bench::new();
    for context_called in [false, true] {
        let executor = bench.executor(move |_| {
            let usage = Usage { context_called, ..used() };
            let result = Err(Ended::Trap(Problem::new("unreachable", "it trapped")));
            Box::pin(async move { JobReport { result, usage } })
        });
        let (_cancel, cancelled) = watch::channel(false);
        let report = executor.run(launch(vec![]), cancelled).await;
        assert_eq!(failure(&report.outcome).0, !context_called);
        assert_eq!(report.usage.context_called, context_called);
    }
}

#[tokio::test]
async fn the_end_of_a_failed_try_stands_in_its_log() {
    let bench = Bench::new();
    let report = bench
        .run(launch(vec![]), |job| {
            job.watcher.stdout(b"working\n");
            Err(Ended::Timeout(Problem::new("timeout", "its time of 1 h was over")))
        })
        .await;
    assert_eq!(failure(&report.outcome), (false, "timeout", "its time of 1 h was over"));
    let log = bench.log();
    let told: Vec<_> = log.iter().map(|line| (line.source, line.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (Source::Host, "try 2 started"),
            (Source::Stdout, "working"),
            (Source::Host, "failed, another try may help: its time of 1 h was over"),
        ]
    );
    let end = &log[2].fields;
    assert_eq!((&end["outcome"], &end["code"]), (&json!("retryable"), &json!("timeout")));
    assert_eq!(end["peak_memory_bytes"], json!(65_536));
}

#[tokio::test]
async fn two_tries_at_once_share_nothing_they_can_write_to() {
    let bench = Bench::new();
    let (seen, mut all_seen) = mpsc::unbounded_channel();
    let executor = bench.executor(move |job| {
        let seen = seen.clone();
        Box::pin(async move {
            seen.send(job.folders.work.open().unwrap()).unwrap();
            let mut cancel = job.cancel;
            let _ = cancel.wait_for(|told| *told).await;
            JobReport { result: Err(Ended::Cancelled), usage: used() }
        })
    });
    let (cancel, cancelled) = watch::channel(false);
    let runs = [0, 1].map(|_| tokio::spawn(executor.run(launch(vec![]), cancelled.clone())));
    let (one, two) = (all_seen.recv().await.unwrap(), all_seen.recv().await.unwrap());
    assert!(one.out != two.out && one.tmp != two.tmp && one.out != one.tmp);
    cancel.send(true).unwrap();
    for run in runs {
        assert_eq!(run.await.unwrap().outcome, Outcome::Cancelled);
    }
}

#[tokio::test]
async fn folders_that_a_guest_left_as_it_got_them_are_used_again_and_all_others_are_removed() {
    let bench = Bench::new();
    type Guest = fn(&WorkPaths) -> Result<Answer, Ended>;
    let writes: Guest = |folders| {
        fs::write(folders.tmp.join("file"), "secret").unwrap();
        done()
    };
    let changes_times: Guest = |folders| {
        fs::File::open(&folders.out).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        done()
    };
    let is_ended: Guest = |_| Err(Ended::Cancelled);
    let (seen, mut all_seen) = mpsc::unbounded_channel();
    let guest = Arc::new(Mutex::new(writes));
    let now = Arc::clone(&guest);
    let executor = bench.executor(move |job| {
        let folders = job.folders.work.open().unwrap();
        let result = (now.lock().unwrap())(&folders);
        seen.send(folders).unwrap();
        Box::pin(async { JobReport { result, usage: used() } })
    });
    let (_cancel, cancelled) = watch::channel(false);
    let fails: Guest = |_| Ok(Answer::Failed(Failure::Permanent { problem: Problem::new("code", "message") }));
    for untouching in [|_: &WorkPaths| done(), fails, fails, |_: &WorkPaths| done()] {
        *guest.lock().unwrap() = untouching;
        executor.run(launch(vec![]), cancelled.clone()).await;
        all_seen.recv().await.unwrap();
    }
    assert_eq!(bench.pairs().len(), 1);
    for (touches, after) in [(writes, "file"), (changes_times, "times"), (is_ended, "end")] {
        let mut pair = Vec::new();
        for play in [|_: &WorkPaths| done(), touches, |_: &WorkPaths| done()] {
            *guest.lock().unwrap() = play;
            executor.run(launch(vec![]), cancelled.clone()).await;
            pair.push(all_seen.recv().await.unwrap());
        }
        assert_eq!(pair[0], pair[1], "{after}: nobody touched them");
        assert_ne!(pair[1], pair[2], "{after}: somebody did");
        assert!(!pair[1].out.exists() && !pair[1].tmp.exists(), "{after}");
        assert_eq!(bench.pairs().len(), 1, "{after}");
    }
}
