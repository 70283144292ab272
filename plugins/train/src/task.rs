//! The plugin as the host sees it.

use dagwood_sdk::{
    Failure, Input, Invocation, One, Outcome, Output, Plugin, Task, TaskResult, info, metric, progress, warn,
};
use dagwood_tabular::wording::with_causes;

use crate::error::TrainError;
use crate::fit::train;
use crate::params::Params;
use crate::report::Summary;
use crate::trees::boost::Step;

/// The prepared table.
pub const TRAIN: Input<One> = Input::one("train")
    .about("The rows to train on: Parquet, a target and features, numbers or categories, as `preprocess` writes it")
    .media_type("application/vnd.apache.parquet");
/// The trained model.
pub const MODEL: Output<One> = Output::one("model")
    .about("The model: classes, features, coefficients or trees, and how much each column counts")
    .media_type("application/json");

/// The series of the objective by iteration.
const LOSS: &str = "loss";
/// The same of the rows held back for early stopping.
const HELD_BACK_LOSS: &str = "held_back_loss";

/// Trains a model.
#[derive(Debug)]
pub struct Train;

impl Task for Train {
    type Params = Params;
    type Value = Summary;

    fn plugin() -> Plugin {
        dagwood_sdk::plugin!().input(TRAIN).output(MODEL)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Summary> {
        let most = params.iterations() as u64;
        let watch = |Step { round, loss, held_back }: Step| {
            metric(LOSS, round as u64, loss);
            if let Some(loss) = held_back {
                metric(HELD_BACK_LOSS, round as u64, loss);
            }
            progress(round as u64, Some(most), &format!("loss {:.6}", held_back.unwrap_or(loss)));
        };
        let table = &call.input(TRAIN)?.path;
        let trained =
            train(table, &call.output(MODEL), &params, call.seed(), watch).map_err(|error| failure(&error))?;
        for warning in &trained.warnings {
            warn!("{warning}");
        }
        let summary = trained.summary;
        progress(most, Some(most), "trained");
        info!(loss = summary.loss, iterations = summary.iterations, converged = summary.converged; "trained");
        Ok(Outcome::Done(summary))
    }
}

fn failure(error: &TrainError) -> Failure {
    let message = with_causes(error);
    if error.is_retryable() {
        Failure::retryable(error.code(), message)
    } else {
        Failure::permanent(error.code(), message)
    }
}
