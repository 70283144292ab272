//! The plugin as the host sees it.

use dagwood_sdk::{Failure, Input, Invocation, One, Outcome, Output, Plugin, Task, TaskResult, info, warn};
use dagwood_tabular::wording::with_causes;

use crate::error::EvaluateError;
use crate::evaluation::{Files, evaluate};
use crate::params::Params;
use crate::report::Summary;

/// The model.
pub const MODEL: Input<One> =
    Input::one("model").about("The model, as `train` writes it").media_type("application/json");
/// The rows to try it on.
pub const TEST: Input<One> = Input::one("test")
    .about("Rows that the model was not trained on: Parquet, as `preprocess` writes it")
    .media_type("application/vnd.apache.parquet");
/// The figures.
pub const METRICS: Output<One> = Output::one("metrics")
    .about("All figures, for each class too, and the confusion matrix")
    .media_type("application/json");
/// The picture.
pub const CONFUSION_MATRIX: Output<One> =
    Output::one("confusion_matrix").about("Which class was taken for which, as a picture").media_type("image/svg+xml");

/// Tries a model on rows that it has not seen.
#[derive(Debug)]
pub struct Evaluate;

impl Task for Evaluate {
    type Params = Params;
    type Value = Summary;

    fn plugin() -> Plugin {
        dagwood_sdk::plugin!().input(MODEL).input(TEST).output(METRICS).output(CONFUSION_MATRIX)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Summary> {
        let files = Files {
            model: &call.input(MODEL)?.path,
            test: &call.input(TEST)?.path,
            metrics: &call.output(METRICS),
            confusion_matrix: &call.output(CONFUSION_MATRIX),
        };
        let evaluated = evaluate(files, &params).map_err(|error| failure(&error))?;
        for warning in &evaluated.warnings {
            warn!("{warning}");
        }
        let summary = evaluated.summary;
        info!(accuracy = summary.accuracy, f1 = summary.f1, log_loss = summary.log_loss, rows = summary.rows; "evaluated");
        Ok(Outcome::Done(summary))
    }
}

fn failure(error: &EvaluateError) -> Failure {
    let message = with_causes(error);
    if error.is_retryable() {
        Failure::retryable(error.code(), message)
    } else {
        Failure::permanent(error.code(), message)
    }
}
