//! One server at a time, and how it ends.

use rustix::process::Signal;

use crate::common::{instance, states};
use crate::kit::{Server, bench, ended, eventually, number, shown, trigger, until_task};

fn dag(mode: &str) -> String {
    format!(
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams = {{ mode = \"{mode}\", count = 500 }}\n\
         execution_timeout = \"10m\"\n[tasks.last]\nplugin = 'misbehave'\nafter = [\"one\"]\n"
    )
}

#[test]
fn a_second_server_on_the_home_is_refused() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    let _first = Server::start(&bench);
    Server::begin(&bench, &[]).end().exits(2).says(&["a server runs on this home folder already", "--home"]);
    // The first has not noticed.
    bench.run(["trigger", "it", "--wait"]).exits(0);
}

#[test]
fn a_server_without_its_folder_is_refused() {
    let bench = bench(&[]);
    bench.run(["serve", "--dags", "none"]).exits(2).says(&["none", "folder of DAG files"]);
    bench.write("file", "");
    bench.run(["serve", "--dags", "file"]).exits(2).says(&["file", "folder of DAG files"]);
}

#[test]
fn a_server_starts_at_once_after_one_that_was_killed_or_stopped() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    Server::start(&bench).kill();
    Server::start(&bench).stop();
    let _server = Server::start(&bench);
    bench.run(["trigger", "it", "--wait"]).exits(0);
}

#[test]
fn commands_and_the_start_of_a_server_do_not_hinder_each_other() {
    let bench = bench(&[("it.toml", &dag("succeed"))]);
    Server::start(&bench).stop();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..10).for_each(|_| drop(trigger(&bench, "it"))));
        }
        for _ in 0..5 {
            Server::start(&bench).stop();
        }
    });
    let server = Server::start(&bench);
    ended(&bench, "it", 20);
    server.stop();
    assert_eq!(number(&bench, "SELECT count(*) FROM dag_run WHERE state = 'success'"), 20);
}

#[test]
fn a_stop_lets_short_tasks_end_and_begins_nothing_new() {
    let bench = bench(&[("it.toml", &dag("busy"))]);
    let server = Server::start(&bench);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "one", "running");
    let ran = server.stop().says(&["stopping", "30 s", "stopped"]);
    let document = shown(&bench, "it", &run);
    assert_eq!(instance(&document, "one")["state"], "success", "{}", ran.stderr);
    assert_eq!(instance(&document, "one")["try_number"], 1);
    // The next server goes on from there.
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    server.stop();
    let after = shown(&bench, "it", &run);
    assert_eq!(after["state"], "success");
    assert_eq!(instance(&after, "one"), instance(&document, "one"));
}

#[test]
fn what_does_not_end_within_the_grace_is_given_back_and_costs_no_try() {
    let bench = bench(&[("it.toml", &dag("loop"))]);
    let server = Server::with(&bench, &["--grace", "10ms"]);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "one", "running");
    server.stop();
    for start in 2..=5 {
        let server = Server::with(&bench, &["--grace", "10ms"]);
        let running = format!("SELECT count(*) FROM task_instance WHERE state = 'running' AND start_number = {start}");
        eventually("it runs again", || (number(&bench, &running) == 1).then_some(()));
        server.stop();
        assert_eq!(states(&shown(&bench, "it", &run))["one"], "scheduled");
    }
    assert_eq!(number(&bench, "SELECT lost_hosts FROM task_instance WHERE task_id = 'one'"), 0);
    let server = Server::start(&bench);
    until_task(&bench, "it", "one", "running");
    bench.run(["mark", "it", &run, "one", "success"]).exits(0);
    ended(&bench, "it", 1);
    server.stop();
    assert_eq!(shown(&bench, "it", &run)["state"], "success");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let bench = bench(&[("it.toml", &dag("loop"))]);
    let server = Server::start(&bench);
    trigger(&bench, "it");
    until_task(&bench, "it", "one", "running");
    server.signal(Signal::TERM);
    server.until("what runs may go on");
    server.signal(Signal::TERM);
    server.end().exits(1).says(&["ended at once"]);
    let server = Server::start(&bench);
    let again = "SELECT count(*) FROM task_instance WHERE state = 'running' AND start_number = 2";
    eventually("it runs again", || (number(&bench, again) == 1).then_some(()));
    server.kill();
}

#[test]
fn a_task_that_loses_its_host_too_often_is_failed() {
    let bench = bench(&[("it.toml", &dag("loop"))]);
    let mut server = Server::start(&bench);
    let run = trigger(&bench, "it");
    for start in 1..=3 {
        let running = format!("SELECT count(*) FROM task_instance WHERE state = 'running' AND start_number = {start}");
        eventually("it runs", || (number(&bench, &running) == 1).then_some(()));
        server.kill();
        server = Server::start(&bench);
    }
    ended(&bench, "it", 1);
    server.stop();
    let document = shown(&bench, "it", &run);
    assert_eq!(document["state"], "failed");
    assert!(instance(&document, "one")["error"]["message"].as_str().unwrap().contains("host"), "{document}");
}

#[test]
fn a_server_that_waits_for_tasks_at_its_stop_still_does_what_it_is_asked() {
    let bench = bench(&[("it.toml", &dag("loop"))]);
    let server = Server::with(&bench, &["--grace", "10m"]);
    let run = trigger(&bench, "it");
    until_task(&bench, "it", "one", "running");
    server.signal(Signal::TERM);
    server.until("what runs may go on");
    let later = trigger(&bench, "it");
    bench.run(["runs", "cancel", "it", &run]).exits(0);
    server.end().exits(0);
    assert_eq!(shown(&bench, "it", &run)["state"], "failed");
    assert_eq!(shown(&bench, "it", &later)["state"], "queued");
}
