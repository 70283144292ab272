//! `dagwood db …`.

use std::time::Duration;

use clap::{Args, Subcommand};
use comfy_table::Cell;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::cli::table::{self, cell};
use crate::compose::{CleanRequest, Cleaned};
use crate::ids::{DagId, RunId};
use crate::schedule::parse_duration;
use crate::text;
use crate::views::human;

/// Runs that are shown at most; with --json all are.
const ROWS_MAX: usize = 50;

/// Bring the database up to date, look it over, remove old runs
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Bring the database up to date, as every command does; a copy of the old one is kept
    Migrate,
    /// Look for damage in the database
    Check,
    /// Remove old runs with their logs, and artifacts that nobody refers to any more
    Clean(CleanArgs),
}

/// Remove old runs with their logs, and artifacts that nobody refers to any more
///
/// A DAG's last scheduled run stays in any case: it tells where the schedule goes on.
#[derive(Debug, Args)]
pub struct CleanArgs {
    /// Runs that ended longer ago than this, such as `30d`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    older_than: Duration,
    /// But for the newest of each DAG
    #[arg(long, value_name = "N", default_value_t = 1)]
    keep: u32,
    /// Only show which those are
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

fn duration(text: &str) -> Result<Duration, String> {
    // `0s`: all that have ended.
    if text == "0s" { Ok(Duration::ZERO) } else { parse_duration(text).map_err(|error| error.message) }
}

#[derive(Serialize)]
struct CleanedDocument {
    dag_runs: Vec<CleanedRun>,
    total_entries: u64,
    artifacts: u64,
    artifact_bytes: u64,
    dry_run: bool,
}

#[derive(Serialize)]
struct CleanedRun {
    dag_id: DagId,
    run_id: RunId,
}

/// Does it.
pub(super) fn run(command: DbCommand, context: &Context) -> Result<Exit, CliError> {
    // Opening the home migrates.
    let host = context.host()?;
    match command {
        DbCommand::Migrate => context.output.say("the database is of this program's version"),
        DbCommand::Check => {
            let wrong = host.store.check()?;
            if !wrong.is_empty() {
                let words: Vec<_> = wrong.iter().map(|line| format!("error: {}", text::one_line(line))).collect();
                return Err(CliError::rendered(Exit::Host, words.join("\n")).help("restore a copy of the home folder"));
            }
            context.output.print(&context.output.colours().paint(Tone::Good, "ok"))?;
        }
        DbCommand::Clean(args) => {
            let CleanArgs { older_than, keep, dry_run, json } = args;
            let cleaned = host.clean(CleanRequest { older_than, keep, dry_run })?;
            tell(context, cleaned, dry_run, json)?;
        }
    }
    Ok(Exit::Done)
}

fn tell(context: &Context, cleaned: Cleaned, dry_run: bool, json: Json) -> Result<(), CliError> {
    let Cleaned { runs, artifacts } = cleaned;
    if json.json {
        let dag_runs: Vec<_> = runs.into_iter().map(|(dag_id, run_id)| CleanedRun { dag_id, run_id }).collect();
        let total_entries = dag_runs.len() as u64;
        let (artifacts, artifact_bytes) = (artifacts.objects, artifacts.bytes);
        return context.output.print_json(&CleanedDocument {
            dag_runs,
            total_entries,
            artifacts,
            artifact_bytes,
            dry_run,
        });
    }
    let row = |(dag, run): &(DagId, RunId)| -> Vec<Cell> { vec![cell(dag.as_str()), cell(run.as_str())] };
    if !runs.is_empty() {
        let shown = runs.iter().take(ROWS_MAX).map(row);
        context.output.print(&table::render(&["dag", "run"], shown, context.output.colours()))?;
    }
    let count = human::count(runs.len() as u64, "run");
    context.output.say(&if dry_run {
        format!("{count} would be removed")
    } else {
        let files = human::count(artifacts.objects, "artifact");
        format!("{count} removed, and {files} of {}", human::size(artifacts.bytes))
    });
    Ok(())
}
