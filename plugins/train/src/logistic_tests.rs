use dagwood_tabular::model::linear::LinearScores;
use dagwood_tabular::model::{in_blocks, probabilities};
use dagwood_tabular::{Labels, Matrix};
use serde::Deserialize;

use super::LogLoss;
use crate::lbfgs::{Objective, Stop, minimise};
use crate::linear::LinearObjective;
use crate::params::ClassWeights;
use crate::squared::SquaredLoss;
use crate::weights::Weights;

/// What scikit-learn learnt: made by `tests/sklearn/make.py`.
#[derive(Deserialize)]
struct Case {
    l2: f64,
    x: Vec<Vec<f64>>,
    y: Vec<u32>,
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    probabilities: Vec<Vec<f64>>,
    weights: Option<ClassWeights>,
}

/// A ridge regression.
#[derive(Deserialize)]
struct Ridge {
    l2: f64,
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    coefficients: Vec<f64>,
    intercept: f64,
}

#[derive(Deserialize)]
struct Expected {
    logistic: Vec<Case>,
    ridge: Vec<Ridge>,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../tests/sklearn/expected.json")).unwrap()
}

fn cases() -> Vec<Case> {
    expected().logistic
}

fn matrix(x: &[Vec<f64>]) -> Matrix {
    let mut features = Matrix::with_rows(x.len());
    for place in 0..x[0].len() {
        features.push(format!("x{place}"), x.iter().map(|row| row[place]).collect());
    }
    features
}

fn table(case: &Case) -> (Matrix, Labels) {
    (matrix(&case.x), Labels::new(&case.y.iter().map(u32::to_string).collect::<Vec<_>>()))
}

#[test]
fn coefficients_and_probabilities_are_those_of_scikit_learn() {
    for case in cases() {
        let (features, labels) = table(&case);
        let weights = Weights::new(&labels, case.weights.as_ref()).unwrap();
        let mut objective = LinearObjective::new(&features, LogLoss::new(&labels, &weights), case.l2);
        let stop = Stop { max_iterations: 10_000, tolerance: 1e-11, is_scaled: false };
        let start = vec![0.0; objective.dimension()];
        let minimum = minimise(&mut objective, start, stop, |_, _| {});
        assert!(minimum.reason.is_converged());
        let (coefficients, intercepts) = objective.weights(&minimum.at);
        let expected = case.coefficients.iter().flatten().chain(&case.intercepts);
        for (found, expected) in coefficients.iter().copied().flatten().chain(&intercepts).zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        let linear = LinearScores { coefficients: &coefficients, intercepts: &intercepts };
        let mut said = Vec::new();
        in_blocks(
            0..features.rows(),
            |rows, scores| linear.score_block(&features, rows, scores),
            |_, scores| probabilities(scores, labels.classes.len(), &mut said),
        );
        for (found, expected) in said.iter().zip(case.probabilities.iter().flatten()) {
            assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
        }
    }
}

#[test]
fn a_linear_regression_is_the_ridge_regression_of_scikit_learn() {
    let cases = expected().ridge;
    assert_eq!(cases.len(), 3);
    for Ridge { l2, x, y, coefficients, intercept } in cases {
        let features = matrix(&x);
        let mut objective = LinearObjective::new(&features, SquaredLoss::new(&y), l2);
        let stop = Stop { max_iterations: 10_000, tolerance: 1e-12, is_scaled: false };
        let minimum = minimise(&mut objective, vec![0.0; coefficients.len() + 1], stop, |_, _| {});
        let (found, of_intercept) = objective.weights(&minimum.at);
        for (found, expected) in found[0].iter().chain(&of_intercept).zip(coefficients.iter().chain([&intercept])) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_value() {
    for case in cases() {
        let (features, labels) = table(&case);
        let weights = Weights::new(&labels, case.weights.as_ref()).unwrap();
        let mut objective = LinearObjective::new(&features, LogLoss::new(&labels, &weights), case.l2);
        let at = (0..objective.dimension()).map(|place| (place as f64 * 0.7).sin()).collect::<Vec<_>>();
        let mut gradient = vec![0.0; at.len()];
        let mut unused = vec![0.0; at.len()];
        objective.evaluate(&at, &mut gradient);
        for place in 0..at.len() {
            let mut beside = at.clone();
            beside[place] += 1e-6;
            let above = objective.evaluate(&beside, &mut unused);
            beside[place] -= 2e-6;
            let below = objective.evaluate(&beside, &mut unused);
            assert!((gradient[place] - (above - below) / 2e-6).abs() < 1e-8);
        }
    }
}

#[test]
fn blocks_of_rows_add_up() {
    let case = &cases()[2];
    let repeat = |count: usize| {
        let mut features = Matrix::with_rows(case.x.len() * count);
        for place in 0..4 {
            let column = case.x.iter().map(|row| row[place]).collect::<Vec<_>>();
            features.push(format!("x{place}"), column.repeat(count));
        }
        let labels = Labels::new(&case.y.repeat(count).iter().map(u32::to_string).collect::<Vec<_>>());
        let weights = Weights::even(&labels);
        let mut objective = LinearObjective::new(&features, LogLoss::new(&labels, &weights), count as f64);
        let at = vec![0.3; objective.dimension()];
        let mut gradient = vec![0.0; at.len()];
        let value = objective.evaluate(&at, &mut gradient);
        (value, gradient)
    };
    let (one, many) = (repeat(1), repeat(50));
    assert!((one.0 - many.0).abs() < 1e-12);
    assert!(one.1.iter().zip(&many.1).all(|(a, b)| (a - b).abs() < 1e-12));
}
