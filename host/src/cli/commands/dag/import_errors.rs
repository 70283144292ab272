//! `dagwood dag import-errors`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::store::ImportErrorRecord;
use crate::text;
use crate::views::human;

/// Show which files of the served folder cannot be used, and why
#[derive(Debug, Args)]
pub struct ImportErrorsArgs {
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct ImportErrorList {
    import_errors: Vec<ImportError>,
    total_entries: u64,
}

/// Field names are those of Airflow's REST API.
#[derive(Serialize)]
struct ImportError {
    filename: PathBuf,
    stack_trace: String,
    timestamp: Timestamp,
}

impl From<ImportErrorRecord> for ImportError {
    fn from(record: ImportErrorRecord) -> Self {
        Self { filename: record.path, stack_trace: record.text, timestamp: record.at }
    }
}

/// Shows them.
pub(super) fn run(args: ImportErrorsArgs, context: &Context) -> Result<Exit, CliError> {
    let errors = context.host()?.store.import_errors()?;
    if args.json.json {
        let import_errors: Vec<_> = errors.into_iter().map(ImportError::from).collect();
        let total_entries = import_errors.len() as u64;
        context.output.print_json(&ImportErrorList { import_errors, total_entries })?;
    } else if errors.is_empty() {
        context.output.say("the last server could use all its files");
    } else {
        let shown = errors.iter().map(|error| {
            let (path, at) = (error.path.display().to_string(), human::instant(error.at));
            format!("{} as of {at}:\n{}", text::one_line(&path), text::lines(&error.text))
        });
        context.output.print(&shown.collect::<Vec<_>>().join("\n\n"))?;
    }
    Ok(Exit::Done)
}
