//! The plugin as the host sees it.

use dagwood_sdk::{Failure, Input, Invocation, One, Optional, Outcome, Output, Plugin, Task, TaskResult, info, warn};
use dagwood_tabular::wording::with_causes;

use crate::error::PreprocessError;
use crate::params::Params;
use crate::pipeline::{Files, preprocess};
use crate::report::{Prepared, Summary};
use crate::treat::treat;

/// The media type of prepared tables.
const PARQUET: &str = "application/vnd.apache.parquet";
/// The media type of what was learnt, and of the profile.
const JSON: &str = "application/json";

/// The table.
pub const DATA: Input<One> = Input::one("data").about("The table: CSV, or Parquet with Snappy");
/// A transformation that was fitted before.
pub const FITTED: Input<Optional> = Input::optional("transform")
    .about("A transformation fitted before: all rows are then treated as it says, and written to `prepared`")
    .media_type(JSON);
/// The training part.
pub const TRAIN: Output<Optional> = Output::optional("train")
    .about("The rows to train on: the target and the features, numbers and categories")
    .media_type(PARQUET);
/// The test part.
pub const TEST: Output<Optional> = Output::optional("test")
    .about("The rows kept for testing, treated with what was learnt from the others")
    .media_type(PARQUET);
/// What was learnt.
pub const TRANSFORM: Output<Optional> = Output::optional("transform")
    .about("What was learnt from the training part: fills, scales, categories")
    .media_type(JSON);
/// All rows, treated as a transformation says.
pub const PREPARED: Output<Optional> =
    Output::optional("prepared").about("With the input `transform`: all rows, treated as it says").media_type(PARQUET);
/// What the columns hold.
pub const PROFILE: Output<Optional> =
    Output::optional("profile").about("What the columns hold: counts, gaps, quantiles, histograms").media_type(JSON);
/// What the columns hold, as a picture.
pub const PROFILE_PLOT: Output<Optional> =
    Output::optional("profile_plot").about("What the columns hold, as a picture").media_type("image/svg+xml");

/// Prepares a table for training, or new rows for a model.
#[derive(Debug)]
pub struct Preprocess;

impl Task for Preprocess {
    type Params = Params;
    type Value = Summary;

    fn plugin() -> Plugin {
        let outputs = [TRAIN, TEST, TRANSFORM, PREPARED, PROFILE, PROFILE_PLOT];
        outputs.into_iter().fold(dagwood_sdk::plugin!().input(DATA).input(FITTED), Plugin::output)
    }

    fn run(params: Params, call: &Invocation) -> TaskResult<Summary> {
        let prepared = prepare(&params, call)?;
        for warning in &prepared.warnings {
            warn!("{warning}");
        }
        let summary = prepared.summary;
        info!(rows = summary.rows, train_rows = summary.train_rows, test_rows = summary.test_rows, features = summary.features; "prepared");
        Ok(Outcome::Done(summary))
    }
}

fn prepare(params: &Params, call: &Invocation) -> Result<Prepared, Failure> {
    let data = &call.input(DATA)?.path;
    let prepared = match call.optional_input(FITTED) {
        Some(transform) => treat(data, &transform.path, &call.output(PREPARED), params),
        None => {
            let [train, test, transform, profile, profile_plot] =
                [TRAIN, TEST, TRANSFORM, PROFILE, PROFILE_PLOT].map(|port| call.output(port));
            let files = Files {
                train: &train,
                test: &test,
                transform: &transform,
                profile: &profile,
                profile_plot: &profile_plot,
            };
            preprocess(data, files, params, call.seed())
        }
    };
    prepared.map_err(|error| failure(&error))
}

fn failure(error: &PreprocessError) -> Failure {
    let message = with_causes(error);
    if error.is_retryable() {
        Failure::retryable(error.code(), message)
    } else {
        Failure::permanent(error.code(), message)
    }
}
