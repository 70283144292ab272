//! From a prepared table to a model file.

use std::ops::Range;
use std::path::Path;

use dagwood_tabular::limits::CLASSES_MAX;
use dagwood_tabular::model::linear::LinearScores;
use dagwood_tabular::model::{Estimator, FORMAT, Fit, Importance, Model, Training, VERSION, write_model};
use dagwood_tabular::parquet::{read_dataset, transform_of};
use dagwood_tabular::{Dataset, Labels, Matrix, Target};

use crate::error::TrainError;
use crate::lbfgs::{Minimum, Objective, Reason, Stop, minimise};
use crate::limits::{TREE_ROWS_MAX, TREE_SCORES_MAX, WEIGHTS_MAX};
use crate::linear::{LinearObjective, RowLoss};
use crate::logistic::LogLoss;
use crate::params::{Algorithm, Params, Stopping};
use crate::report::{Summary, Trained, warnings};
use crate::squared::SquaredLoss;
use crate::trees::boost::{Boosted, Boosting, EarlyStopping, Step, boost};
use crate::trees::goal::Goal;
use crate::weights::Weights;
use crate::{importance, quality};

/// What was learnt, and how that went.
struct Learnt {
    estimator: Estimator,
    fit: Fit,
    importance: Vec<f64>,
    iterations: usize,
    converged: bool,
    loss: f64,
    losses: Vec<f64>,
    held_back_losses: Vec<f64>,
}

/// Trains on the Parquet file at `table` and writes the model to `model`. `watch` is called before the first iteration and after each.
/// `seed` is used if the params name none.
///
/// # Errors
/// The table or the params are wrong, there is nothing to learn, or the model cannot be written.
pub fn train(
    table: &Path,
    model: &Path,
    params: &Params,
    seed: u64,
    mut watch: impl FnMut(Step),
) -> Result<Trained, TrainError> {
    params.check()?;
    let data = read_dataset(table, params.target.as_deref())?;
    let learnt = match params.algorithm {
        Algorithm::LogisticRegression => logistic_regression(&data, params, &mut watch)?,
        Algorithm::LinearRegression => linear_regression(&data, params, &mut watch)?,
        Algorithm::GradientBoostedTrees => boosted_trees(&data, params, params.seed.unwrap_or(seed), &mut watch)?,
    };
    let fitted = self::model(&data, learnt, transform_of(table)?);
    write_model(model, &fitted)?;
    Ok(Trained { summary: Summary::new(&fitted), warnings: warnings(&fitted, params) })
}

fn logistic_regression(data: &Dataset, params: &Params, watch: &mut impl FnMut(Step)) -> Result<Learnt, TrainError> {
    let Target::Classes(labels) = &data.target else {
        return Err(TrainError::TargetIsNumber { target: data.target_name.clone() });
    };
    check_classes(data, labels)?;
    let weights = Weights::new(labels, params.class_weights.as_ref())?;
    let loss = LogLoss::new(labels, &weights);
    let mut objective = LinearObjective::new(&data.features, loss, params.penalty());
    check_weights(objective.dimension(), labels.classes.len(), data.features.width())?;
    let (minimum, losses) = searched(&mut objective, params, 1.0, watch)?;
    let (coefficients, intercepts) = objective.weights(&minimum.at);
    let linear = LinearScores { coefficients: &coefficients, intercepts: &intercepts };
    let fit = quality::of_classes(labels, |rows, scores| linear.score_block(&data.features, rows, scores));
    let estimator = Estimator::LogisticRegression {
        l2: params.penalty(),
        coefficients: coefficients.iter().map(|row| row.to_vec()).collect(),
        intercepts,
    };
    Ok(Learnt::by_search(estimator, fit, importance::of_weights(&data.features, &coefficients), &minimum, losses))
}

fn linear_regression(data: &Dataset, params: &Params, watch: &mut impl FnMut(Step)) -> Result<Learnt, TrainError> {
    let Target::Numbers(values) = &data.target else {
        return Err(TrainError::TargetIsClasses { target: data.target_name.clone() });
    };
    check_numbers(data, values, params)?;
    // Standardised, so that the tolerance means the same whatever the unit.
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let unit = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let scaled: Vec<f64> = values.iter().map(|value| (value - mean) / unit).collect();
    let mut objective = LinearObjective::new(&data.features, SquaredLoss::new(&scaled), params.penalty());
    let (mut minimum, losses) = searched(&mut objective, params, unit * unit, watch)?;
    minimum.at.iter_mut().for_each(|weight| *weight *= unit);
    minimum.value *= unit * unit;
    let (coefficients, intercepts) = objective.weights(&minimum.at);
    let intercept = intercepts.first().copied().unwrap_or(0.0) + mean;
    let linear = LinearScores { coefficients: &coefficients, intercepts: &[intercept] };
    let fit = quality::of_number(values, |rows, estimates| linear.score_block(&data.features, rows, estimates));
    let estimator =
        Estimator::LinearRegression { l2: params.penalty(), coefficients: coefficients.concat(), intercept };
    Ok(Learnt::by_search(estimator, fit, importance::of_weights(&data.features, &coefficients), &minimum, losses))
}

/// The minimum, and the objective on the way there in units of `unit`.
fn searched<L: RowLoss>(
    objective: &mut LinearObjective<'_, L>,
    params: &Params,
    unit: f64,
    watch: &mut impl FnMut(Step),
) -> Result<(Minimum, Vec<f64>), TrainError> {
    let start = vec![0.0; objective.dimension()];
    let is_scaled = objective.is_scaled();
    let stop = Stop { max_iterations: params.iterations(), tolerance: params.tolerance, is_scaled };
    let mut losses = Vec::new();
    let minimum = minimise(objective, start, stop, |round, loss| {
        let loss = loss * unit;
        losses.push(loss);
        watch(Step { round, loss, held_back: None });
    });
    if minimum.reason == Reason::NotFinite { Err(TrainError::NotFinite) } else { Ok((minimum, losses)) }
}

fn boosted_trees(
    data: &Dataset,
    params: &Params,
    seed: u64,
    watch: &mut impl FnMut(Step),
) -> Result<Learnt, TrainError> {
    let goal = match &data.target {
        Target::Classes(labels) => {
            check_classes(data, labels)?;
            Goal::classes(labels, &Weights::new(labels, params.class_weights.as_ref())?)
        }
        Target::Numbers(values) => {
            check_numbers(data, values, params)?;
            Goal::Number(values)
        }
    };
    check_size(goal.rows(), goal.scores())?;
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
    let (mut losses, mut held_back_losses) = (Vec::new(), Vec::new());
    let boosted = boost(&data.features, &goal, how, |step| {
        losses.push(step.loss);
        held_back_losses.extend(step.held_back);
        watch(step);
    });
    let Boosted { base, rounds, loss, scores, importance, stopped } = boosted;
    let score_block = |rows: Range<usize>, into: &mut Vec<f64>| {
        into.clear();
        scores.iter().for_each(|scores| into.extend_from_slice(&scores[rows.clone()]));
    };
    let fit = match &data.target {
        Target::Classes(labels) => quality::of_classes(labels, score_block),
        Target::Numbers(values) => quality::of_number(values, score_block),
    };
    Ok(Learnt {
        iterations: rounds.len(),
        estimator: Estimator::GradientBoostedTrees { base, rounds },
        fit,
        importance,
        converged: stopped || params.early_stopping.is_none(),
        loss,
        losses,
        held_back_losses,
    })
}

/// Whether trees for so many rows and scores fit into memory, and their sums into numbers.
fn check_size(rows: usize, scores: usize) -> Result<(), TrainError> {
    if rows > TREE_ROWS_MAX {
        return Err(TrainError::TooManyRows { rows, limit: TREE_ROWS_MAX });
    }
    if rows.saturating_mul(scores) > TREE_SCORES_MAX {
        return Err(TrainError::TooManyScores { rows, classes: scores, limit: TREE_SCORES_MAX });
    }
    Ok(())
}

/// Whether the search for so many weights fits into memory.
fn check_weights(weights: usize, classes: usize, features: usize) -> Result<(), TrainError> {
    if weights > WEIGHTS_MAX {
        return Err(TrainError::TooManyWeights { classes, features, limit: WEIGHTS_MAX });
    }
    Ok(())
}

impl Learnt {
    fn by_search(estimator: Estimator, fit: Fit, importance: Vec<f64>, minimum: &Minimum, losses: Vec<f64>) -> Self {
        Self {
            estimator,
            fit,
            importance,
            iterations: minimum.iterations,
            converged: minimum.reason.is_converged(),
            loss: minimum.value,
            losses,
            held_back_losses: Vec::new(),
        }
    }
}

/// Whether there is something to tell apart and something to tell it by.
fn check_classes(data: &Dataset, labels: &Labels) -> Result<(), TrainError> {
    let target = || data.target_name.clone();
    let (classes, rows) = (labels.classes.len(), labels.codes.len());
    match &labels.classes[..] {
        [class] => Err(TrainError::OneClass { target: target(), class: class.clone() }),
        _ if classes > CLASSES_MAX || (classes == rows && rows > 2) => {
            Err(TrainError::TooManyClasses { target: target(), classes, rows })
        }
        _ => check_features(data),
    }
}

/// Whether there is something to estimate and something to estimate it by.
fn check_numbers(data: &Dataset, values: &[f64], params: &Params) -> Result<(), TrainError> {
    if params.class_weights.is_some() {
        let why = format!("needs a target of classes, and {:?} is a number", data.target_name);
        return Err(TrainError::params("class_weights", why));
    }
    if let Some(first) = values.first()
        && values.iter().all(|value| value == first)
    {
        return Err(TrainError::OneValue { target: data.target_name.clone(), value: *first });
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    // Squares must be numbers, and not nothing.
    if spread.is_normal() { check_features(data) } else { Err(TrainError::NotFinite) }
}

fn check_features(data: &Dataset) -> Result<(), TrainError> {
    if data.features.width() == 0 {
        return Err(TrainError::NoFeatures { target: data.target_name.clone() });
    }
    Ok(())
}

fn model(data: &Dataset, learnt: Learnt, transform: Option<String>) -> Model {
    Model {
        format: FORMAT.into(),
        version: VERSION,
        trained_by: concat!("train ", env!("CARGO_PKG_VERSION")).into(),
        transform,
        target: data.target_name.clone(),
        classes: match &data.target {
            Target::Classes(labels) => labels.classes.clone(),
            Target::Numbers(_) => Vec::new(),
        },
        features: data.features.specs(),
        estimator: learnt.estimator,
        training: Training {
            rows: data.features.rows(),
            iterations: learnt.iterations,
            converged: learnt.converged,
            loss: learnt.loss,
            fit: learnt.fit,
            losses: learnt.losses,
            held_back_losses: learnt.held_back_losses,
        },
        importance: importances(&data.features, learnt.importance),
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

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
