use tempfile::TempDir;

use super::linear::{LinearScores, add_gradient, blocks, logistic, softmax};
use super::trees::{Node, Tree};
use super::{Estimator, FORMAT, Fit, Model, Training, VERSION, in_blocks, likeliest, read_model, write_model};
use crate::features::{FeatureSpec, Matrix};
use crate::limits::SCORE_BLOCK_ROWS;

fn model(classes: &[&str], coefficients: Vec<Vec<f64>>, intercepts: Vec<f64>) -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: "train 0.1.0".into(),
        transform: None,
        target: "y".into(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        features: vec![FeatureSpec::Number("a".into()), FeatureSpec::Number("b".into())],
        estimator: Estimator::LogisticRegression { l2: 1.0, coefficients, intercepts },
        training: Training {
            rows: 1,
            iterations: 1,
            converged: true,
            loss: 0.1,
            fit: Fit::Classes { log_loss: 0.1, accuracy: 1.0 },
            losses: vec![0.3, 0.1],
            held_back_losses: vec![],
        },
        importance: vec![],
    }
}

/// What the model says of all rows.
fn said(model: &Model, features: &Matrix) -> Vec<f64> {
    let mut all = Vec::new();
    model.say(features, 0..features.rows(), |rows, said| {
        assert_eq!(said.len(), rows.len() * model.classes.len().max(1));
        all.extend_from_slice(said);
    });
    all
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
    let probabilities = said(&three, &matrix(rows));
    assert_eq!(probabilities.len(), 3 * rows);
    let row = SCORE_BLOCK_ROWS + 2;
    let (a, b) = (row as f64 / 100.0, 1.0 - row as f64 / 50.0);
    let mut expected = [a, b + 0.1, (a + b) / 2.0 + 0.2];
    softmax(&mut expected);
    for (found, expected) in probabilities[3 * row..3 * row + 3].iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12);
    }
    assert!(probabilities.chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    let mut part = Vec::new();
    three.say(&matrix(rows), 3..rows - 1, |_, said| part.extend_from_slice(said));
    assert_eq!(part, probabilities[9..3 * rows - 3]);
}

#[test]
fn with_two_classes_the_only_score_is_the_log_odds_of_the_second() {
    let probabilities = said(&binary(), &matrix(3));
    let odds = probabilities[5] / probabilities[4];
    assert!((odds.ln() - (0.1 + 0.02 / 3.0)).abs() < 1e-12);
}

#[test]
fn categories_score_and_change_the_gradient_as_their_columns_of_0_and_1_would() {
    let rows = SCORE_BLOCK_ROWS + 3;
    let none = u32::MAX;
    let codes: Vec<u32> = (0..rows as u32).map(|row| if row % 5 == 4 { none } else { row % 3 }).collect();
    let mut dense = Matrix::with_rows(rows);
    dense.push("a".into(), (0..rows).map(|row| row as f64 / 100.0).collect());
    for category in 0..3 {
        dense.push(format!("c={category}"), codes.iter().map(|code| f64::from(*code == category)).collect());
    }
    let mut sparse = Matrix::with_rows(rows);
    sparse.push("a".into(), (0..rows).map(|row| row as f64 / 100.0).collect());
    sparse.push_one_hot("c".into(), vec!["0".into(), "1".into(), "2".into()], codes);
    assert_eq!(dense.names(), sparse.names());
    let coefficients = vec![vec![0.5, -1.0, 2.0, 0.25]];
    let scores = LinearScores { coefficients: &coefficients, intercepts: &[0.125] };
    let all = |matrix: &Matrix| {
        let mut all = Vec::new();
        let score_block = |block, into: &mut Vec<f64>| scores.score_block(matrix, block, into);
        in_blocks(0..rows, score_block, |_, scores| all.extend_from_slice(scores));
        all
    };
    assert_eq!(all(&dense), all(&sparse));
    let residuals: Vec<f64> = (0..rows).map(|row| (row % 7) as f64 - 3.0).collect();
    let gradient = |matrix: &Matrix| {
        let mut gradient = vec![0.0; matrix.width()];
        let mut place = 0;
        for column in matrix.columns() {
            let part = &mut gradient[place..place + column.width()];
            blocks(0..rows).for_each(|block| add_gradient(column, block.clone(), &residuals[block], part));
            place += column.width();
        }
        gradient
    };
    for (found, expected) in gradient(&sparse).into_iter().zip(gradient(&dense)) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn a_model_without_classes_estimates_a_number_and_comes_back_from_its_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.json");
    let estimator = Estimator::LinearRegression { l2: 1.0, coefficients: vec![2.0, 3.0], intercept: 0.5 };
    let mut model = Model { classes: vec![], estimator, ..binary() };
    model.training.fit = Fit::Number { rmse: 0.25, r2: 0.5 };
    write_model(&path, &model).unwrap();
    assert_eq!(read_model(&path).unwrap(), model);
    let scores = said(&model, &matrix(3));
    assert!((scores[2] - (0.5 + 0.04 + 3.0 * 0.96)).abs() < 1e-12, "{scores:?}");

    let estimator = Estimator::LinearRegression { l2: 1.0, coefficients: vec![2.0], intercept: 0.5 };
    let classifier = Model { classes: binary().classes, ..model.clone() };
    for wrong in [Model { estimator, ..model }, classifier, Model { classes: vec![], ..binary() }] {
        write_model(&path, &wrong).unwrap();
        assert_eq!(read_model(&path).unwrap_err().code(), "not-a-model");
    }
}

/// Two rounds over a column of numbers and one of categories.
fn boosted(nodes: Vec<Node>) -> Model {
    let features = vec![
        FeatureSpec::Number("a".into()),
        FeatureSpec::OneHot { column: "c".into(), categories: vec!["x".into(), "y".into(), "z".into()] },
    ];
    let rounds = vec![vec![Tree { nodes }], vec![Tree { nodes: vec![Node::Leaf { value: 0.25 }] }]];
    let estimator = Estimator::GradientBoostedTrees { base: vec![-1.0], rounds };
    Model { features, estimator, ..binary() }
}

fn nodes() -> Vec<Node> {
    vec![
        Node::Number { column: 0, threshold: 1.5, left: 1, right: 2 },
        Node::Leaf { value: 1.0 },
        Node::Category { column: 1, to_left: vec![0], unseen_left: true, to_right: vec![2], left: 3, right: 4 },
        Node::Leaf { value: 2.0 },
        Node::Leaf { value: 3.0 },
    ]
}

#[test]
fn trees_add_up_and_come_back_from_their_file() {
    let none = u32::MAX;
    let mut matrix = Matrix::with_rows(5);
    matrix.push("a".into(), vec![1.5, 1.6, 2.0, 2.0, 2.0]);
    matrix.push_one_hot("c".into(), vec!["x".into(), "y".into(), "z".into()], vec![2, 0, 1, 2, none]);
    let model = boosted(nodes());
    let probabilities = said(&model, &matrix);
    let odds: Vec<f64> = probabilities.chunks(2).map(|row| (row[1] / row[0]).ln()).collect();
    // `y` was not seen at that node, and neither was none.
    for (found, expected) in odds.iter().zip([0.25, 1.25, 1.25, 2.25, 1.25]) {
        assert!((found - expected).abs() < 1e-12, "{odds:?}");
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.json");
    write_model(&path, &model).unwrap();
    assert_eq!(read_model(&path).unwrap(), model);
}

#[test]
fn a_tree_that_leads_back_or_asks_for_what_is_not_there_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.json");
    let changed = |place: usize, node: Node| {
        let mut nodes = nodes();
        nodes[place] = node;
        nodes
    };
    for (nodes, words) in [
        (Vec::new(), "no nodes"),
        (changed(2, Node::Number { column: 0, threshold: 1.0, left: 0, right: 3 }), "leads nowhere or back"),
        (changed(2, Node::Number { column: 0, threshold: 1.0, left: 3, right: 5 }), "leads nowhere or back"),
        (changed(0, Node::Number { column: 1, threshold: 1.0, left: 1, right: 2 }), "as what it is not"),
        (changed(0, Node::Number { column: 7, threshold: 1.0, left: 1, right: 2 }), "as what it is not"),
    ] {
        write_model(&path, &boosted(nodes)).unwrap();
        let error = read_model(&path).unwrap_err();
        assert!(error.code() == "not-a-model" && error.to_string().contains(words), "{error}");
    }
    let three = Model { classes: vec!["a".into(), "b".into(), "c".into()], ..boosted(nodes()) };
    write_model(&path, &three).unwrap();
    assert!(read_model(&path).unwrap_err().to_string().contains("as many trees in each round"));
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
    assert_eq!((likeliest(&[0.2, 0.4, 0.4]), likeliest(&[0.5, 0.5, 0.0])), (1, 0));
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
    assert!(refused(r#"{"format": "dagwood.model", "version": 1}"#).contains("version 1"));
    assert!(refused(r#"{"format": "onnx", "version": 2}"#).contains("onnx"));
    let text = |model: &Model| serde_json::to_string(model).unwrap();
    assert!(refused(&text(&model(&["a"], vec![], vec![]))).contains("1 class,"));
    assert!(refused(&text(&model(&["a", "a"], vec![vec![0.0; 2]], vec![0.0]))).contains("twice"));
    assert!(refused(&text(&model(&["a", "b", "c"], vec![vec![0.0; 2]], vec![0.0]))).contains("need 3 rows"));
    assert!(refused(&text(&model(&["a", "b"], vec![vec![0.0; 3]], vec![0.0]))).contains("3 coefficients"));
}
