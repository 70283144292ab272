//! What a model says of rows, held against what they are.

use dagwood_tabular::model::{Model, most_likely, probabilities};
use dagwood_tabular::{Labels, Matrix, Target};

use crate::certainty::Certainty;
use crate::confusion::Confusion;
use crate::error::EvaluateError;
use crate::errors::Errors;
use crate::figures::Figures;
use crate::metrics::{accuracy, macro_averages};

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Of a model that tells classes apart.
    Classes {
        /// Which class was taken for which.
        confusion: Confusion,
        /// What the probabilities are worth.
        certainty: Certainty,
    },
    /// Of a model that estimates a number.
    Number {
        /// What it says of each row.
        estimates: Vec<f64>,
        /// What each row is.
        truth: Vec<f64>,
        /// How far apart they are.
        errors: Errors,
    },
}

/// What a model says of each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The probability of each class, row by row.
    Probabilities(Vec<f64>),
    /// A number.
    Estimates(Vec<f64>),
}

impl Said {
    /// Of rows whose features are the model's, in its order.
    ///
    /// # Errors
    /// Scores beyond what a number holds.
    pub fn new(model: &Model, features: &Matrix) -> Result<Self, EvaluateError> {
        let (classes, scores) = (model.classes.len(), model.scores(features));
        let (said, width) = if model.is_regression() { (scores, 1) } else { (probabilities(scores, classes), classes) };
        match said.iter().position(|number| !number.is_finite()) {
            Some(place) => Err(EvaluateError::NotFinite { row: place / width + 1 }),
            None if model.is_regression() => Ok(Self::Estimates(said)),
            None => Ok(Self::Probabilities(said)),
        }
    }

    /// The same with the probabilities of the model's `own` classes in the order of `wanted`, which are the same classes.
    pub fn ordered(self, own: &[String], wanted: &[String]) -> Self {
        let Self::Probabilities(probabilities) = self else { return self };
        let place = |class: &String| own.iter().position(|known| known == class).unwrap_or_default();
        let places: Vec<usize> = wanted.iter().map(place).collect();
        let rows = probabilities.chunks_exact(own.len().max(1));
        Self::Probabilities(rows.flat_map(|row| places.iter().map(|place| row[*place])).collect())
    }
}

impl Judgement {
    /// Holds what the model says against the truth.
    ///
    /// # Errors
    /// The rows are of a class that the model does not know, or are numbers where it has classes, or the other way round.
    pub fn new(model: &Model, said: Said, target: &Target) -> Result<Self, EvaluateError> {
        match (said, target) {
            (Said::Probabilities(probabilities), Target::Classes(labels)) => {
                let (classes, truth) = (model.classes.len(), codes(model, labels)?);
                let confusion = Confusion::new(classes, &truth, &most_likely(&probabilities, classes));
                Ok(Self::Classes { confusion, certainty: Certainty::new(&probabilities, classes, &truth) })
            }
            (Said::Estimates(estimates), Target::Numbers(truth)) => {
                let errors = Errors::new(&estimates, truth);
                Ok(Self::Number { estimates, truth: truth.clone(), errors })
            }
            (Said::Probabilities(_), Target::Numbers(_)) => {
                Err(EvaluateError::TargetIsNumber { target: model.target.clone() })
            }
            (Said::Estimates(_), Target::Classes(_)) => {
                Err(EvaluateError::TargetIsClasses { target: model.target.clone() })
            }
        }
    }

    /// The figures that sum it up.
    pub fn figures(&self) -> Figures {
        match self {
            Self::Classes { confusion, certainty } => {
                let averages = macro_averages(confusion);
                Figures {
                    accuracy: Some(accuracy(confusion)),
                    precision: Some(averages.precision),
                    recall: Some(averages.recall),
                    f1: Some(averages.f1),
                    roc_auc: certainty.roc_auc(),
                    pr_auc: certainty.pr_auc(),
                    log_loss: Some(certainty.log_loss),
                    brier: Some(certainty.brier),
                    ..Figures::default()
                }
            }
            Self::Number { errors, .. } => {
                Figures { rmse: Some(errors.rmse), mae: Some(errors.mae), r2: Some(errors.r2), ..Figures::default() }
            }
        }
    }
}

/// The true classes, numbered as the model numbers them.
fn codes(model: &Model, labels: &Labels) -> Result<Vec<u32>, EvaluateError> {
    let place = |class: &String| model.classes.iter().position(|known| known == class).map(|place| place as u32);
    let places = labels.classes.iter().map(place).collect::<Vec<_>>();
    let known = |(row, code): (usize, &u32)| {
        places[*code as usize].ok_or_else(|| EvaluateError::UnknownClass {
            row: row + 1,
            class: labels.classes[*code as usize].clone(),
            classes: model.classes.clone(),
        })
    };
    labels.codes.iter().enumerate().map(known).collect()
}
