use tempfile::TempDir;

use super::linear::{logistic, softmax};
use super::{Estimator, FORMAT, Model, Training, VERSION, most_likely, read_model, write_model};
use crate::dataset::Matrix;
use crate::limits::SCORE_BLOCK_ROWS;

fn model(classes: &[&str], coefficients: Vec<Vec<f64>>, intercepts: Vec<f64>) -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: "train 0.1.0".into(),
        target: "y".into(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        features: vec!["a".into(), "b".into()],
        estimator: Estimator::LogisticRegression { l2: 1.0, coefficients, intercepts },
        training: Training { rows: 1, iterations: 1, converged: true, loss: 0.1, log_loss: 0.1, accuracy: 1.0 },
    }
}

fn binary() -> Model {
    model(&["no", "yes"], vec![vec![1.0 / 3.0, -2e-300]], vec![0.1])
}

fn matrix(rows: usize) -> Matrix {
    let mut matrix = Matrix::with_rows(rows);
    matrix.push("a".into(), (0..rows).map(|row| row as f64 / 100.0).collect());
    matrix.push("b".into(), (0..rows).map(|row| 1.0 - row as f64 / 50.0).collect());
    matrix
}

#[test]
fn a_model_comes_back_from_its_file_bit_for_bit() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.json");
    write_model(&path, &binary()).unwrap();
    assert_eq!(read_model(&path).unwrap(), binary());
}

#[test]
fn probabilities_add_up_and_follow_the_scores_across_blocks() {
    let rows = SCORE_BLOCK_ROWS + 5;
    let three = model(&["a", "b", "c"], vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![0.5, 0.5]], vec![0.0, 0.1, 0.2]);
    let probabilities = three.probabilities(&matrix(rows));
    assert_eq!(probabilities.len(), 3 * rows);
    let row = SCORE_BLOCK_ROWS + 2;
    let (a, b) = (row as f64 / 100.0, 1.0 - row as f64 / 50.0);
    let mut expected = [a, b + 0.1, (a + b) / 2.0 + 0.2];
    softmax(&mut expected);
    for (found, expected) in probabilities[3 * row..3 * row + 3].iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12);
    }
    assert!(probabilities.chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
}

#[test]
fn with_two_classes_the_only_score_is_the_log_odds_of_the_second() {
    let probabilities = binary().probabilities(&matrix(3));
    let odds = probabilities[5] / probabilities[4];
    assert!((odds.ln() - (0.1 + 0.02 / 3.0)).abs() < 1e-12);
}

#[test]
fn extreme_scores_neither_overflow_nor_lose_the_sum() {
    assert_eq!((logistic(1000.0), logistic(-1000.0)), (1.0, 0.0));
    let mut scores = [1000.0, 0.0, -1000.0];
    assert_eq!(softmax(&mut scores), 1000.0);
    assert_eq!(scores, [1.0, 0.0, 0.0]);
}

#[test]
fn the_first_of_equals_is_the_most_likely() {
    assert_eq!(most_likely(&[0.2, 0.4, 0.4, 0.5, 0.5, 0.0], 3), [1, 0]);
}

#[test]
fn a_file_that_is_no_model_or_contradicts_itself_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.json");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let error = read_model(&path).unwrap_err();
        assert_eq!(error.code(), "not-a-model");
        error.to_string()
    };
    refused("");
    refused("{}");
    assert!(refused(r#"{"format": "dagwood.model", "version": 2}"#).contains("version 2"));
    assert!(refused(r#"{"format": "onnx", "version": 1}"#).contains("onnx"));
    let text = |model: &Model| serde_json::to_string(model).unwrap();
    assert!(refused(&text(&model(&["a"], vec![], vec![]))).contains("1 classes"));
    assert!(refused(&text(&model(&["a", "a"], vec![vec![0.0; 2]], vec![0.0]))).contains("twice"));
    assert!(refused(&text(&model(&["a", "b", "c"], vec![vec![0.0; 2]], vec![0.0]))).contains("need 3 rows"));
    assert!(refused(&text(&model(&["a", "b"], vec![vec![0.0; 3]], vec![0.0]))).contains("3 coefficients"));
}
