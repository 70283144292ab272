//! The plugin as the host sees it.

use dagwood_sdk::{Failure, Input, Invocation, One, Optional, Outcome, Output, Plugin, Task, TaskResult, info, warn};
use dagwood_tabular::wording::with_causes;

use crate::error::EvaluateError;
use crate::evaluation::{Inputs, Outputs, evaluate};
use crate::figures::Figure;
use crate::params::Params;
use crate::report::Summary;

/// The media type of pictures.
const SVG: &str = "image/svg+xml";
/// The media type of tables.
const PARQUET: &str = "application/vnd.apache.parquet";

/// The model.
pub const MODEL: Input<One> =
    Input::one("model").about("The model, as `train` writes it").media_type("application/json");
/// The rows to try it on.
pub const TEST: Input<One> = Input::one("test")
    .about("Rows that the model was not trained on: Parquet, as `preprocess` writes it; to predict, without a target")
    .media_type(PARQUET);
/// An earlier model.
pub const BASELINE: Input<Optional> = Input::optional("baseline")
    .about("An earlier model, to be compared with on the same rows")
    .media_type("application/json");
/// The figures.
pub const METRICS: Output<Optional> = Output::optional("metrics")
    .about("All figures, for each class too, the confusion matrix, and the comparison")
    .media_type("application/json");
/// What the model says of each row.
pub const PREDICTIONS: Output<Optional> = Output::optional("predictions")
    .about("What the model says of each row, with the probability of each class: when it predicts, or if asked for")
    .media_type(PARQUET);
/// The picture of what was taken for what.
pub const CONFUSION_MATRIX: Output<Optional> =
    Output::optional("confusion_matrix").about("Which class was taken for which, as a picture").media_type(SVG);
/// The picture of the ROC curve.
pub const ROC: Output<Optional> = Output::optional("roc").about("The ROC curve of each class").media_type(SVG);
/// The picture of precision and recall.
pub const PRECISION_RECALL: Output<Optional> = Output::optional("precision_recall")
    .about("Precision and recall of each class, over all thresholds")
    .media_type(SVG);
/// The picture of calibration.
pub const CALIBRATION: Output<Optional> =
    Output::optional("calibration").about("How often what was given a probability came true").media_type(SVG);
/// The picture of residuals.
pub const RESIDUALS: Output<Optional> =
    Output::optional("residuals").about("What estimates of a number are off by").media_type(SVG);
/// The picture of training.
pub const LOSS: Output<Optional> =
    Output::optional("loss").about("The loss by iteration while the model was trained").media_type(SVG);

/// Tries a model on rows that it has not seen.
#[derive(Debug)]
pub struct Evaluate;

impl Task for Evaluate {
    type Params = Params;
    type Value = Summary;

    fn plugin() -> Plugin {
        let outputs = [METRICS, PREDICTIONS, CONFUSION_MATRIX, ROC, PRECISION_RECALL, CALIBRATION, RESIDUALS, LOSS];
        let plugin = dagwood_sdk::plugin!().input(MODEL).input(TEST).input(BASELINE);
        outputs.into_iter().fold(plugin, Plugin::output)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Summary> {
        let inputs = Inputs {
            model: &call.input(MODEL)?.path,
            test: &call.input(TEST)?.path,
            baseline: call.optional_input(BASELINE).map(|artifact| artifact.path.as_path()),
        };
        let outputs = Outputs {
            metrics: &call.output(METRICS),
            predictions: &call.output(PREDICTIONS),
            confusion_matrix: &call.output(CONFUSION_MATRIX),
            roc: &call.output(ROC),
            precision_recall: &call.output(PRECISION_RECALL),
            calibration: &call.output(CALIBRATION),
            residuals: &call.output(RESIDUALS),
            loss: &call.output(LOSS),
        };
        let evaluated = evaluate(inputs, outputs, &params).map_err(|error| failure(&error))?;
        for warning in &evaluated.warnings {
            warn!("{warning}");
        }
        let summary = evaluated.summary;
        info!(rows = summary.rows, figures = told(&summary); "evaluated");
        Ok(Outcome::Done(summary))
    }
}

/// The figures in a line, with what they are more or less than the earlier model's.
fn told(summary: &Summary) -> String {
    let told = |figure: Figure| {
        let found = figure.of(&summary.figures)?;
        let compared = summary.comparison.as_ref().and_then(|comparison| comparison.get(&figure));
        let difference = compared.map(|compared| format!(" ({:+.4})", compared.difference)).unwrap_or_default();
        Some(format!("{} {found:.4}{difference}", figure.name()))
    };
    Figure::ALL.into_iter().filter_map(told).collect::<Vec<_>>().join(", ")
}

fn failure(error: &EvaluateError) -> Failure {
    let message = with_causes(error);
    if error.is_retryable() {
        Failure::retryable(error.code(), message)
    } else {
        Failure::permanent(error.code(), message)
    }
}
