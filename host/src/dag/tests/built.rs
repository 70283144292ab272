use std::time::Duration;

use serde_json::json;

use super::GOOD;
use crate::dag::model::{Dag, TriggerRule};
use crate::dag::testing::{checked, known};
use crate::dag::{Checked, DagBuilder, check};

fn built(dag: &DagBuilder) -> Checked {
    check(&dag.draft(), &known())
}

fn edges(dag: &Dag) -> Vec<(String, Vec<String>)> {
    let id = |at: usize| dag.tasks[at].id.to_string();
    let upstream = dag.edges.upstream.iter().enumerate();
    upstream.map(|(at, up)| (id(at), up.iter().map(|up| id(up.index())).collect())).collect()
}

#[test]
fn a_dag_in_rust_is_the_dag_of_the_file() {
    let dag = DagBuilder::new("ml_pipeline");
    dag.set("description", "Which penguin is it?").set("schedule", "@daily").set("start_date", "2026-01-01");
    dag.set("tags", ["ml"]).param("rate", 1);
    dag.default_option("owner", "you").default_option("retries", 3).default_option("retry_delay", "5m");
    let preprocess = dag
        .task("preprocess_data", "preprocess")
        .input_file("data", "data/penguins.csv")
        .param("target", "species")
        .param("test_fraction", 0.25);
    let train = dag
        .task("train_model", "train")
        .input("train", preprocess.output("train"))
        .param("algorithm", "logistic_regression")
        .param("epochs", "{{ params.rate }}")
        .set("memory", "1GiB");
    dag.task("evaluate_model", "evaluate")
        .input("model", train.output("model"))
        .input("test", preprocess.output("test"))
        .input("loss", train.value())
        .param("note", "{{ ds }} {{ values.train_model.loss }}");
    let built = built(&dag);
    assert_eq!(built.diagnostics, []);
    let (built, read) = (built.dag.unwrap(), checked(GOOD).dag.unwrap());
    assert_eq!(built.settings, read.settings);
    assert_eq!(format!("{:?}", built.tasks), format!("{:?}", read.tasks));
    assert_eq!(built.edges, read.edges);
}

#[test]
fn arrows_order_tasks() {
    let dag = DagBuilder::new("x");
    let [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(|id| dag.task(id, "noop"));
    let _ = a >> b >> [c, d] >> e;
    let _ = a >> (e, f);
    let built = built(&dag).dag.unwrap();
    let expected = [
        ("a", vec![]),
        ("b", vec!["a"]),
        ("c", vec!["b"]),
        ("d", vec!["b"]),
        ("e", vec!["a", "c", "d"]),
        ("f", vec!["a"]),
    ];
    let expected = expected.map(|(id, up)| (id.to_owned(), up.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    assert_eq!(edges(&built), expected);
}

#[test]
fn options_have_their_own_functions() {
    let dag = DagBuilder::new("x");
    let a = dag.task("a", "noop");
    let b = dag.task("b", "noop");
    let pick = dag.task("pick", "pick").branch("large", &[a, b]);
    let _ = pick >> [a, b];
    a.retries(2, Duration::from_millis(1_500))
        .execution_timeout(Duration::from_secs(90))
        .trigger_rule(TriggerRule::AllDone);
    let built = built(&dag).dag.unwrap();
    assert_eq!(
        (built.tasks[0].terms.retry.retries, built.tasks[0].terms.retry.delay),
        (2, Duration::from_millis(1_500))
    );
    assert_eq!(built.tasks[0].terms.limits.execution_timeout, Duration::from_secs(90));
    assert_eq!(built.tasks[0].terms.trigger_rule, TriggerRule::AllDone);
    assert_eq!(built.tasks[2].terms.branches["large"].len(), 2);
}

#[test]
fn mistakes_have_a_path_but_no_place_in_a_text() {
    let dag = DagBuilder::new("x");
    let a = dag.task("a", "noop").set("retries", "many").after(dag.task("b", "noop"));
    dag.task("a", "noop");
    let _ = a >> a;
    dag.plugin_crate("unused", "../unused").plugin_version("train", "not one");
    let diagnostics = built(&dag).diagnostics;
    let found: Vec<_> = diagnostics.iter().map(|found| (found.path.as_str(), found.message.as_str())).collect();
    assert!(found.contains(&("tasks.a", "there are two tasks `a`")), "{found:?}");
    assert!(diagnostics.iter().all(|found| found.span.is_none()));
    assert!(found.iter().any(|(path, _)| *path == "plugins.train"), "{found:?}");
}

#[test]
fn values_that_nest_too_deep_are_refused() {
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let dag = DagBuilder::new("x");
    dag.task("a", "noop").param("deep", deep);
    assert_eq!(built(&dag).diagnostics[0].message, "a DAG is a table that nests at most 100 deep");
}
