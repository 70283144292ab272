//! From files to files.

use std::path::Path;

use dagwood_tabular::json::write_json;
use dagwood_tabular::model::{Model, read_model};
use dagwood_tabular::parquet::{Selected, column_names, read_features, read_kept, read_target, transform_of};
use dagwood_tabular::wording::{count, listed, quoted};
use dagwood_tabular::{Column, DataError, Matrix, Target};

use crate::error::EvaluateError;
use crate::figures::{Figures, compare};
use crate::judgement::{Asked, Judgement};
use crate::params::{Mode, Params};
use crate::pictures::{self, Compared};
use crate::predictions;
use crate::report::{MetricsFile, Summary};

/// Where things lie.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The model, JSON.
    pub model: &'a Path,
    /// The rows to try it on, Parquet.
    pub test: &'a Path,
    /// An earlier model, JSON.
    pub baseline: Option<&'a Path>,
}

/// Where things go. What does not apply is not written.
#[derive(Debug, Clone, Copy)]
pub struct Outputs<'a> {
    /// The figures, JSON.
    pub metrics: &'a Path,
    /// What the model says of each row, Parquet.
    pub predictions: &'a Path,
    /// Pictures, SVG; of a model of classes.
    pub confusion_matrix: &'a Path,
    /// Of a model of classes.
    pub roc: &'a Path,
    /// Of a model of classes.
    pub precision_recall: &'a Path,
    /// Of a model of classes.
    pub calibration: &'a Path,
    /// Of a model of a number.
    pub residuals: &'a Path,
    /// How training went.
    pub loss: &'a Path,
}

/// The result, and what people should hear of.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The task's result.
    pub summary: Summary,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}

/// Tries the model on the rows and writes its figures and pictures; or predicts, as `params` say.
///
/// # Errors
/// The model or the table cannot be read, they do not fit each other, or a result cannot be written; or, when all is written, the
/// model does not reach what `params` ask of it.
pub fn evaluate(inputs: Inputs<'_>, outputs: Outputs<'_>, params: &Params) -> Result<Evaluated, EvaluateError> {
    match params.mode {
        Mode::Evaluate => judge(inputs, outputs, params),
        Mode::Predict => predict(inputs, outputs, params),
    }
}

fn predict(inputs: Inputs<'_>, outputs: Outputs<'_>, params: &Params) -> Result<Evaluated, EvaluateError> {
    if params.has_gate() || inputs.baseline.is_some() {
        return Err(EvaluateError::Params {
            param: "mode",
            why: "is `predict`, which judges nothing: leave out the gate and the input `baseline`",
        });
    }
    let model = read_model(inputs.model)?;
    let Fitting { features, mut warnings } = fitting(&model, inputs.test)?;
    let is_there = column_names(inputs.test)?.contains(&model.target);
    let target = match is_there.then(|| read_target(inputs.test, &model.target)).transpose() {
        Ok(target) => target,
        // Nobody needs it to predict.
        Err(error) => {
            warnings.push(format!("the target is not written beside the predictions: {error}"));
            None
        }
    };
    let asked = Asked::new(&model, features);
    predictions::write(outputs.predictions, &asked, target.as_ref(), &read_kept(inputs.test)?)?;
    let summary = Summary { figures: Figures::default(), rows: asked.rows(), classes: None, comparison: None };
    Ok(Evaluated { summary, warnings })
}

/// The features that a model gets of a table, and what people should hear of how they fit each other.
struct Fitting {
    features: Matrix,
    warnings: Vec<String>,
}

fn fitting(model: &Model, table: &Path) -> Result<Fitting, EvaluateError> {
    let Selected { features, unknown, empty } = read_features(table, &model.features)?;
    let mut warnings: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    warnings.extend(empty.iter().map(|column| format!("column {}: no row has a category", quoted(column))));
    if let (Some(own), Some(others)) = (&model.transform, transform_of(table)?)
        && *own != others
    {
        warnings.push(format!(
            "the rows were prepared by another transformation ({others}) than those that the model was trained on ({own}): scales \
             and fills may differ"
        ));
    }
    Ok(Fitting { features, warnings })
}

fn judge(inputs: Inputs<'_>, outputs: Outputs<'_>, params: &Params) -> Result<Evaluated, EvaluateError> {
    if inputs.baseline.is_none() && !params.no_worse_in.is_empty() {
        return Err(EvaluateError::Params {
            param: "no_worse_in",
            why: "needs an earlier model: wire the input `baseline`",
        });
    }
    let model = read_model(inputs.model)?;
    let target = read_target(inputs.test, &model.target).map_err(target_absent)?;
    let Fitting { features, mut warnings } = fitting(&model, inputs.test)?;
    let asked = Asked::new(&model, features);
    let kept = read_kept(inputs.test)?;
    warnings.extend(unused(&model, &kept, &column_names(inputs.test)?));
    let judgement = Judgement::new(&model, &asked, &target)?;
    if params.predictions {
        predictions::write(outputs.predictions, &asked, Some(&target), &kept)?;
    }
    let rows = asked.rows();
    // The earlier model has features of its own.
    drop(asked);
    let baseline = inputs.baseline.map(|path| baseline(path, inputs.test, &model, &target)).transpose()?;
    let (baseline, told) = baseline.unzip();
    warnings.extend(told.into_iter().flatten().map(|warning| format!("the earlier model: {warning}")));
    let mut summary = Summary::new(&model.classes, &judgement, rows);
    let earlier = baseline.as_ref().map(Judgement::figures);
    summary.comparison = earlier.map(|earlier| compare(&summary.figures, &earlier));
    write_json(outputs.metrics, &MetricsFile::new(&model.target, &model.classes, &judgement, &summary))?;
    draw(&Compared { model: &model, judgement: &judgement, baseline: baseline.as_ref() }, outputs)?;
    let missed = params.missed(&summary.figures, earlier.as_ref());
    if missed.is_empty() { Ok(Evaluated { summary, warnings }) } else { Err(EvaluateError::NotGoodEnough { missed }) }
}

/// What the earlier model makes of the same rows, and what people should hear of how it fits them.
fn baseline(
    path: &Path,
    test: &Path,
    model: &Model,
    target: &Target,
) -> Result<(Judgement, Vec<String>), EvaluateError> {
    let of_baseline = |error: EvaluateError| EvaluateError::Baseline(Box::new(error));
    let judged = |earlier: &Model| {
        let Fitting { features, warnings } = fitting(earlier, test)?;
        let asked = Asked::new(earlier, features).ordered(&model.classes);
        Ok((Judgement::new(model, &asked, target)?, warnings))
    };
    let earlier = read_model(path).map_err(|error| of_baseline(error.into()))?;
    if earlier.target != model.target {
        let why = format!("it predicts {:?}, and this one {:?}", earlier.target, model.target);
        return Err(EvaluateError::OtherBaseline { why });
    }
    let sorted = |model: &Model| {
        let mut classes = model.classes.clone();
        classes.sort();
        classes
    };
    if sorted(&earlier) != sorted(model) {
        let why = if earlier.is_regression() == model.is_regression() {
            format!("it knows {}, and this one {}", listed(&earlier.classes), listed(&model.classes))
        } else {
            "one of them estimates a number, and the other tells classes apart".into()
        };
        return Err(EvaluateError::OtherBaseline { why });
    }
    judged(&earlier).map_err(of_baseline)
}

fn draw(of: &Compared<'_>, outputs: Outputs<'_>) -> Result<(), EvaluateError> {
    write_text(outputs.loss, &pictures::draw_loss(of.model))?;
    match of.judgement {
        Judgement::Classes { confusion, .. } => {
            let matrix = pictures::draw_confusion(&of.model.target, &of.model.classes, confusion);
            write_text(outputs.confusion_matrix, &matrix)?;
            write_text(outputs.roc, &pictures::draw_roc(of))?;
            write_text(outputs.precision_recall, &pictures::draw_precision_recall(of))?;
            write_text(outputs.calibration, &pictures::draw_calibration(of))?;
        }
        Judgement::Number { estimates, truth, errors } => {
            write_text(outputs.residuals, &pictures::draw_residuals(&of.model.target, estimates, truth, errors))?;
        }
    }
    Ok(())
}

fn write_text(path: &Path, text: &str) -> Result<(), DataError> {
    std::fs::write(path, text).map_err(|source| DataError::Unwritable { file: path.display().to_string(), source })
}

fn target_absent(error: DataError) -> EvaluateError {
    match error {
        DataError::ColumnAbsent { .. } => EvaluateError::TargetAbsent { source: error },
        other => EvaluateError::Data(other),
    }
}

/// Columns that the table has for models and this one does not use.
fn unused(model: &Model, kept: &[Column], columns: &[String]) -> Vec<String> {
    let is_used = |column: &str| column == model.target || model.features.iter().any(|spec| spec.column() == column);
    let is_kept = |column: &str| kept.iter().any(|kept| kept.name == column);
    let unused: Vec<_> = columns.iter().filter(|column| !is_used(column) && !is_kept(column)).collect();
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
