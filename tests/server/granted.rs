//! What the operator allows a server's DAGs: folders that tasks see, files that come in.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::common::{Bench, instance};
use crate::kit::{Server, bench, configure, ended, eventually, serve, shown, trigger, until_task};

/// The folder of that name beside the home, by its whole path.
fn folder(bench: &Bench, name: &str) -> String {
    fs::create_dir_all(bench.path(name)).unwrap();
    fs::canonicalize(bench.path(name)).unwrap().display().to_string()
}

fn import_errors(bench: &Bench) -> String {
    bench.run(["dag", "import-errors"]).exits(0).stdout
}

/// Waits until the file of the served folder is an import error that says so.
#[track_caller]
fn until_wrong(bench: &Bench, words: &str) {
    eventually(words, || import_errors(bench).contains(words).then_some(()));
}

fn reading(data: &str) -> String {
    format!(
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams = {{ mode = \"read\", path = \"/data/x\" }}\n\
         grants.mounts = [{{ host = {data:?}, guest = \"/data\" }}]\n"
    )
}

#[test]
fn a_mount_that_is_not_allowed_is_an_import_error_until_the_operator_allows_it() {
    let bench = bench(&[]);
    let data = folder(&bench, "data");
    fs::write(bench.path("data/x"), "there").unwrap();
    serve(&bench, "it.toml", &reading(&data));
    let server = Server::start(&bench);
    let line = format!("allow.mounts = [{{ host = {data:?}, mode = \"ro\" }}]");
    let said = import_errors(&bench);
    assert!(said.contains("may not be mounted `ro`") && said.contains(&line), "{said}");
    server.stop();
    configure(&bench, &line);
    let _server = Server::start(&bench);
    trigger(&bench, "it");
    let run = ended(&bench, "it", 1).remove(0);
    let run = shown(&bench, "it", run["run_id"].as_str().unwrap());
    assert_eq!(instance(&run, "one")["value"]["ok"], "there");
}

/// A run whose first task ends when it is told to, and whose second sees the folder.
fn waiting(data: &str) -> String {
    format!(
        "id = \"it\"\n[tasks.wait]\nplugin = 'misbehave'\nparams.mode = \"loop\"\n\
         [tasks.one]\nplugin = 'misbehave'\nafter = [\"wait\"]\nretries = 1\nretry_delay = \"1ms\"\n\
         params = {{ mode = \"read\", path = \"/data/x\" }}\n\
         grants.mounts = [{{ host = {data:?}, guest = \"/data\" }}]\n"
    )
}

/// A server with a run that waits before the task that sees `data`.
fn under_way() -> (Bench, String, Server) {
    let bench = bench(&[]);
    let data = folder(&bench, "data");
    configure(&bench, &format!("allow.mounts = [{{ host = {data:?} }}]"));
    serve(&bench, "it.toml", &waiting(&data));
    let server = Server::start(&bench);
    trigger(&bench, "it");
    until_task(&bench, "it", "wait", "running");
    (bench, data, server)
}

#[test]
fn what_was_allowed_when_the_run_began_is_asked_again_when_its_task_starts() {
    let (bench, _, server) = under_way();
    server.kill();
    configure(&bench, "");
    let _server = Server::start(&bench);
    bench.run(["mark", "it", "latest", "wait", "success", "--reason", "go on"]).exits(0);
    let run = ended(&bench, "it", 1).remove(0);
    let run = shown(&bench, "it", run["run_id"].as_str().unwrap());
    let one = instance(&run, "one");
    assert_eq!((&one["state"], &one["error"]["code"]), (&json!("failed"), &json!("mount-refused")));
    assert_eq!(one["try_number"], 1, "no other try would help");
    assert!(one["error"]["message"].as_str().unwrap().contains("allow.mounts"), "{one}");
}

#[test]
fn a_folder_that_went_away_or_was_put_in_anothers_place_is_found_out_when_the_task_starts() {
    let (bench, data, _server) = under_way();
    fs::rename(&data, bench.path("away")).unwrap();
    bench.run(["mark", "it", "latest", "wait", "success", "--reason", "go on"]).exits(0);
    let run = ended(&bench, "it", 1).remove(0);
    let id = run["run_id"].as_str().unwrap().to_owned();
    let one = instance(&shown(&bench, "it", &id), "one").clone();
    assert_eq!((&one["error"]["code"], &one["try_number"]), (&json!("mount-missing"), &json!(2)), "it may come");
    let secret = folder(&bench, "secret");
    fs::write(bench.path("secret/x"), "secret").unwrap();
    symlink(secret, &data).unwrap();
    bench.run(["clear", "it", &id, "one"]).exits(0);
    eventually("it was refused", || {
        let one = instance(&shown(&bench, "it", &id), "one").clone();
        (one["state"] == "failed" && one["error"]["code"] == "mount-refused").then_some(())
    });
}

#[test]
fn input_files_come_from_the_folder_of_dag_files_or_one_that_is_allowed() {
    let outside = |file: &str| {
        format!(
            "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams = {{ mode = \"read\", path = \"/in/data\" }}\ninputs.data = {{ file = {file:?} }}\n"
        )
    };
    let bench = bench(&[]);
    let given = folder(&bench, "given");
    fs::write(bench.path("given/x.csv"), "outside").unwrap();
    serve(&bench, "it.toml", &outside("../given/x.csv"));
    let server = Server::start(&bench);
    let said = import_errors(&bench);
    let line = format!("allow.files = [{given:?}]");
    assert!(said.contains("lies outside the folder of DAG files") && said.contains(&line), "{said}");
    // A link in the folder leads out as well.
    symlink(bench.path("given/x.csv"), bench.path("dags/link.csv")).unwrap();
    serve(&bench, "it.toml", &outside("link.csv"));
    until_wrong(&bench, "link.csv");
    // A person may run it all the same.
    let run = bench.run(["run", "dags/it.toml", "--json"]).exits(0).json();
    assert_eq!(instance(&run, "one")["value"]["ok"], "outside");
    server.stop();
    configure(&bench, &line);
    let _server = Server::start(&bench);
    trigger(&bench, "it");
    let ran = ended(&bench, "it", 2);
    assert!(ran.iter().all(|run| run["state"] == "success"), "{ran:?}");
}

#[test]
fn a_link_that_leads_out_since_the_file_was_checked_brings_nothing_in() {
    let bench = bench(&[]);
    fs::create_dir_all(bench.path("dags")).unwrap();
    fs::write(bench.path("dags/x.csv"), "inside").unwrap();
    folder(&bench, "secret");
    fs::write(bench.path("secret/x.csv"), "secret").unwrap();
    serve(
        &bench,
        "it.toml",
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams = { mode = \"read\", path = \"/in/data\" }\ninputs.data = { file = \"x.csv\" }\n",
    );
    let _server = Server::start(&bench);
    fs::remove_file(bench.path("dags/x.csv")).unwrap();
    symlink(bench.path("secret/x.csv"), bench.path("dags/x.csv")).unwrap();
    let refused = bench.run(["trigger", "it", "--wait", "--json"]);
    let run = ended(&bench, "it", 1).remove(0);
    let run = shown(&bench, "it", run["run_id"].as_str().unwrap());
    let one = instance(&run, "one");
    assert_eq!(
        (&one["state"], &one["error"]["code"]),
        (&json!("failed"), &json!("missing-file")),
        "{}",
        refused.stderr
    );
    assert!(one["error"]["message"].as_str().unwrap().contains("lies outside"), "{one}");
}
