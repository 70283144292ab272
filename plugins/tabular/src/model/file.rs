//! Reading a model file with care: it may come from anywhere.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::{Estimator, FORMAT, Model, VERSION};
use crate::error::DataError;
use crate::features::FeatureSpec;
use crate::json::write_json;
use crate::limits::CLASSES_MAX;

/// What every version of the format has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// Writes a model file.
///
/// # Errors
/// [`DataError::Unwritable`].
pub fn write_model(path: &Path, model: &Model) -> Result<(), DataError> {
    write_json(path, model)
}

/// Reads a model file and checks that it is whole: its version, its shapes, its numbers.
///
/// # Errors
/// The file cannot be read, is no model, is of another version, or contradicts itself.
pub fn read_model(path: &Path) -> Result<Model, DataError> {
    let file = || path.display().to_string();
    let text = std::fs::read(path).map_err(|source| DataError::Unreadable { file: file(), source })?;
    let not_a_model = |source| DataError::NotAModel { file: file(), source };
    let unusable = |why| DataError::UnusableModel { file: file(), why };
    let head = serde_json::from_slice::<Head>(&text).map_err(not_a_model)?;
    if head.format != FORMAT || head.version != VERSION {
        let Head { format, version } = head;
        return Err(unusable(format!(
            "it is {format:?}, version {version}, and this reads {FORMAT:?}, version {VERSION}: train it again"
        )));
    }
    let model = serde_json::from_slice::<Model>(&text).map_err(not_a_model)?;
    match contradiction(&model) {
        None => Ok(model),
        Some(why) => Err(unusable(why)),
    }
}

/// What is wrong inside a model, if anything.
fn contradiction(model: &Model) -> Option<String> {
    let classes = model.classes.len();
    let features = model.width();
    let names: Vec<String> = model.features.iter().flat_map(FeatureSpec::names).collect();
    if classes == 1 {
        return Some("it has 1 class, and at least 2 are needed, or none where it estimates a number".into());
    }
    if classes > CLASSES_MAX {
        return Some(format!("it has {classes} classes, and at most {CLASSES_MAX} are told apart"));
    }
    if !all_differ(&model.classes) || !all_differ(&names) {
        return Some("a class or a feature stands in it twice".into());
    }
    let scores = if classes <= 2 { 1 } else { classes };
    let ragged = |row: &[f64]| {
        (row.len() != features).then(|| format!("a row of {} coefficients does not fit {features} features", row.len()))
    };
    match &model.estimator {
        Estimator::GradientBoostedTrees { base, rounds } => {
            if base.len() != scores || rounds.iter().any(|trees| trees.len() != scores) {
                return Some(format!("{classes} classes need {scores} beginnings and as many trees in each round"));
            }
            rounds.iter().flatten().find_map(|tree| tree.contradiction(&model.features))
        }
        Estimator::LinearRegression { .. } if classes > 0 => {
            Some("it tells classes apart, and a linear regression estimates a number".into())
        }
        Estimator::LinearRegression { coefficients, .. } => ragged(coefficients),
        Estimator::LogisticRegression { .. } if classes == 0 => {
            Some("it estimates a number, and a logistic regression tells classes apart".into())
        }
        Estimator::LogisticRegression { coefficients, intercepts, .. } => {
            if coefficients.len() != scores || intercepts.len() != scores {
                return Some(format!(
                    "{classes} classes need {scores} rows of coefficients and as many intercepts; it has {} and {}",
                    coefficients.len(),
                    intercepts.len()
                ));
            }
            coefficients.iter().find_map(|row| ragged(row))
        }
    }
}

fn all_differ(names: &[String]) -> bool {
    names.iter().collect::<HashSet<_>>().len() == names.len()
}
