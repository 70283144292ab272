//! From a prepared table to a model file.

use std::collections::BTreeMap;
use std::path::Path;

use dagwood_sdk::{JsonSchema, schemars};
use dagwood_tabular::model::linear::LinearScores;
use dagwood_tabular::model::{Estimator, FORMAT, Importance, Model, Training, VERSION, most_likely, write_model};
use dagwood_tabular::parquet::read_dataset;
use dagwood_tabular::{Dataset, Feature, Labels, Matrix, Target};
use serde::Serialize;

use crate::error::TrainError;
use crate::lbfgs::{Objective, Reason, Stop, minimise};
use crate::limits::{REPORTED_COLUMNS_MAX, TREE_ROWS_MAX};
use crate::logistic::LogisticLoss;
use crate::params::{Algorithm, Params, Stopping};
use crate::trees::boost::{Boosted, Boosting, EarlyStopping, boost};

/// The task's result.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// The objective at the end, in nats: mean log-loss and penalty; for trees the mean log-loss on the rows held back, if any.
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
    /// Features learnt from, each category counted.
    pub features: usize,
    /// For each column how much it counts, as a share of 1: by what splits on it gained, or by its coefficients times the deviation
    /// of its features; the twenty that count most.
    pub importance: BTreeMap<String, f64>,
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
/// and its objective. `seed` is used if the params name none.
///
/// # Errors
/// The table or the params are wrong, there is nothing to learn, or the model cannot be written.
pub fn train(
    table: &Path,
    model: &Path,
    params: &Params,
    seed: u64,
    watch: impl FnMut(usize, f64),
) -> Result<Trained, TrainError> {
    params.check()?;
    let data = read_dataset(table, params.target.as_deref())?;
    let fitted = match params.algorithm {
        Algorithm::LogisticRegression => logistic_regression(&data, params, watch)?,
        Algorithm::GradientBoostedTrees => boosted_trees(&data, params, params.seed.unwrap_or(seed), watch)?,
    };
    write_model(model, &fitted)?;
    Ok(Trained { summary: summary(&fitted), warnings: warnings(&fitted) })
}

fn boosted_trees(
    data: &Dataset,
    params: &Params,
    seed: u64,
    watch: impl FnMut(usize, f64),
) -> Result<Model, TrainError> {
    let labels = classes(data)?;
    let stopping =
        |stopping: Stopping| EarlyStopping { fraction: stopping.fraction, patience: stopping.patience, seed };
    let how = Boosting {
        rounds: params.iterations(),
        learning_rate: params.learning_rate,
        leaves: params.max_leaves,
        leaf_rows: params.min_leaf_rows,
        l2: params.penalty(),
        early_stopping: params.early_stopping.map(stopping),
    };
    if labels.codes.len() > TREE_ROWS_MAX {
        return Err(TrainError::TooManyRows { rows: labels.codes.len(), limit: TREE_ROWS_MAX });
    }
    let Boosted { base, rounds, loss, log_loss, accuracy, importance, stopped } =
        boost(&data.features, labels, how, watch);
    let ended = Ended {
        iterations: rounds.len(),
        converged: stopped || params.early_stopping.is_none(),
        loss,
        log_loss,
        accuracy,
    };
    Ok(model(data, labels, Estimator::GradientBoostedTrees { base, rounds }, ended, importance))
}

fn logistic_regression(data: &Dataset, params: &Params, watch: impl FnMut(usize, f64)) -> Result<Model, TrainError> {
    let labels = classes(data)?;
    let mut objective = LogisticLoss::new(&data.features, labels, params.penalty());
    let start = vec![0.0; objective.dimension()];
    let stop = Stop { max_iterations: params.iterations(), tolerance: params.tolerance };
    let minimum = minimise(&mut objective, start, stop, watch);
    if minimum.reason == Reason::NotFinite {
        return Err(TrainError::NotFinite);
    }
    let (coefficients, intercepts) = objective.weights(&minimum.at);
    let importance = weight_importance(&data.features, &coefficients);
    let probabilities = LinearScores { coefficients: &coefficients, intercepts }.probabilities(&data.features);
    let estimator = Estimator::LogisticRegression {
        l2: params.penalty(),
        coefficients: coefficients.into_iter().map(<[f64]>::to_vec).collect(),
        intercepts: intercepts.to_vec(),
    };
    let converged = minimum.reason.is_converged();
    let ended = Ended {
        iterations: minimum.iterations,
        converged,
        loss: minimum.value,
        log_loss: log_loss(&probabilities, labels),
        accuracy: accuracy(&probabilities, labels),
    };
    Ok(model(data, labels, estimator, ended, importance))
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

/// How training ended.
struct Ended {
    iterations: usize,
    converged: bool,
    loss: f64,
    log_loss: f64,
    accuracy: f64,
}

/// For each column its share of what the coefficients make of a deviation of its features.
fn weight_importance(features: &Matrix, coefficients: &[&[f64]]) -> Vec<f64> {
    let mut place = 0;
    let mut weights = Vec::new();
    for column in features.columns() {
        let spread = deviations(column, features.rows());
        let of_score =
            |row: &&[f64]| row[place..].iter().zip(&spread).map(|(weight, spread)| weight.abs() * spread).sum::<f64>();
        weights.push(coefficients.iter().map(of_score).sum::<f64>());
        place += column.width();
    }
    let total = weights.iter().sum::<f64>();
    weights.into_iter().map(|weight| if total > 0.0 { weight / total } else { 0.0 }).collect()
}

/// The standard deviation of each of a column's features.
fn deviations(column: &Feature, rows: usize) -> Vec<f64> {
    let rows = rows.max(1) as f64;
    match column {
        Feature::Number { values, .. } => {
            let mean = values.iter().sum::<f64>() / rows;
            vec![(values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt()]
        }
        Feature::OneHot { categories, codes, .. } => {
            let mut counts = vec![0.0; categories.len()];
            for code in codes {
                if let Some(count) = counts.get_mut(*code as usize) {
                    *count += 1.0 / rows;
                }
            }
            counts.into_iter().map(|share| (share * (1.0 - share)).sqrt()).collect()
        }
    }
}

fn model(data: &Dataset, labels: &Labels, estimator: Estimator, ended: Ended, importance: Vec<f64>) -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: concat!("train ", env!("CARGO_PKG_VERSION")).into(),
        target: data.target_name.clone(),
        classes: labels.classes.clone(),
        features: data.features.specs(),
        estimator,
        training: Training {
            rows: data.features.rows(),
            iterations: ended.iterations,
            converged: ended.converged,
            loss: ended.loss,
            log_loss: ended.log_loss,
            accuracy: ended.accuracy,
        },
        importance: importances(&data.features, importance),
    }
}

/// The columns by what they count, the most important first.
fn importances(features: &Matrix, shares: Vec<f64>) -> Vec<Importance> {
    let columns = features.columns().iter().zip(shares);
    let mut found: Vec<_> =
        columns.map(|(column, share)| Importance { column: column.column().to_owned(), share }).collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share));
    found
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
    let importance = model.importance.iter().take(REPORTED_COLUMNS_MAX).cloned();
    let importance = importance.map(|Importance { column, share }| (column, share)).collect();
    let (classes, features) = (model.classes.len(), model.width());
    Summary { loss, log_loss, accuracy, iterations, converged, rows, classes, features, importance }
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
