//! The three plugins one after the other, as the example's DAG wires them, natively and on the real table.

use std::path::{Path, PathBuf};

use dagwood_sdk::json;
use dagwood_sdk::testing::Harness;
use evaluate::Evaluate;
use evaluate::task as evaluate_ports;
use preprocess::Preprocess;
use preprocess::task as preprocess_ports;
use train::Train;
use train::task as train_ports;

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ml_pipeline/data/penguins.csv")
}

/// The accuracy on the held-out quarter, and all that was published on the way.
fn run(seed: u64) -> (f64, Vec<Vec<u8>>) {
    let params = json!({"target": "species", "test_fraction": 0.25});
    let prepared = Harness::<Preprocess>::new()
        .input(preprocess_ports::DATA, std::fs::read(table()).unwrap())
        .params(params)
        .seed(seed)
        .run();
    let (train_part, test_part) = (prepared.output(preprocess_ports::TRAIN), prepared.output(preprocess_ports::TEST));
    let trained = Harness::<Train>::new()
        .input(train_ports::TRAIN, train_part.clone())
        .params(json!({"algorithm": "logistic_regression"}))
        .run();
    assert_eq!(trained.done()["converged"], json!(true));
    let model = trained.output(train_ports::MODEL);
    let evaluated = Harness::<Evaluate>::new()
        .input(evaluate_ports::MODEL, model.clone())
        .input(evaluate_ports::TEST, test_part.clone())
        .run();
    let accuracy = evaluated.done()["accuracy"].as_f64().unwrap();
    let metrics = evaluated.output(evaluate_ports::METRICS);
    let picture = evaluated.output(evaluate_ports::CONFUSION_MATRIX);
    (accuracy, vec![train_part, test_part, model, metrics, picture])
}

#[test]
fn over_twenty_seeds_the_species_is_told_at_least_as_often_as_promised() {
    let mut accuracies = (1..=20).map(|seed| run(seed).0).collect::<Vec<_>>();
    accuracies.sort_by(f64::total_cmp);
    let median = (accuracies[9] + accuracies[10]) / 2.0;
    assert!(accuracies[0] >= 0.95 && median >= 0.97, "{accuracies:?}");
}

#[test]
fn rows_that_another_transformation_made_are_told_of() {
    let [train_part, _, model, ..] = &run(3).1[..] else { panic!("five files") };
    let told = |test_part: &[u8]| {
        let evaluated = Harness::<Evaluate>::new()
            .input(evaluate_ports::MODEL, model.clone())
            .input(evaluate_ports::TEST, test_part)
            .run();
        evaluated.logs().iter().any(|line| line.message.contains("another transformation"))
    };
    assert!(!told(train_part) && told(&run(4).1[1]));
}

#[test]
fn the_same_seed_gives_the_same_bytes_all_the_way() {
    assert_eq!(run(3).1, run(3).1);
    assert_ne!(run(3).1, run(4).1);
}
