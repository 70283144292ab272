//! What a model says of rows, held against what they are.

use std::ops::Range;

use dagwood_tabular::metrics::Errors;
use dagwood_tabular::model::Model;
use dagwood_tabular::{Labels, Matrix, Target};

use crate::certainty::{Certainty, judge};
use crate::confusion::Confusion;
use crate::error::EvaluateError;
use crate::figures::Figures;
use crate::limits::RANKED_TOGETHER_MAX;
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

/// A model and the rows that it says something of.
#[derive(Debug)]
pub struct Asked<'a> {
    model: &'a Model,
    /// The model's, in its order.
    features: Matrix,
    /// Where each class stands among the model's own.
    places: Vec<usize>,
}

impl<'a> Asked<'a> {
    /// `features` are the model's, in its order.
    pub fn new(model: &'a Model, features: Matrix) -> Self {
        Self { model, features, places: (0..model.classes.len()).collect() }
    }

    /// The same with the model's classes in the order of `wanted`, which are the same classes.
    pub fn ordered(mut self, wanted: &[String]) -> Self {
        let place = |class: &String| self.model.classes.iter().position(|known| known == class).unwrap_or_default();
        self.places = wanted.iter().map(place).collect();
        self
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// Calls `each` with these rows, block by block, and what the model says of them: the probability of each class, row by row, or the
    /// estimate.
    ///
    /// # Errors
    /// Scores beyond what a number holds.
    pub fn answer(&self, rows: Range<usize>, mut each: impl FnMut(Range<usize>, &[f64])) -> Result<(), EvaluateError> {
        let width = self.places.len().max(1);
        let is_turned = self.places.iter().enumerate().any(|(wanted, own)| wanted != *own);
        let (mut turned, mut bad_row) = (Vec::new(), None);
        self.model.say(&self.features, rows, |rows, said| {
            if let Some(place) = said.iter().position(|number| !number.is_finite()) {
                bad_row.get_or_insert(rows.start + place / width);
            }
            if bad_row.is_some() {
                return;
            }
            if !is_turned {
                return each(rows, said);
            }
            turned.clear();
            turned.extend(said.chunks_exact(width).flat_map(|row| self.places.iter().map(|place| row[*place])));
            each(rows, &turned);
        });
        bad_row.map_or(Ok(()), |row| Err(EvaluateError::NotFinite { row: row + 1 }))
    }
}

impl Judgement {
    /// Holds what is said against the truth; classes are those of `model`, in its order.
    ///
    /// # Errors
    /// The rows are of a class that the model does not know, or are numbers where it has classes, or the other way round; or scores
    /// beyond what a number holds.
    pub fn new(model: &Model, asked: &Asked<'_>, target: &Target) -> Result<Self, EvaluateError> {
        match target {
            Target::Classes(_) if model.is_regression() => {
                Err(EvaluateError::TargetIsClasses { target: model.target.clone() })
            }
            Target::Classes(labels) => {
                let (classes, truth) = (model.classes.len(), codes(model, labels)?);
                let (certainty, confusion) =
                    judge(classes, &truth, RANKED_TOGETHER_MAX, |each| asked.answer(0..asked.rows(), each))?;
                Ok(Self::Classes { confusion, certainty })
            }
            Target::Numbers(truth) if model.is_regression() => {
                let mut estimates = Vec::with_capacity(asked.rows());
                asked.answer(0..asked.rows(), |_, said| estimates.extend_from_slice(said))?;
                let errors = Errors::new(&estimates, truth);
                Ok(Self::Number { estimates, truth: truth.clone(), errors })
            }
            Target::Numbers(_) => Err(EvaluateError::TargetIsNumber { target: model.target.clone() }),
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
