//! The plugin as the host sees it.

use dagwood_sdk::{Failure, Input, Invocation, One, Outcome, Output, Plugin, Task, TaskResult, info, warn};
use dagwood_tabular::wording::with_causes;

use crate::error::PreprocessError;
use crate::params::Params;
use crate::pipeline::{Files, preprocess};
use crate::report::Summary;

/// The table.
pub const DATA: Input<One> = Input::one("data").about("The table: CSV, UTF-8, with a header, or Parquet");
/// The training part.
pub const TRAIN: Output<One> = Output::one("train")
    .about("The rows to train on: the target and the features, numbers and categories")
    .media_type("application/vnd.apache.parquet");
/// The test part.
pub const TEST: Output<One> = Output::one("test")
    .about("The rows kept for testing, treated with what was learnt from the others")
    .media_type("application/vnd.apache.parquet");
/// What was learnt.
pub const TRANSFORM: Output<One> = Output::one("transform")
    .about("What was learnt from the training part: fills, scales, categories")
    .media_type("application/json");

/// Prepares a table for training.
#[derive(Debug)]
pub struct Preprocess;

impl Task for Preprocess {
    type Params = Params;
    type Value = Summary;

    fn plugin() -> Plugin {
        dagwood_sdk::plugin!().input(DATA).output(TRAIN).output(TEST).output(TRANSFORM)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Summary> {
        let [train, test, transform] = [TRAIN, TEST, TRANSFORM].map(|port| call.output(port));
        let files = Files { train: &train, test: &test, transform: &transform };
        let prepared =
            preprocess(&call.input(DATA)?.path, files, &params, call.seed()).map_err(|error| failure(&error))?;
        for warning in &prepared.warnings {
            warn!("{warning}");
        }
        let summary = prepared.summary;
        info!(rows = summary.rows, train_rows = summary.train_rows, test_rows = summary.test_rows, features = summary.features; "prepared");
        Ok(Outcome::Done(summary))
    }
}

fn failure(error: &PreprocessError) -> Failure {
    let message = with_causes(error);
    if error.is_retryable() {
        Failure::retryable(error.code(), message)
    } else {
        Failure::permanent(error.code(), message)
    }
}
