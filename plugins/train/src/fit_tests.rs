use std::path::Path;

use dagwood_tabular::model::{Model, read_model};
use dagwood_tabular::parquet::write_dataset;
use dagwood_tabular::{Dataset, FeatureSpec, Labels, Matrix, Target};
use tempfile::TempDir;

use super::{check_size, check_weights, train};
use crate::error::TrainError;
use crate::params::{Algorithm, Balanced, ClassWeights, Params, Stopping};
use crate::report::Trained;

fn dataset(target: Target) -> Dataset {
    let mut features = Matrix::with_rows(6);
    features.push("a".into(), vec![-1.0, -0.5, -0.2, 0.1, 0.6, 1.0]);
    features.push("b".into(), vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    Dataset { target_name: "y".into(), target, features }
}

fn two_classes() -> Target {
    Target::Classes(Labels::new(&["no", "no", "no", "yes", "yes", "yes"]))
}

fn run(folder: &Path, data: &Dataset, params: &Params) -> Result<Trained, TrainError> {
    let table = folder.join("train.parquet");
    write_dataset(&table, data).unwrap();
    train(&table, &folder.join("model.json"), params, 1, |_| {})
}

#[test]
fn a_model_is_written_whose_figures_are_those_of_the_result() {
    let folder = TempDir::new().unwrap();
    let summary = run(folder.path(), &dataset(two_classes()), &Params::default()).unwrap().summary;
    let model = read_model(&folder.path().join("model.json")).unwrap();
    assert_eq!(model.target, "y");
    assert_eq!(model.classes, ["no", "yes"]);
    assert_eq!(model.features, ["a", "b"].map(|name| FeatureSpec::Number(name.into())));
    assert_eq!((model.training.loss, model.training.iterations), (summary.loss, summary.iterations));
    assert!(summary.converged && summary.accuracy == Some(1.0) && summary.log_loss.unwrap() < summary.loss);
}

#[test]
fn the_loss_is_watched_from_the_start_and_never_rises() {
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("train.parquet");
    write_dataset(&table, &dataset(two_classes())).unwrap();
    let mut losses = Vec::new();
    let model = folder.path().join("model.json");
    let trained = train(&table, &model, &Params::default(), 1, |step| losses.push((step.round, step.loss))).unwrap();
    assert_eq!(losses[0], (0, std::f64::consts::LN_2));
    assert_eq!(losses.last(), Some(&(trained.summary.iterations, trained.summary.loss)));
    let kept = read_model(&model).unwrap().training.losses;
    assert_eq!(kept, losses.iter().map(|(_, loss)| *loss).collect::<Vec<_>>());
    assert!(losses.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1 && pair[1].1 <= pair[0].1));
}

fn regression(algorithm: Algorithm) -> Params {
    let plain = Params { algorithm, ..Params::default() };
    if algorithm == Algorithm::GradientBoostedTrees { Params { min_leaf_rows: 1, ..plain } } else { plain }
}

/// What the model says of all rows.
fn said(model: &Model, features: &Matrix) -> Vec<f64> {
    let mut all = Vec::new();
    model.say(features, 0..features.rows(), |_, said| all.extend_from_slice(said));
    all
}

#[test]
fn a_number_is_estimated_in_its_own_unit_by_a_line_and_by_trees() {
    // 1000 + 40 a + 7 b, and a unit of its own.
    let values = vec![960.0, 987.0, 992.0, 1011.0, 1024.0, 1047.0];
    let data = dataset(Target::Numbers(values.clone()));
    for (params, most) in [
        (Params { l2: Some(0.0), tolerance: 1e-9, ..regression(Algorithm::LinearRegression) }, 1e-4),
        (regression(Algorithm::GradientBoostedTrees), 0.1),
    ] {
        let folder = TempDir::new().unwrap();
        let summary = run(folder.path(), &data, &params).unwrap().summary;
        let model = read_model(&folder.path().join("model.json")).unwrap();
        assert!(model.is_regression() && summary.classes.is_none() && summary.accuracy.is_none());
        let estimates = said(&model, &data.features);
        for (found, value) in estimates.iter().zip(&values) {
            assert!((found - value).abs() < most, "{found} is not {value}");
        }
        let squares: f64 = estimates.iter().zip(&values).map(|(found, value)| (found - value).powi(2)).sum();
        assert!((summary.rmse.unwrap() - (squares / 6.0).sqrt()).abs() < 1e-9);
        assert!(summary.r2.unwrap() > 0.99);
        // The loss before the first iteration is that of the mean, in the unit of the target, squared.
        let mean = values.iter().sum::<f64>() / 6.0;
        let first = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 12.0;
        assert!((model.training.losses[0] - first).abs() < 1e-9 * first);
        assert_eq!(model.training.losses.len(), summary.iterations + 1);
    }
}

#[test]
fn a_class_that_weighs_more_is_told_more_often() {
    let mut features = Matrix::with_rows(300);
    features.push("a".into(), (0..300).map(|row| f64::from(row % 10)).collect());
    let is_late = |row: u32| (row % 10 > 6 && row.is_multiple_of(3)) || row.is_multiple_of(29);
    let labels: Vec<_> = (0..300).map(|row| if is_late(row) { "yes" } else { "no" }).collect();
    let data = Dataset { target_name: "y".into(), target: Target::Classes(Labels::new(&labels)), features };
    for algorithm in [Algorithm::LogisticRegression, Algorithm::GradientBoostedTrees] {
        let found = |class_weights: Option<ClassWeights>| {
            let folder = TempDir::new().unwrap();
            run(folder.path(), &data, &Params { algorithm, class_weights, ..Params::default() }).unwrap();
            let model = read_model(&folder.path().join("model.json")).unwrap();
            let probabilities = said(&model, &data.features);
            probabilities.chunks(2).filter(|row| row[1] > row[0]).count()
        };
        let even = found(None);
        assert!(found(Some(ClassWeights::Named(Balanced::Balanced))) > even + 30);
        assert!(found(Some(ClassWeights::Each([("yes".into(), 9.0)].into()))) > even + 30);
        assert_eq!(found(Some(ClassWeights::Each([("no".into(), 1e6)].into()))), 0);
    }
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for folder in [&a, &b] {
        run(folder.path(), &dataset(two_classes()), &Params::default()).unwrap();
    }
    let bytes = |folder: &TempDir| std::fs::read(folder.path().join("model.json")).unwrap();
    assert_eq!(bytes(&a), bytes(&b));
}

#[test]
fn training_that_is_cut_short_says_so() {
    let folder = TempDir::new().unwrap();
    let params = Params { max_iter: Some(1), ..Params::default() };
    let trained = run(folder.path(), &dataset(two_classes()), &params).unwrap();
    assert!(!trained.summary.converged);
    assert!(trained.warnings[0].contains("not converged after 1 iteration:"));
}

#[test]
fn trees_that_might_go_on_say_so_with_the_rounds_that_there_were() {
    let folder = TempDir::new().unwrap();
    let mut features = Matrix::with_rows(400);
    features.push("a".into(), (0..400).map(f64::from).collect());
    let values = (0..400).map(|row| f64::from(row % 20) + f64::from(row)).collect();
    let data = Dataset { features, ..dataset(Target::Numbers(values)) };
    let early_stopping = Some(Stopping { fraction: 0.2, patience: 3 });
    let params = Params { early_stopping, max_iter: Some(4), ..regression(Algorithm::GradientBoostedTrees) };
    let trained = run(folder.path(), &data, &params).unwrap();
    assert!(trained.warnings[0].contains("not stopped early: after 4 iterations"), "{:?}", trained.warnings);
    let stopped = run(folder.path(), &data, &Params { max_iter: Some(500), ..params }).unwrap();
    assert!(stopped.warnings.is_empty() && stopped.summary.converged);
}

#[test]
fn trees_that_learn_nothing_say_so() {
    let folder = TempDir::new().unwrap();
    let params = Params { algorithm: Algorithm::GradientBoostedTrees, ..Params::default() };
    let trained = run(folder.path(), &dataset(two_classes()), &params).unwrap();
    assert!(trained.warnings[0].contains("no split leaves 20 rows on both sides"), "{:?}", trained.warnings);
}

#[test]
fn a_line_is_found_in_whichever_units_features_are() {
    for unit in [1e-9, 1e-5, 1.0, 1e6] {
        let mut features = Matrix::with_rows(200);
        features.push("x".into(), (0..200).map(|row| f64::from(row % 17) * unit).collect());
        features.push("z".into(), (0..200).map(|row| f64::from(row % 5) / unit).collect());
        let values = (0..200).map(|row| f64::from(row % 17) * 3.0 - f64::from(row % 5)).collect();
        let data = Dataset { features, ..dataset(Target::Numbers(values)) };
        let folder = TempDir::new().unwrap();
        let params = Params { l2: Some(0.0), tolerance: 1e-6, ..regression(Algorithm::LinearRegression) };
        let summary = run(folder.path(), &data, &params).unwrap().summary;
        assert!(summary.r2.unwrap() > 1.0 - 1e-9 && summary.converged, "{unit}: {summary:?}");
    }
}

#[test]
fn a_line_is_found_wherever_features_begin() {
    // Seconds since 1970, years, and what matters.
    let mut features = Matrix::with_rows(300);
    let spread = |row: u32, by: u32| f64::from(row * 7_919 % by);
    features.push("at".into(), (0..300).map(|row| 1.7e9 + spread(row, 100_003)).collect());
    features.push("year".into(), (0..300).map(|row| 2_000.0 + spread(row, 13)).collect());
    features.push("x".into(), (0..300).map(|row| spread(row, 101) / 100.0).collect());
    let value = |row: u32| spread(row, 100_003) / 1e5 - spread(row, 13) + 10.0 * spread(row, 101) / 100.0;
    let values: Vec<f64> = (0..300).map(value).collect();
    let data = Dataset { features, ..dataset(Target::Numbers(values.clone())) };
    let folder = TempDir::new().unwrap();
    let params = Params { l2: Some(0.0), tolerance: 1e-6, ..regression(Algorithm::LinearRegression) };
    let summary = run(folder.path(), &data, &params).unwrap().summary;
    assert!(summary.r2.unwrap() > 1.0 - 1e-9 && summary.converged, "{summary:?}");
    let classes: Vec<&str> = values.iter().map(|value| if *value > 0.0 { "yes" } else { "no" }).collect();
    let data = Dataset { target: Target::Classes(Labels::new(&classes)), ..data };
    let summary = run(folder.path(), &data, &Params::default()).unwrap().summary;
    assert!(summary.accuracy.unwrap() > 0.94 && summary.converged, "{summary:?}");
}

#[test]
fn a_feature_beyond_what_squares_hold_is_refused() {
    let mut data = dataset(two_classes());
    data.features.push("c".into(), vec![1e155, 2e155, -1e155, 0.0, 1e155, 3e155]);
    let folder = TempDir::new().unwrap();
    assert_eq!(run(folder.path(), &data, &Params::default()).unwrap_err().code(), "not-finite");
}

#[test]
fn trees_take_weights_for_what_they_are_to_each_other() {
    let mut features = Matrix::with_rows(300);
    features.push("a".into(), (0..300).map(|row| f64::from(row * 7 % 31)).collect());
    let labels: Vec<_> = (0..300).map(|row| if row * 7 % 31 > 20 || row % 11 == 0 { "yes" } else { "no" }).collect();
    let data = Dataset { target_name: "y".into(), target: Target::Classes(Labels::new(&labels)), features };
    let folder = TempDir::new().unwrap();
    let summary = |weight: f64| {
        let class_weights = Some(ClassWeights::Each([("yes".into(), 2.0 * weight), ("no".into(), weight)].into()));
        let params = Params { class_weights, ..regression(Algorithm::GradientBoostedTrees) };
        run(folder.path(), &data, &params).unwrap().summary
    };
    let once = summary(1.0);
    for weight in [1e-9, 1e-3, 1e4] {
        let other = summary(weight);
        assert!((other.log_loss.unwrap() - once.log_loss.unwrap()).abs() < 1e-3, "{weight}: {other:?} {once:?}");
    }
}

#[test]
fn a_target_that_names_its_rows_and_more_weights_than_there_is_memory_for_are_refused() {
    let folder = TempDir::new().unwrap();
    let texts: Vec<String> = (0..4_000).map(|row| (row % 2_000).to_string()).collect();
    let mut features = Matrix::with_rows(4_000);
    features.push("a".into(), (0..4_000).map(f64::from).collect());
    let data = Dataset { target_name: "y".into(), target: Target::Classes(Labels::new(&texts)), features };
    for algorithm in [Algorithm::LogisticRegression, Algorithm::GradientBoostedTrees] {
        let error = run(folder.path(), &data, &Params { algorithm, ..Params::default() }).unwrap_err();
        assert!(error.code() == "too-many-classes" && error.to_string().contains("2000 classes"), "{error}");
    }
    assert!(check_weights(5_000_000, 2, 1).is_ok());
    assert_eq!(check_weights(10_000_000, 1_000, 10_000).unwrap_err().code(), "too-many-weights");
}

#[test]
fn more_rows_and_classes_than_trees_can_hold_are_refused() {
    assert!(check_size(4_000_000, 16).is_ok());
    assert_eq!(check_size(4_000_001, 1).unwrap_err().code(), "too-many-rows");
    let error = check_size(2_250_000, 300).unwrap_err();
    assert!(error.code() == "too-many-scores" && error.to_string().contains("2250000 rows of 300 classes"), "{error}");
}

#[test]
fn classes_that_a_line_parts_exactly_still_give_finite_weights_without_a_penalty() {
    let folder = TempDir::new().unwrap();
    let params = Params { l2: Some(0.0), ..Params::default() };
    let trained = run(folder.path(), &dataset(two_classes()), &params).unwrap();
    assert!(trained.summary.loss < 1e-3);
    read_model(&folder.path().join("model.json")).unwrap();
}

#[test]
fn tables_with_nothing_to_learn_are_refused() {
    let folder = TempDir::new().unwrap();
    let one = Target::Classes(Labels::new(&["a"; 6]));
    let many = Target::Classes(Labels::new(&["a", "b", "c", "d", "e", "f"]));
    let bare = Dataset { features: Matrix::with_rows(6), ..dataset(two_classes()) };
    for (data, code) in [
        (dataset(one), "one-class"),
        (dataset(many), "too-many-classes"),
        (dataset(Target::Numbers(vec![0.5; 6])), "target-is-number"),
        (bare, "no-features"),
    ] {
        assert_eq!(run(folder.path(), &data, &Params::default()).unwrap_err().code(), code);
    }
    for (data, algorithm, code) in [
        (dataset(two_classes()), Algorithm::LinearRegression, "target-is-classes"),
        (dataset(Target::Numbers(vec![0.5; 6])), Algorithm::LinearRegression, "one-value"),
        (dataset(Target::Numbers(vec![0.5; 6])), Algorithm::GradientBoostedTrees, "one-value"),
        (
            dataset(Target::Numbers(vec![1e200, 2e200, 0.0, 0.0, 0.0, 1.0])),
            Algorithm::GradientBoostedTrees,
            "not-finite",
        ),
        (dataset(Target::Numbers(vec![1e-200, 0.0, 0.0, 0.0, 0.0, 0.0])), Algorithm::LinearRegression, "not-finite"),
    ] {
        assert_eq!(run(folder.path(), &data, &regression(algorithm)).unwrap_err().code(), code);
    }
    let mut huge = dataset(two_classes());
    huge.features.push("c".into(), [[-1e308; 3], [1e308; 3]].concat());
    assert_eq!(run(folder.path(), &huge, &Params::default()).unwrap_err().code(), "not-finite");
}

#[test]
fn params_that_make_no_sense_are_refused() {
    let folder = TempDir::new().unwrap();
    for params in [
        Params { l2: Some(-1.0), ..Params::default() },
        Params { l2: Some(f64::INFINITY), ..Params::default() },
        Params { tolerance: f64::NAN, ..Params::default() },
        Params { max_iter: Some(0), ..Params::default() },
        Params { class_weights: Some(ClassWeights::Each([("no".into(), 0.0)].into())), ..Params::default() },
        Params { class_weights: Some(ClassWeights::Each([("maybe".into(), 2.0)].into())), ..Params::default() },
        Params { early_stopping: Some(Stopping::default()), ..Params::default() },
        Params { max_leaves: 7, ..Params::default() },
        Params { tolerance: 0.1, ..regression(Algorithm::GradientBoostedTrees) },
    ] {
        assert_eq!(run(folder.path(), &dataset(two_classes()), &params).unwrap_err().code(), "bad-params");
    }
    let all = Params { l2: Some(-1.0), max_iter: Some(0), max_leaves: 1, ..Params::default() };
    let words = run(folder.path(), &dataset(two_classes()), &all).unwrap_err().to_string();
    assert_eq!(
        words,
        "4 mistakes: (1) the param `l2` must be a number from 0; (2) the param `max_iter` must be 1 or more; \
         (3) the param `max_leaves` must be 2 or more; \
         (4) the param `max_leaves` says nothing to `logistic_regression`: leave it out"
    );
}
