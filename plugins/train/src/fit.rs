//! From a prepared table to a model file.

use std::path::Path;

use dagwood_sdk::{JsonSchema, schemars};
use dagwood_tabular::model::{Estimator, FORMAT, Model, Training, VERSION, most_likely, write_model};
use dagwood_tabular::parquet::read_dataset;
use dagwood_tabular::{Dataset, Labels, Target};
use serde::Serialize;

use crate::error::TrainError;
use crate::lbfgs::{Minimum, Objective, Reason, Stop, minimise};
use crate::logistic::LogisticLoss;
use crate::params::{Algorithm, Params};

/// The task's result.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// The objective at the end: mean log-loss and penalty, in nats.
    pub loss: f64,
    /// The mean log-loss on the training part alone, in nats.
    pub log_loss: f64,
    /// The share of the training rows that the model gets right, 0 to 1.
    pub accuracy: f64,
    /// Iterations taken.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
    /// Rows trained on.
    pub rows: usize,
    /// Classes told apart.
    pub classes: usize,
    /// Columns learnt from.
    pub features: usize,
}

/// The result, and what people should hear of.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The task's result.
    pub summary: Summary,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}

/// Trains on the Parquet file at `table` and writes the model to `model`. `watch` is called with each iteration's number, from 0,
/// and its objective.
///
/// # Errors
/// The table or the params are wrong, there is nothing to learn, or the model cannot be written.
pub fn train(
    table: &Path,
    model: &Path,
    params: &Params,
    watch: impl FnMut(usize, f64),
) -> Result<Trained, TrainError> {
    params.check()?;
    let data = read_dataset(table, params.target.as_deref())?;
    let fitted = match params.algorithm {
        Algorithm::LogisticRegression => logistic_regression(&data, params, watch)?,
    };
    write_model(model, &fitted)?;
    Ok(Trained { summary: summary(&fitted), warnings: warnings(&fitted) })
}

fn logistic_regression(data: &Dataset, params: &Params, watch: impl FnMut(usize, f64)) -> Result<Model, TrainError> {
    let labels = classes(data)?;
    let mut objective = LogisticLoss::new(&data.features, labels, params.l2);
    let start = vec![0.0; objective.dimension()];
    let stop = Stop { max_iterations: params.max_iter, tolerance: params.tolerance };
    let minimum = minimise(&mut objective, start, stop, watch);
    if minimum.reason == Reason::NotFinite {
        return Err(TrainError::NotFinite);
    }
    let (coefficients, intercepts) = objective.weights(&minimum.at);
    let estimator = Estimator::LogisticRegression {
        l2: params.l2,
        coefficients: coefficients.into_iter().map(<[f64]>::to_vec).collect(),
        intercepts: intercepts.to_vec(),
    };
    Ok(model(data, labels, estimator, &minimum))
}

/// The target's classes, if there is something to tell apart and something to tell it by.
fn classes(data: &Dataset) -> Result<&Labels, TrainError> {
    let target = || data.target_name.clone();
    let Target::Classes(labels) = &data.target else { return Err(TrainError::TargetIsNumber { target: target() }) };
    let (classes, rows) = (labels.classes.len(), labels.codes.len());
    match &labels.classes[..] {
        [class] => Err(TrainError::OneClass { target: target(), class: class.clone() }),
        _ if classes == rows && rows > 2 => Err(TrainError::TooManyClasses { target: target(), classes, rows }),
        _ if data.features.width() == 0 => Err(TrainError::NoFeatures { target: target() }),
        _ => Ok(labels),
    }
}

fn model(data: &Dataset, labels: &Labels, estimator: Estimator, minimum: &Minimum) -> Model {
    let mut model = Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: concat!("train ", env!("CARGO_PKG_VERSION")).into(),
        target: data.target_name.clone(),
        classes: labels.classes.clone(),
        features: data.features.specs(),
        estimator,
        training: Training {
            rows: data.features.rows(),
            iterations: minimum.iterations,
            converged: minimum.reason.is_converged(),
            loss: minimum.value,
            log_loss: 0.0,
            accuracy: 0.0,
        },
    };
    let probabilities = model.probabilities(&data.features);
    model.training.log_loss = log_loss(&probabilities, labels);
    model.training.accuracy = accuracy(&probabilities, labels);
    model
}

fn log_loss(probabilities: &[f64], labels: &Labels) -> f64 {
    let rows = probabilities.chunks_exact(labels.classes.len()).zip(&labels.codes);
    let losses = rows.map(|(row, code)| -row[*code as usize].max(f64::MIN_POSITIVE).ln());
    losses.sum::<f64>() / labels.codes.len() as f64
}

fn accuracy(probabilities: &[f64], labels: &Labels) -> f64 {
    let predicted = most_likely(probabilities, labels.classes.len());
    let right = predicted.iter().zip(&labels.codes).filter(|(predicted, code)| predicted == code).count();
    right as f64 / labels.codes.len() as f64
}

fn summary(model: &Model) -> Summary {
    let Training { rows, iterations, converged, loss, log_loss, accuracy } = model.training.clone();
    let (classes, features) = (model.classes.len(), model.width());
    Summary { loss, log_loss, accuracy, iterations, converged, rows, classes, features }
}

fn warnings(model: &Model) -> Vec<String> {
    if model.training.converged {
        return Vec::new();
    }
    let iterations = model.training.iterations;
    vec![format!(
        "not converged after {iterations} iterations: raise `max_iter` or `l2`, or let `preprocess` standardise the columns"
    )]
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
