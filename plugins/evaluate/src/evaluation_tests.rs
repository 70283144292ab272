use std::path::PathBuf;

use dagwood_tabular::model::{Estimator, FORMAT, Model, Training, VERSION, write_model};
use dagwood_tabular::parquet::write_dataset;
use dagwood_tabular::wording::with_causes;
use dagwood_tabular::{Dataset, FeatureSpec, Labels, Matrix, Target};
use tempfile::TempDir;

use super::{Evaluated, Files, evaluate};
use crate::error::EvaluateError;
use crate::params::{Figure, Params};

/// Predicts "yes" where `a` is above 0.
fn model() -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: "train 0.1.0".into(),
        target: "late".into(),
        classes: vec!["no".into(), "yes".into()],
        features: specs(&["a", "b"]),
        estimator: Estimator::LogisticRegression { l2: 1.0, coefficients: vec![vec![2.0, 0.0]], intercepts: vec![0.0] },
        training: Training { rows: 9, iterations: 1, converged: true, loss: 0.1, log_loss: 0.1, accuracy: 1.0 },
        importance: vec![],
    }
}

fn specs(names: &[&str]) -> Vec<FeatureSpec> {
    names.iter().map(|name| FeatureSpec::Number((*name).to_owned())).collect()
}

/// Four rows; the features in another order than the model's, and one more.
fn dataset(labels: &[&str]) -> Dataset {
    let mut features = Matrix::with_rows(labels.len());
    features.push("c".into(), vec![9.0; labels.len()]);
    features.push("b".into(), vec![5.0; labels.len()]);
    features.push("a".into(), (0..labels.len()).map(|row| row as f64 - 1.5).collect());
    Dataset { target_name: "late".into(), target: Target::Classes(Labels::new(labels)), features }
}

struct Tried {
    folder: TempDir,
    answer: Result<Evaluated, EvaluateError>,
}

impl Tried {
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn refusal(self) -> (&'static str, String) {
        let error = self.answer.unwrap_err();
        (error.code(), with_causes(&error))
    }
}

fn run(model: &Model, data: &Dataset) -> Tried {
    run_with(model, data, &Params::default())
}

fn run_with(model: &Model, data: &Dataset, params: &Params) -> Tried {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    write_model(&path("model"), model).unwrap();
    write_dataset(&path("test"), data).unwrap();
    let [model, test, metrics, confusion_matrix] = ["model", "test", "metrics", "svg"].map(path);
    let files = Files { model: &model, test: &test, metrics: &metrics, confusion_matrix: &confusion_matrix };
    let answer = evaluate(files, params);
    Tried { folder, answer }
}

#[test]
fn the_result_the_file_and_the_picture_say_the_same() {
    let tried = run(&model(), &dataset(&["no", "yes", "yes", "yes"]));
    let evaluated = tried.answer.as_ref().unwrap();
    assert_eq!((evaluated.summary.accuracy, evaluated.summary.rows), (0.75, 4));
    assert_eq!(evaluated.summary.classes.as_ref().unwrap()["no"].precision, 0.5);
    assert_eq!(evaluated.warnings, ["1 column not used, since the model was trained without: \"c\""]);
    let metrics = serde_json::from_str::<serde_json::Value>(&tried.read("metrics")).unwrap();
    assert_eq!(metrics["accuracy"], 0.75);
    assert_eq!(metrics["confusion_matrix"], serde_json::json!([[1, 0], [1, 2]]));
    assert_eq!(metrics["classes"][1]["class"], "yes");
    assert_eq!(metrics["classes"][1]["support"], 3);
    assert!(tried.read("svg").contains("4 rows, 75.0 % right"));
}

#[test]
fn a_model_that_is_not_good_enough_is_refused_with_its_figures_when_all_is_written() {
    let data = dataset(&["no", "yes", "yes", "yes"]);
    let asks = |minimum: &[(Figure, f64)], maximum: &[(Figure, f64)]| Params {
        minimum: minimum.iter().copied().collect(),
        maximum: maximum.iter().copied().collect(),
    };
    let modest = asks(&[(Figure::Accuracy, 0.75), (Figure::RocAuc, 0.9)], &[(Figure::LogLoss, 5.0)]);
    assert!(run_with(&model(), &data, &modest).answer.is_ok());
    let strict = asks(&[(Figure::Accuracy, 0.8)], &[(Figure::Brier, 0.0)]);
    let tried = run_with(&model(), &data, &strict);
    assert!(tried.read("metrics").contains("\"roc_auc\"") && tried.read("svg").contains("<svg"));
    let (code, words) = tried.refusal();
    assert_eq!(code, "not-good-enough");
    assert!(words.contains("accuracy is 0.7500, and must be at least 0.8; brier is 0."), "{words}");
    let of_one_class = asks(&[(Figure::RocAuc, 0.5)], &[]);
    let (_, words) = run_with(&model(), &dataset(&["yes"; 4]), &of_one_class).refusal();
    assert!(words.contains("do not tell it"), "{words}");
}

#[test]
fn classes_are_matched_by_name_even_if_the_rows_have_one_only() {
    let summary = run(&model(), &dataset(&["yes"; 4])).answer.unwrap().summary;
    assert_eq!(summary.accuracy, 0.5);
    assert_eq!(summary.classes.unwrap()["no"].support, 0);
}

#[test]
fn a_model_and_a_table_that_do_not_fit_each_other_are_told_so() {
    let good = dataset(&["no", "yes", "yes", "yes"]);
    let (code, message) = run(&model(), &dataset(&["no", "maybe", "yes", "maybe"])).refusal();
    assert_eq!(code, "model-data-mismatch");
    assert!(message.contains("row 2 is of the class \"maybe\"") && message.contains("\"no\", \"yes\""), "{message}");

    let other_target = Model { target: "delay".into(), ..model() };
    let (code, message) = run(&other_target, &good).refusal();
    assert_eq!(code, "model-data-mismatch");
    assert!(message.contains("no column \"delay\""), "{message}");

    let features = specs(&["a", "month"]);
    let (code, message) = run(&Model { features, ..model() }, &good).refusal();
    assert_eq!(code, "model-data-mismatch");
    assert!(message.contains("lacks 1 feature") && message.contains("\"month\""), "{message}");

    let numbers = Dataset { target: Target::Numbers(vec![0.0; 4]), ..good };
    assert_eq!(run(&model(), &numbers).refusal().0, "model-data-mismatch");
}

#[test]
fn scores_beyond_all_numbers_are_named_by_row() {
    let mut features = Matrix::with_rows(2);
    features.push("a".into(), vec![1.0, 1e308]);
    features.push("b".into(), vec![0.0, 1e308]);
    let huge = Dataset { features, ..dataset(&["no", "yes"]) };
    let mut three = model();
    three.classes.push("z".into());
    three.estimator = Estimator::LogisticRegression {
        l2: 1.0,
        coefficients: vec![vec![10.0, 0.0], vec![10.0, 10.0], vec![0.0, 0.0]],
        intercepts: vec![0.0; 3],
    };
    let (code, message) = run(&three, &huge).refusal();
    assert_eq!(code, "not-finite");
    assert!(message.contains("row 2"), "{message}");
}

#[test]
fn files_in_the_wrong_place_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    write_model(&path("model"), &model()).unwrap();
    write_dataset(&path("test"), &dataset(&["no", "yes"])).unwrap();
    let code = |model: &str, test: &str| {
        let files =
            Files { model: &path(model), test: &path(test), metrics: &path("metrics"), confusion_matrix: &path("svg") };
        evaluate(files, &Params::default()).unwrap_err().code()
    };
    assert_eq!(code("test", "test"), "not-a-model");
    assert_eq!(code("model", "model"), "not-parquet");
    assert_eq!(code("model", "gone"), "unreadable-input");
}
