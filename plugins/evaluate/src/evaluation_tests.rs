use std::path::{Path, PathBuf};

use dagwood_tabular::model::{Estimator, Model, write_model};
use dagwood_tabular::parquet::{
    Layout, Piece, TableWriter, read_dataset, read_kept, read_target, write_dataset, write_features,
};
use dagwood_tabular::wording::with_causes;
use dagwood_tabular::{Column, ColumnData, Dataset, FeatureSpec, Labels, Matrix, Target, TextColumn};
use tempfile::TempDir;

use super::{Evaluated, Inputs, Outputs, evaluate};
use crate::error::EvaluateError;
use crate::figures::Figure;
use crate::fixture::model;
use crate::params::{Mode, Params};

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
    run_against(model, None, data, params)
}

fn run_against(model: &Model, baseline: Option<&Model>, data: &Dataset, params: &Params) -> Tried {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    write_model(&path("model"), model).unwrap();
    if let Some(baseline) = baseline {
        write_model(&path("baseline"), baseline).unwrap();
    }
    write_dataset(&path("test"), data).unwrap();
    let answer = evaluate_in(folder.path(), baseline.is_some(), params);
    Tried { folder, answer }
}

/// Evaluates the files `model`, `test` and `baseline` in a folder.
fn evaluate_in(folder: &Path, with_baseline: bool, params: &Params) -> Result<Evaluated, EvaluateError> {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let (model, test, baseline) = (path("model"), path("test"), path("baseline"));
    let inputs = Inputs { model: &model, test: &test, baseline: with_baseline.then_some(&baseline) };
    let outputs = Outputs {
        metrics: &path("metrics"),
        predictions: &path("predictions"),
        confusion_matrix: &path("svg"),
        roc: &path("roc"),
        precision_recall: &path("precision_recall"),
        calibration: &path("calibration"),
        residuals: &path("residuals"),
        loss: &path("loss"),
    };
    evaluate(inputs, outputs, params)
}

#[test]
fn the_result_the_file_and_the_picture_say_the_same() {
    let tried = run(&model(), &dataset(&["no", "yes", "yes", "yes"]));
    let evaluated = tried.answer.as_ref().unwrap();
    assert_eq!((evaluated.summary.figures.accuracy, evaluated.summary.rows), (Some(0.75), 4));
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
        ..Params::default()
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
    assert_eq!(summary.figures.accuracy, Some(0.5));
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
fn what_the_model_does_not_use_may_be_texts_and_gaps() {
    let mut data = dataset(&["no", "yes", "yes", "yes"]);
    let none = dagwood_tabular::Feature::NO_CATEGORY;
    data.features.push_one_hot("comment".into(), vec!["late again".into()], vec![0, none, none, none]);
    data.features.push("gaps".into(), vec![f64::NAN; 4]);
    let evaluated = run(&model(), &data).answer.unwrap();
    assert_eq!(evaluated.summary.figures.accuracy, Some(0.75));
    assert_eq!(
        evaluated.warnings,
        ["3 columns not used, since the model was trained without: \"c\", \"comment\", \"gaps\""]
    );
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

    let folder = TempDir::new().unwrap();
    write_model(&folder.path().join("model"), &three).unwrap();
    write_dataset(&folder.path().join("test"), &huge).unwrap();
    let predict = Params { mode: Mode::Predict, ..Params::default() };
    assert_eq!(evaluate_in(folder.path(), false, &predict).unwrap_err().code(), "not-finite");
    assert!(!folder.path().join("predictions").exists(), "half a table is none");
}

#[test]
fn files_in_the_wrong_place_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    write_model(&path("model"), &model()).unwrap();
    write_dataset(&path("test"), &dataset(&["no", "yes"])).unwrap();
    let code = |model: &str, test: &str| {
        let inner = TempDir::new().unwrap();
        for (name, from) in [("model", model), ("test", test)] {
            let _ = std::fs::copy(path(from), inner.path().join(name));
        }
        evaluate_in(inner.path(), false, &Params::default()).unwrap_err().code()
    };
    assert_eq!(code("test", "test"), "not-a-model");
    assert_eq!(code("model", "model"), "not-parquet");
    assert_eq!(code("model", "gone"), "unreadable-input");
}

/// Estimates `delay` as 10 `a`.
fn regression() -> Model {
    let estimator = Estimator::LinearRegression { l2: 1.0, coefficients: vec![10.0, 0.0], intercept: 0.0 };
    Model { target: "delay".into(), classes: vec![], estimator, ..model() }
}

fn delays() -> Dataset {
    let target = Target::Numbers(vec![-15.0, -5.0, 5.0, 19.0]);
    Dataset { target_name: "delay".into(), target, ..dataset(&["no"; 4]) }
}

#[test]
fn a_model_of_a_number_has_errors_and_residuals_and_no_classes() {
    let tried = run(&regression(), &delays());
    let summary = &tried.answer.as_ref().unwrap().summary;
    assert_eq!((summary.figures.rmse, summary.figures.mae), (Some(2.0), Some(1.0)));
    assert_eq!((summary.figures.accuracy, summary.classes.as_ref()), (None, None));
    let metrics: serde_json::Value = serde_json::from_str(&tried.read("metrics")).unwrap();
    assert_eq!((&metrics["rmse"], metrics.get("confusion_matrix")), (&serde_json::json!(2.0), None));
    assert!(tried.read("residuals").contains("RMSE 2.0000, MAE 1.0000"));
    assert!(tried.read("loss").contains("<svg") && !tried.folder.path().join("roc").exists());

    let gate = Params { minimum: [(Figure::Accuracy, 0.5)].into(), ..Params::default() };
    let (code, words) = run_with(&regression(), &delays(), &gate).refusal();
    assert!(code == "not-good-enough" && words.contains("a model of a number has none"), "{words}");
    let (code, words) =
        run(&regression(), &Dataset { target_name: "delay".into(), ..dataset(&["no", "yes"]) }).refusal();
    assert!(code == "model-data-mismatch" && words.contains("estimates a number"), "{words}");
}

#[test]
fn an_earlier_model_is_compared_on_the_same_rows_whatever_its_order_of_classes() {
    let data = dataset(&["no", "no", "yes", "yes"]);
    let earlier = Model {
        classes: vec!["yes".into(), "no".into()],
        features: specs(&["c"]),
        estimator: Estimator::LogisticRegression { l2: 1.0, coefficients: vec![vec![1.0]], intercepts: vec![0.0] },
        ..model()
    };
    let no_worse = Params { no_worse_in: vec![Figure::RocAuc, Figure::LogLoss], ..Params::default() };
    let tried = run_against(&model(), Some(&earlier), &data, &no_worse);
    let summary = &tried.answer.as_ref().unwrap().summary;
    let comparison = summary.comparison.as_ref().unwrap();
    let accuracy = comparison[&Figure::Accuracy];
    assert_eq!((summary.figures.accuracy, accuracy.baseline, accuracy.difference), (Some(1.0), 0.5, 0.5));
    assert!(comparison[&Figure::LogLoss].difference < 0.0);
    assert!(tried.read("metrics").contains("\"comparison\"") && tried.read("roc").contains("baseline 0.5000"));

    let (code, words) = run_against(&earlier, Some(&model()), &data, &no_worse).refusal();
    assert_eq!(code, "not-good-enough");
    assert!(words.contains("roc_auc is 0.5000, and must be no worse than the earlier model's 1.0000"), "{words}");
    assert!(words.contains("log_loss is"), "{words}");
}

#[test]
fn a_model_that_has_its_classes_in_another_order_is_as_good_as_itself() {
    let data = dataset(&["no", "yes", "no", "yes", "yes", "no", "yes"]);
    // Log-odds of "no" are those of "yes" with the other sign.
    let estimator =
        Estimator::LogisticRegression { l2: 1.0, coefficients: vec![vec![-2.0, 0.0]], intercepts: vec![0.0] };
    let turned = Model { classes: vec!["yes".into(), "no".into()], estimator, ..model() };
    let tried = run_against(&model(), Some(&turned), &data, &Params::default());
    let comparison = tried.answer.as_ref().unwrap().summary.comparison.as_ref().unwrap();
    assert_eq!(comparison.len(), 8);
    assert!(comparison.values().all(|compared| compared.difference.abs() < 1e-12), "{comparison:?}");
    let svg = tried.read("precision_recall");
    let figure = |who: &str| svg.split(who).nth(1).unwrap()[..6].to_owned();
    assert_eq!(figure("model "), figure("baseline "), "{svg}");
}

#[test]
fn an_earlier_model_that_cannot_be_compared_is_told_so() {
    let data = dataset(&["no", "no", "yes", "yes"]);
    let against = |earlier: &Model| run_against(&model(), Some(earlier), &data, &Params::default()).refusal();
    let (code, words) = against(&Model { target: "delay".into(), ..model() });
    assert!(code == "baseline-mismatch" && words.contains("predicts \"delay\""), "{words}");
    let (code, words) = against(&Model { classes: vec!["a".into(), "b".into()], ..model() });
    assert!(code == "baseline-mismatch" && words.contains("\"a\", \"b\""), "{words}");
    let (code, words) = against(&Model { target: "late".into(), ..regression() });
    assert!(code == "baseline-mismatch" && words.contains("estimates a number"), "{words}");
    let (code, words) = against(&Model { features: specs(&["gone", "b"]), ..model() });
    assert!(code == "model-data-mismatch" && words.contains("earlier model") && words.contains("\"gone\""), "{words}");
    let params = Params { no_worse_in: vec![Figure::F1], ..Params::default() };
    assert_eq!(run_with(&model(), &data, &params).refusal().0, "bad-params");
}

#[test]
fn predictions_need_no_target_and_say_what_a_judgement_is_made_of() {
    let folder = TempDir::new().unwrap();
    let data = dataset(&["no", "no", "no", "yes"]);
    write_model(&folder.path().join("model"), &model()).unwrap();
    write_features(&folder.path().join("test"), &data.features).unwrap();
    let predict = Params { mode: Mode::Predict, ..Params::default() };
    assert_eq!(evaluate_in(folder.path(), false, &predict).unwrap().summary.rows, 4);
    assert!(!folder.path().join("metrics").exists());
    let file = folder.path().join("predictions");
    let predicted = read_dataset(&file, Some("prediction")).unwrap();
    let Target::Classes(labels) = &predicted.target else { panic!("classes are texts") };
    assert_eq!(labels.texts().collect::<Vec<_>>(), ["no", "no", "yes", "yes"]);
    assert_eq!(predicted.features.names(), ["probability=no", "probability=yes"]);

    write_dataset(&folder.path().join("test"), &data).unwrap();
    evaluate_in(folder.path(), false, &predict).unwrap();
    assert_eq!(read_target(&file, "late").unwrap(), data.target, "a target that is known is written, too");

    let tried = run_with(&model(), &data, &Params { predictions: true, ..Params::default() });
    assert_eq!(tried.answer.as_ref().unwrap().summary.figures.accuracy, Some(0.75));
    let beside = read_dataset(&tried.folder.path().join("predictions"), None).unwrap();
    assert_eq!((beside.target_name.as_str(), &beside.target), ("late", &data.target));

    let target = || "prediction".to_owned();
    let (named_so, data) = (Model { target: target(), ..model() }, Dataset { target_name: target(), ..data });
    let tried = run_with(&named_so, &data, &Params { predictions: true, ..Params::default() });
    let names = read_dataset(&tried.folder.path().join("predictions"), None).unwrap().features.names();
    assert!(names.contains(&"predicted=yes".into()), "{names:?}");

    let gate = Params { minimum: [(Figure::F1, 0.5)].into(), ..predict };
    assert_eq!(run_with(&model(), &data, &gate).refusal().0, "bad-params");
}

#[test]
fn a_target_that_is_none_is_no_hindrance_to_predict() {
    let folder = TempDir::new().unwrap();
    let data = dataset(&["no", "no", "yes", "yes"]);
    write_model(&folder.path().join("model"), &model()).unwrap();
    let mut features = data.features.clone();
    features.push_one_hot("late".into(), vec!["no".into()], vec![0, dagwood_tabular::Feature::NO_CATEGORY]);
    write_features(&folder.path().join("test"), &features).unwrap();
    let predict = Params { mode: Mode::Predict, ..Params::default() };
    let told = evaluate_in(folder.path(), false, &predict).unwrap().warnings;
    assert!(
        told[0].contains("the target is not written") && told[0].contains("row 2, column \"late\": a gap"),
        "{told:?}"
    );
    assert_eq!(read_dataset(&folder.path().join("predictions"), Some("prediction")).unwrap().features.rows(), 4);
}

#[test]
fn what_was_kept_stands_beside_the_predictions() {
    let folder = TempDir::new().unwrap();
    let data = dataset(&["no", "no", "yes", "yes"]);
    let ids = TextColumn::of(["f1", "f2", "f3", "f4"].map(Some));
    let numbers = Column { name: "probability=yes".into(), data: ColumnData::Number(vec![0.5; 4]) };
    let kept = vec![Column { name: "id".into(), data: ColumnData::Text(ids) }, numbers];
    let features = data.features.specs();
    let layout = Layout { features: &features, kept: &kept, ..Layout::default() };
    write_model(&folder.path().join("model"), &model()).unwrap();
    let mut writer = TableWriter::create(&folder.path().join("test"), &layout).unwrap();
    writer.write(Piece { target: None, features: &data.features, kept: &kept }).unwrap();
    writer.close().unwrap();
    let predict = Params { mode: Mode::Predict, ..Params::default() };
    assert!(evaluate_in(folder.path(), false, &predict).unwrap().warnings.is_empty());
    let found = read_kept(&folder.path().join("predictions")).unwrap();
    assert_eq!((&found[0], &found[1].data), (&kept[0], &kept[1].data));
    assert_eq!(found[1].name, "kept.probability=yes", "its name is taken");
}

#[test]
fn a_model_of_other_categories_or_another_transformation_is_told_of() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut data = dataset(&["no", "no", "yes", "yes"]);
    data.features.push_one_hot("g".into(), texts(&["g0", "g1"]), vec![0, 1, 0, 1]);
    let knows = |categories: &[&str]| Model {
        features: vec![
            FeatureSpec::Number("a".into()),
            FeatureSpec::OneHot { column: "g".into(), categories: texts(categories) },
        ],
        estimator: Estimator::LogisticRegression {
            l2: 1.0,
            coefficients: vec![vec![2.0, 0.0, 0.0]],
            intercepts: vec![0.0],
        },
        transform: Some("0123".into()),
        ..model()
    };
    let told = run(&knows(&["g0", "gx"]), &data).answer.unwrap().warnings;
    assert!(
        told[0].contains("column \"g\": 2 rows with a category that the model does not know, first \"g1\" in row 2"),
        "{told:?}"
    );
    let (code, words) = run(&knows(&["G0", "G1"]), &data).refusal();
    assert!(code == "model-data-mismatch" && words.contains("no text in it is a category"), "{words}");

    let mut empty = dataset(&["no", "no", "yes", "yes"]);
    empty.features.push_one_hot("g".into(), texts(&["g0"]), vec![dagwood_tabular::Feature::NO_CATEGORY; 4]);
    let told = run(&knows(&["g0", "g1"]), &empty).answer.unwrap().warnings;
    assert_eq!(told[0], "column \"g\": no row has a category");

    let folder = TempDir::new().unwrap();
    write_model(&folder.path().join("model"), &knows(&["g0", "g1"])).unwrap();
    let warnings = |transform: &str| {
        let features = data.features.specs();
        let target = Some(("late", &data.target));
        let layout = Layout { target, features: &features, kept: &[], transform: Some(transform) };
        let mut writer = TableWriter::create(&folder.path().join("test"), &layout).unwrap();
        writer.write(Piece { target: Some(&data.target), features: &data.features, kept: &[] }).unwrap();
        writer.close().unwrap();
        evaluate_in(folder.path(), false, &Params::default()).unwrap().warnings
    };
    assert!(!warnings("0123").iter().any(|warning| warning.contains("another transformation")));
    assert!(warnings("4567")[0].contains("another transformation (4567)"), "{:?}", warnings("4567"));
}
