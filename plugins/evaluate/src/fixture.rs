//! A model for tests.

use dagwood_tabular::FeatureSpec;
use dagwood_tabular::model::{Estimator, FORMAT, Fit, Model, Training, VERSION};

/// Predicts `late`, "yes" where `a` is above 0, and knows a column `b`, too.
pub(crate) fn model() -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: "train 0.1.0".into(),
        transform: None,
        target: "late".into(),
        classes: names(&["no", "yes"]),
        features: ["a", "b"].map(|name| FeatureSpec::Number(name.into())).to_vec(),
        estimator: Estimator::LogisticRegression { l2: 1.0, coefficients: vec![vec![2.0, 0.0]], intercepts: vec![0.0] },
        training: Training {
            rows: 9,
            iterations: 3,
            converged: true,
            loss: 0.3,
            fit: Fit::Classes { log_loss: 0.3, accuracy: 1.0 },
            losses: vec![0.7, 0.5, 0.35, 0.25],
            held_back_losses: vec![0.7, 0.52, 0.4, 0.3],
        },
        importance: vec![],
    }
}

/// Names as a model has them.
pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
