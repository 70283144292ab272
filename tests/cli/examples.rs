//! Every example runs as its README says.

use crate::common::{Bench, instance, root, states};

#[test]
fn ml_pipeline_tells_penguins_apart() {
    let bench = Bench::seeded();
    let ran = bench.run(["run".as_ref(), root().join("examples/ml_pipeline/dag.toml").as_os_str(), "--json".as_ref()]);
    let document = ran.exits(0).json();
    assert_eq!(document["dag_id"], "ml_pipeline");
    assert_eq!(document["state"], "success");
    let evaluated = instance(&document, "evaluate_model");
    assert!(evaluated["value"]["accuracy"].as_f64().unwrap() >= 0.95, "{evaluated}");
    let model = instance(&document, "train_model");
    assert_eq!(model["try_number"], 1);
    assert!(model["metrics"]["loss"].as_f64().unwrap() < 0.5, "{model}");
    assert_eq!(model["outputs"][0]["port"], "model");
}

#[test]
fn hello_greets_whom_its_parameter_names() {
    let bench = Bench::seeded();
    let dag = root().join("examples/hello/dag.toml");
    let ran = bench.run(["run".as_ref(), dag.as_os_str(), "--param".as_ref(), "name=Ada".as_ref(), "--json".as_ref()]);
    let document = ran.exits(0).json();
    assert_eq!(instance(&document, "greet")["value"]["text"], "Hello, Ada!");
}

#[test]
fn branching_goes_the_chosen_way_and_names_every_other_state() {
    let bench = Bench::seeded();
    let dag = root().join("examples/branching/dag.toml");
    let document = bench.run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]).exits(0).json();
    let expected = [
        ("announce", "skipped"),
        ("archive", "success"),
        ("celebrate", "upstream_failed"),
        ("check_news", "skipped"),
        ("choose_way", "success"),
        ("large", "success"),
        ("raise_alarm", "success"),
        ("report", "success"),
        ("small", "skipped"),
        ("tidy_up", "success"),
        ("upload", "failed"),
    ]
    .map(|(task, state)| (task.to_owned(), state.to_owned()));
    assert_eq!(states(&document), expected.into());
    assert_eq!(document["state"], "success");
}

#[test]
fn sensor_pokes_until_it_is_done() {
    let bench = Bench::seeded();
    let dag = root().join("examples/sensor/dag.toml");
    let document = bench.run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]).exits(0).json();
    assert_eq!(document["state"], "success");
    let poked = instance(&document, "wait_for_pokes");
    assert_eq!((&poked["value"]["pokes"], &poked["try_number"]), (&3.into(), &1.into()));
}
