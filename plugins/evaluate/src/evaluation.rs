//! From files to files.

use std::path::Path;

use dagwood_tabular::json::write_json;
use dagwood_tabular::model::{Model, most_likely, read_model};
use dagwood_tabular::parquet::read_dataset;
use dagwood_tabular::wording::{count, listed};
use dagwood_tabular::{DataError, Dataset, Feature, Labels, Matrix, Target};

use crate::confusion::Confusion;
use crate::error::EvaluateError;
use crate::params::Params;
use crate::report::{Certainty, MetricsFile, Summary};
use crate::svg::draw_confusion;

/// Where things lie and go.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The model, JSON.
    pub model: &'a Path,
    /// The rows to try it on, Parquet.
    pub test: &'a Path,
    /// Where the figures go, JSON.
    pub metrics: &'a Path,
    /// Where the picture goes, SVG.
    pub confusion_matrix: &'a Path,
}

/// The result, and what people should hear of.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The task's result.
    pub summary: Summary,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}

/// Tries the model on the rows and writes its figures.
///
/// # Errors
/// The model or the table cannot be read, they do not fit each other, or a result cannot be written; or, when all is written, the
/// model does not reach what `params` ask of it.
pub fn evaluate(files: Files<'_>, params: &Params) -> Result<Evaluated, EvaluateError> {
    let model = read_model(files.model)?;
    let Dataset { target, features, .. } = read_dataset(files.test, Some(&model.target)).map_err(target_absent)?;
    let truth = codes(&model, target)?;
    let warnings = unused(&model, &features);
    let probabilities = model.probabilities(&features.select(&model.features)?);
    let classes = model.classes.len();
    if let Some(place) = probabilities.iter().position(|probability| !probability.is_finite()) {
        return Err(EvaluateError::NotFinite { row: place / classes + 1 });
    }
    let confusion = Confusion::new(classes, &truth, &most_likely(&probabilities, classes));
    let certainty = Certainty::new(&probabilities, classes, &truth);
    let summary = Summary::new(&model.classes, &confusion, &certainty, truth.len());
    write_json(files.metrics, &MetricsFile::new(&model.target, &model.classes, &confusion, &certainty, &summary))?;
    let picture = draw_confusion(&model.target, &model.classes, &confusion);
    std::fs::write(files.confusion_matrix, picture)
        .map_err(|source| DataError::Unwritable { file: files.confusion_matrix.display().to_string(), source })?;
    let missed = params.missed(&summary);
    if missed.is_empty() { Ok(Evaluated { summary, warnings }) } else { Err(EvaluateError::NotGoodEnough { missed }) }
}

fn target_absent(error: DataError) -> EvaluateError {
    match error {
        DataError::ColumnAbsent { .. } => EvaluateError::TargetAbsent { source: error },
        other => EvaluateError::Data(other),
    }
}

/// The true classes, numbered as the model numbers them.
fn codes(model: &Model, target: Target) -> Result<Vec<u32>, EvaluateError> {
    let Target::Classes(Labels { classes, codes }) = target else {
        return Err(EvaluateError::TargetIsNumber { target: model.target.clone() });
    };
    let place = |class: &String| model.classes.iter().position(|known| known == class).map(|place| place as u32);
    let places = classes.iter().map(place).collect::<Vec<_>>();
    let known = |(row, code): (usize, &u32)| {
        places[*code as usize].ok_or_else(|| EvaluateError::UnknownClass {
            row: row + 1,
            class: classes[*code as usize].clone(),
            classes: model.classes.clone(),
        })
    };
    codes.iter().enumerate().map(known).collect()
}

/// Columns that the table has and the model does not use.
fn unused(model: &Model, features: &Matrix) -> Vec<String> {
    let used = |column: &Feature| model.features.iter().any(|spec| spec.column() == column.column());
    let unused = features.columns().iter().filter(|column| !used(column)).map(Feature::column).collect::<Vec<_>>();
    if unused.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "{} not used, since the model was trained without: {}",
        count(unused.len(), "column"),
        listed(&unused)
    )]
}

#[cfg(test)]
#[path = "evaluation_tests.rs"]
mod tests;
