use super::*;
use crate::dag::testing::{catalog, plugin};
use crate::dag::{Draft, check};
use crate::ids::{DagId, RunId};

/// a → b → d, a → c → d
fn diamond() -> Dag {
    let task = |id: &str| format!("[tasks.{id}]\nplugin = 'p'\n");
    let tasks: String = ["a", "b", "c", "d"].map(task).concat();
    let text = format!("id = 'x'\nflow = ['a >> [b, c]', '[b, c] >> d']\n{tasks}");
    let checked = check(&Draft::from_toml(&text), &catalog([plugin("p")]));
    checked.dag.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

fn asked(tasks: &[&str]) -> Clear {
    Clear {
        dag: DagId::new("x").unwrap(),
        run: RunId::new("r").unwrap(),
        tasks: tasks.iter().map(|task| TaskId::new(task).unwrap()).collect(),
        upstream: false,
        downstream: false,
        only_failed: false,
        dry_run: false,
    }
}

fn chosen(clear: &Clear, states: &[TaskState]) -> String {
    let dag = diamond();
    let chosen = select(&dag, states, clear).unwrap();
    chosen.iter().map(|ix| dag.task(*ix).unwrap().id.to_string()).collect::<Vec<_>>().join(" ")
}

const DONE: [TaskState; 4] = [TaskState::Success; 4];

#[test]
fn the_named_tasks_are_meant_and_all_if_none_is_named() {
    assert_eq!(chosen(&asked(&["c"]), &DONE), "c");
    assert_eq!(chosen(&asked(&["d", "a"]), &DONE), "a d");
    assert_eq!(chosen(&asked(&[]), &DONE), "a b c d");
}

#[test]
fn what_comes_before_or_after_them_is_meant_if_that_is_wanted() {
    assert_eq!(chosen(&Clear { downstream: true, ..asked(&["b"]) }, &DONE), "b d");
    assert_eq!(chosen(&Clear { upstream: true, ..asked(&["b"]) }, &DONE), "a b");
    assert_eq!(chosen(&Clear { upstream: true, downstream: true, ..asked(&["b"]) }, &DONE), "a b d");
    assert_eq!(chosen(&Clear { downstream: true, ..asked(&["a"]) }, &DONE), "a b c d");
}

#[test]
fn of_those_only_the_failed_ones_are_meant_if_that_is_wanted() {
    let states = [TaskState::Success, TaskState::Failed, TaskState::Skipped, TaskState::UpstreamFailed];
    assert_eq!(chosen(&Clear { only_failed: true, ..asked(&[]) }, &states), "b d");
    assert_eq!(chosen(&Clear { only_failed: true, ..asked(&["a", "c"]) }, &states), "");
}

#[test]
fn all_names_that_are_not_there_are_told() {
    let unknown = select(&diamond(), &DONE, &asked(&["a", "x", "y"])).unwrap_err();
    assert_eq!(unknown.iter().map(TaskId::as_str).collect::<Vec<_>>(), ["x", "y"]);
}
