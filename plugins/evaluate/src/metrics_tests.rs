use dagwood_tabular::metrics::Errors;
use serde::Deserialize;

use super::{accuracy, by_class, macro_averages};
use crate::certainty::judge_all;

/// What scikit-learn says of predictions: made by `tests/sklearn/make.py`.
#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    truth: Vec<u32>,
    probabilities: Vec<f64>,
    accuracy: f64,
    log_loss: f64,
    confusion_matrix: Vec<Vec<u64>>,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    support: Vec<u64>,
    #[serde(rename = "macro")]
    averages: [f64; 3],
    ranks: Vec<Option<[f64; 2]>>,
    overall: [Option<f64>; 2],
    calibration: Vec<[Vec<f64>; 2]>,
    brier: f64,
    curves: Vec<Option<Vec<[f64; 2]>>>,
}

/// The same of numbers.
#[derive(Deserialize)]
struct Regression {
    name: String,
    truth: Vec<f64>,
    estimates: Vec<f64>,
    rmse: f64,
    mae: f64,
    r2: f64,
}

#[derive(Deserialize)]
struct Expected {
    classes: Vec<Case>,
    numbers: Vec<Regression>,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../tests/sklearn/expected.json")).unwrap()
}

#[test]
fn every_figure_of_a_number_is_that_of_scikit_learn() {
    let cases = expected().numbers;
    assert_eq!(cases.len(), 4);
    for Regression { name, truth, estimates, rmse, mae, r2 } in cases {
        let found = Errors::new(&estimates, &truth);
        close(found.rmse, rmse, &name);
        close(found.mae, mae, &name);
        close(found.r2, r2, &name);
    }
}

#[track_caller]
fn close(found: f64, expected: f64, of: &str) {
    assert!((found - expected).abs() < 1e-9, "{of}: {found} is not {expected}");
}

#[test]
fn every_figure_is_that_of_scikit_learn() {
    let cases = expected().classes;
    assert_eq!(cases.len(), 6);
    let mut overall = 0;
    for case in cases {
        let (certainty, confusion) = judge_all(&case.probabilities, case.classes, &case.truth, usize::MAX);
        let at_once = 2 * case.truth.len();
        assert_eq!(
            judge_all(&case.probabilities, case.classes, &case.truth, at_once),
            (certainty.clone(), confusion.clone())
        );
        assert_eq!(
            judge_all(&case.probabilities, case.classes, &case.truth, 0),
            (certainty.clone(), confusion.clone())
        );
        assert_eq!(confusion.rows().collect::<Vec<_>>(), case.confusion_matrix, "{}", case.name);
        close(accuracy(&confusion), case.accuracy, &case.name);
        close(certainty.log_loss, case.log_loss, &case.name);
        for (class, figures) in by_class(&confusion).into_iter().enumerate() {
            close(figures.precision, case.precision[class], &case.name);
            close(figures.recall, case.recall[class], &case.name);
            close(figures.f1, case.f1[class], &case.name);
            assert_eq!(figures.support, case.support[class]);
        }
        close(certainty.brier, case.brier, &case.name);
        for (found, expected) in certainty.rankings.iter().zip(&case.ranks) {
            assert_eq!(found.is_some(), expected.is_some(), "{}", case.name);
            if let (Some(found), Some([roc_auc, pr_auc])) = (found, expected) {
                close(found.roc_auc, *roc_auc, &case.name);
                close(found.pr_auc, *pr_auc, &case.name);
            }
        }
        for (found, expected) in [certainty.roc_auc(), certainty.pr_auc()].into_iter().zip(case.overall) {
            // Without rows of a class scikit-learn has no mean; ours is that of the others.
            if let Some(expected) = expected {
                close(found.unwrap(), expected, &case.name);
                overall += 1;
            }
        }
        for (found, expected) in certainty.rankings.iter().zip(&case.curves) {
            let (Some(found), Some(expected)) = (found, expected) else { continue };
            // scikit-learn leaves out points on straight lines; all of its own are among ours.
            for [x, y] in expected {
                let is_there = |point: &(f64, f64)| (point.0 - x).abs() < 1e-9 && (point.1 - y).abs() < 1e-9;
                assert!(found.roc.iter().any(is_there), "{}: {x} {y}", case.name);
            }
        }
        for (found, [observed, predicted]) in certainty.calibrations.iter().zip(&case.calibration) {
            assert_eq!((found.len(), found.len()), (observed.len(), predicted.len()), "{}", case.name);
            found.iter().zip(observed).for_each(|(bin, expected)| close(bin.observed, *expected, &case.name));
            found.iter().zip(predicted).for_each(|(bin, expected)| close(bin.predicted, *expected, &case.name));
        }
        let averages = macro_averages(&confusion);
        let found = [averages.precision, averages.recall, averages.f1];
        found.into_iter().zip(case.averages).for_each(|(found, expected)| close(found, expected, &case.name));
    }
    assert_eq!(overall, 10, "of five cases");
}

#[test]
fn without_rows_the_figures_are_zero() {
    let (certainty, confusion) = judge_all(&[], 2, &[], usize::MAX);
    let found = (accuracy(&confusion), macro_averages(&confusion).f1, certainty.log_loss, certainty.brier);
    assert_eq!(found, (0.0, 0.0, 0.0, 0.0));
}
