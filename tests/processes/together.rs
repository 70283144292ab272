//! Several processes at once on one home.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::common::{Bench, Ran, guest};

/// Often enough that an order of steps that goes wrong is met, seldom enough that nobody waits for it.
const ROUNDS: usize = 5;

fn dag(bench: &Bench, id: &str) {
    let dag = format!(
        "id = \"{id}\"\n[tasks.write]\nplugin = 'misbehave'\nparams = {{ mode = \"write\", text = \"same\" }}\n\
         [tasks.read]\nplugin = 'misbehave'\nparams = {{ mode = \"read\", path = \"/in/data\" }}\n\
         inputs.data = \"write.out\"\n"
    );
    bench.dag(&format!("{id}.toml"), &dag);
}

/// Starts all of them before it waits for any.
fn at_once(bench: &Bench, files: &[&str]) -> Vec<Ran> {
    let children: Vec<_> = files
        .iter()
        .map(|file| {
            let mut command = bench.command(["run", file, "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    children.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap())).collect()
}

/// All succeed; gives the ids of their runs.
#[track_caller]
fn succeed(all: Vec<Ran>) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    all.into_iter()
        .map(|ran| {
            let document = ran.exits(0).json();
            assert_eq!(document["state"], "success");
            (text(&document["dag_id"]), text(&document["run_id"]))
        })
        .collect()
}

#[test]
fn runs_of_the_same_dag_at_once_succeed_under_ids_of_their_own() {
    let bench = Bench::seeded();
    dag(&bench, "same");
    let mut ids = BTreeSet::new();
    for _ in 0..ROUNDS {
        ids.extend(succeed(at_once(&bench, &["same.toml", "same.toml"])));
    }
    assert_eq!(ids.len(), 2 * ROUNDS);
    assert_eq!(bench.run(["runs", "list", "same", "--json"]).exits(0).json()["total_entries"], 2 * ROUNDS);
}

#[test]
fn runs_of_different_dags_at_once_succeed() {
    let bench = Bench::seeded();
    dag(&bench, "left");
    dag(&bench, "right");
    for _ in 0..ROUNDS {
        succeed(at_once(&bench, &["left.toml", "right.toml"]));
    }
    for id in ["left", "right"] {
        let list = bench.run(["runs", "list", id, "--json"]).exits(0).json();
        assert_eq!(list["total_entries"], ROUNDS);
        assert!(list["dag_runs"].as_array().unwrap().iter().all(|run| run["state"] == "success"), "{list}");
    }
}

#[test]
fn runs_that_find_no_home_make_it_together() {
    // Outside of what is measured here, or the two would wait for each other there.
    guest("misbehave");
    let bench = Bench::new();
    dag(&bench, "new");
    let ids: BTreeSet<_> = succeed(at_once(&bench, &["new.toml", "new.toml", "new.toml"])).into_iter().collect();
    assert_eq!(ids.len(), 3);
}
