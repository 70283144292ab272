//! Files that come, change and go while a server runs.

use std::fs;

use serde_json::Value;

use crate::common::Bench;
use crate::kit::{Server, WITNESS, bench, database, each, ended, eventually, run_count, runs, serve, ticks_pass};

/// A DAG that runs every second.
fn ticking(id: &str) -> String {
    format!("id = \"{id}\"\nschedule = \"every 1s\"\n[tasks.one]\nplugin = 'misbehave'\n")
}

const BROKEN: &str = "id = \"it\"\nschedule = \"every 1s\"\n[tasks.one]\nplugin = 'misbehave'\nafter = [\"nobody\"]\n";

fn import_errors(bench: &Bench) -> Vec<(String, String)> {
    let errors = bench.run(["dag", "import-errors", "--json"]).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = errors["import_errors"].as_array().unwrap().iter();
    errors.map(|error| (text(&error["filename"]), text(&error["stack_trace"]))).collect()
}

/// Waits for the import error of exactly these files; gives what it says of each.
#[track_caller]
fn wrong(bench: &Bench, files: &[&str]) -> Vec<String> {
    eventually(&format!("import errors of {files:?}"), || {
        let found = import_errors(bench);
        let same = found.len() == files.len() && found.iter().zip(files).all(|((path, _), file)| path.ends_with(file));
        same.then(|| found.into_iter().map(|(_, text)| text).collect())
    })
}

fn is_served(bench: &Bench, dag: &str) -> bool {
    let query = "SELECT count(*) FROM dag WHERE dag_id = ?1 AND is_served = 1";
    database(bench).query_row(query, [dag], |row| row.get::<_, i64>(0)).unwrap() == 1
}

#[track_caller]
fn goes_on(bench: &Bench, dag: &str) {
    let before = run_count(bench, dag);
    eventually(&format!("{dag} has another run"), || (run_count(bench, dag) > before).then_some(()));
}

#[track_caller]
fn stands_still(bench: &Bench, dag: &str) {
    let before = run_count(bench, dag);
    ticks_pass(bench, "witness");
    assert_eq!(run_count(bench, dag), before);
}

#[track_caller]
fn gone(bench: &Bench, dag: &str) {
    eventually(&format!("{dag} is not served"), || (!is_served(bench, dag)).then_some(()));
}

#[test]
fn a_new_file_is_taken_up_and_a_removed_one_is_let_go() {
    let bench = bench(&[WITNESS]);
    let _server = Server::start(&bench);
    serve(&bench, "it.toml", &ticking("it"));
    eventually("it is served", || is_served(&bench, "it").then_some(()));
    ended(&bench, "it", 1);
    fs::remove_file(bench.path("dags/it.toml")).unwrap();
    gone(&bench, "it");
    stands_still(&bench, "it");
    // It comes back where it was left.
    serve(&bench, "it.toml", &ticking("it"));
    goes_on(&bench, "it");
}

#[test]
fn a_file_in_a_folder_that_comes_later_is_taken_up() {
    let bench = bench(&[]);
    let _server = Server::start(&bench);
    let file = bench.dag("beside/team/it.toml", &ticking("it"));
    fs::rename(file.parent().unwrap(), bench.path("dags/team")).unwrap();
    ended(&bench, "it", 1);
    fs::rename(bench.path("dags/team"), bench.path("gone")).unwrap();
    gone(&bench, "it");
}

#[test]
fn a_changed_file_changes_what_is_run() {
    let bench = bench(&[("it.toml", &ticking("it"))]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    serve(&bench, "it.toml", &ticking("it").replace("one", "other"));
    server.until("`it` has a new version");
    goes_on(&bench, "it");
    let last = runs(&bench, "it").last().unwrap()["run_id"].as_str().unwrap().to_owned();
    assert_eq!(crate::kit::shown(&bench, "it", &last)["task_instances"][0]["task_id"], "other");
}

#[test]
fn a_renamed_file_goes_on_as_the_same_dag() {
    let bench = bench(&[("it.toml", &ticking("it"))]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    fs::rename(bench.path("dags/it.toml"), bench.path("dags/other.toml")).unwrap();
    eventually("its file is the other one", || {
        let list = bench.run(["dag", "list", "--json"]).exits(0).json();
        list["dags"][0]["fileloc"].as_str().unwrap().ends_with("other.toml").then_some(())
    });
    goes_on(&bench, "it");
    assert!(is_served(&bench, "it"));
    assert!(!server.said().contains("gone"), "{}", server.said());
    assert_eq!(import_errors(&bench), []);
}

#[test]
fn a_file_that_is_half_written_counts_once_it_is_whole() {
    let bench = bench(&[]);
    let _server = Server::start(&bench);
    let whole = fs::read(bench.dag("beside/it.toml", &ticking("it"))).unwrap();
    let half = whole.len() / 2;
    bench.write("dags/it.toml", &whole[..half]);
    wrong(&bench, &["it.toml"]);
    bench.write("dags/it.toml", &whole);
    ended(&bench, "it", 1);
    wrong(&bench, &[]);
}

#[test]
fn a_broken_file_keeps_its_last_good_version_and_says_where_it_is_wrong() {
    let bench = bench(&[("it.toml", &ticking("it"))]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    serve(&bench, "it.toml", BROKEN);
    let text = wrong(&bench, &["it.toml"]).remove(0);
    for word in ["it.toml:5:", "nobody"] {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
    server.until("it.toml cannot be used");
    goes_on(&bench, "it");
    // A server that is started on it goes on with it, too.
    server.stop();
    let server = Server::start(&bench);
    wrong(&bench, &["it.toml"]);
    goes_on(&bench, "it");
    assert!(is_served(&bench, "it"));
    serve(&bench, "it.toml", &ticking("it").replace("one", "other"));
    wrong(&bench, &[]);
    goes_on(&bench, "it");
    server.stop();
}

#[test]
fn a_broken_file_that_is_removed_takes_its_dag_with_it() {
    let bench = bench(&[("it.toml", &ticking("it")), WITNESS]);
    let _server = Server::start(&bench);
    serve(&bench, "it.toml", BROKEN);
    wrong(&bench, &["it.toml"]);
    fs::remove_file(bench.path("dags/it.toml")).unwrap();
    gone(&bench, "it");
    wrong(&bench, &[]);
    stands_still(&bench, "it");
}

#[test]
fn a_file_that_went_away_while_no_server_ran_is_not_served() {
    let bench = bench(&[("it.toml", &ticking("it")), WITNESS]);
    let server = Server::start(&bench);
    ended(&bench, "it", 1);
    server.stop();
    fs::remove_file(bench.path("dags/it.toml")).unwrap();
    let _server = Server::start(&bench);
    gone(&bench, "it");
    stands_still(&bench, "it");
}

#[test]
fn of_two_files_with_one_id_the_first_counts_and_the_other_once_that_is_gone() {
    let bench = bench(&[("a.toml", &ticking("it"))]);
    let _server = Server::start(&bench);
    serve(&bench, "b.toml", &ticking("it").replace("one", "other"));
    let text = wrong(&bench, &["b.toml"]).remove(0);
    for word in ["`it`", "a.toml"] {
        assert!(text.contains(word), "{text}");
    }
    goes_on(&bench, "it");
    fs::remove_file(bench.path("dags/a.toml")).unwrap();
    wrong(&bench, &[]);
    goes_on(&bench, "it");
    assert!(is_served(&bench, "it"));
    let last = runs(&bench, "it").last().unwrap()["run_id"].as_str().unwrap().to_owned();
    assert_eq!(crate::kit::shown(&bench, "it", &last)["task_instances"][0]["task_id"], "other");
}

#[test]
fn an_id_moves_to_another_file() {
    // Both orders: the file that takes the id is read before, and after the one that gives it away.
    for (from, to) in [("a.toml", "b.toml"), ("b.toml", "a.toml")] {
        let bench = bench(&[(from, &ticking("it")), (to, &ticking("other"))]);
        let _server = Server::start(&bench);
        serve(&bench, to, &ticking("it"));
        wrong(&bench, &[to]);
        serve(&bench, from, &ticking("new"));
        wrong(&bench, &[]);
        goes_on(&bench, "it");
        goes_on(&bench, "new");
        gone(&bench, "other");
    }
}

#[test]
fn two_files_change_places() {
    let bench = bench(&[("a.toml", &ticking("one")), ("b.toml", &ticking("two"))]);
    let server = Server::start(&bench);
    fs::rename(bench.path("dags/a.toml"), bench.path("c")).unwrap();
    fs::rename(bench.path("dags/b.toml"), bench.path("dags/a.toml")).unwrap();
    fs::rename(bench.path("c"), bench.path("dags/b.toml")).unwrap();
    eventually("both are known by their new files", || {
        let list = bench.run(["dag", "list", "--json"]).exits(0).json();
        let files = each(list["dags"].as_array().unwrap(), "fileloc");
        (files[0].ends_with("b.toml") && files[1].ends_with("a.toml")).then_some(())
    });
    wrong(&bench, &[]);
    goes_on(&bench, "one");
    goes_on(&bench, "two");
    server.stop();
}

#[test]
fn a_schedule_whose_params_lack_defaults_is_an_import_error() {
    let bench = bench(&[("it.toml", &format!("{}[params]\nword = {{}}\n", ticking("it")))]);
    let _server = Server::start(&bench);
    let text = wrong(&bench, &["it.toml"]).remove(0);
    assert!(text.contains("`word`"), "{text}");
}
