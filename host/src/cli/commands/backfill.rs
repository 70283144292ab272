//! `dagwood backfill …`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::ask::{ask, done, unexpected};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::logical_date;
use crate::cli::table::{self, cell, right};
use crate::cli::target::DagArg;
use crate::ids::{BackfillId, DagId};
use crate::scheduler::request::{Backfill, BackfilledRun, Reprocess};
use crate::scheduler::{Reply, Request};
use crate::store::BackfillRecord;
use crate::views::backfills::BackfillList;
use crate::views::human;

/// Runs that are shown at most; with --json all are.
const ROWS_MAX: usize = 50;

/// Make the scheduled runs of a time in the past
#[derive(Debug, Subcommand)]
pub enum BackfillCommand {
    /// Make the runs whose logical dates lie in a time, beside the schedule and never in its way
    Create(CreateArgs),
    /// List backfills, newest first
    List(ListArgs),
    /// Start no more runs of a backfill; those that run go on
    Cancel(CancelArgs),
}

/// Make the runs whose logical dates lie in a time, beside the schedule and never in its way
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The first logical date, in UTC unless it says otherwise
    #[arg(long, value_name = "DATE", value_parser = logical_date::parse)]
    from: Timestamp,
    /// The last logical date
    #[arg(long, value_name = "DATE", value_parser = logical_date::parse)]
    to: Timestamp,
    /// Which runs that are there are run again, under their ids
    #[arg(long, value_enum, value_name = "WHICH", default_value = "none")]
    reprocess: ReprocessArg,
    /// Runs at once, apart from those of the schedule
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_active_runs: u32,
    /// The newest goes first
    #[arg(long)]
    newest_first: bool,
    /// Only show which runs those are
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReprocessArg {
    /// None of them
    None,
    /// Those that failed
    Failed,
    /// All that are at their end
    Completed,
}

/// List backfills, newest first
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    json: Json,
}

/// Start no more runs of a backfill; those that run go on
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Its number
    id: i64,
}

#[derive(Serialize)]
struct Created {
    id: Option<BackfillId>,
    dag_id: DagId,
    runs: Vec<BackfilledRun>,
    total_entries: u64,
    dry_run: bool,
}

/// Does it.
pub(super) fn run(command: BackfillCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        BackfillCommand::Create(args) => create(args, context),
        BackfillCommand::List(args) => list(args, context),
        BackfillCommand::Cancel(args) => context.with_host(async |host| {
            let reply = ask(&host, Request::CancelBackfill { id: BackfillId(args.id) }).await?;
            done(context, &format!("backfill {} is cancelled", args.id), &reply)
        }),
    }
}

fn create(args: CreateArgs, context: &Context) -> Result<Exit, CliError> {
    if args.to < args.from {
        return Err(CliError::usage("--to is before --from"));
    }
    context.with_host(async |host| {
        let dag_id = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let CreateArgs { from, to, max_active_runs, newest_first, dry_run, .. } = args;
        let reprocess = match args.reprocess {
            ReprocessArg::None => Reprocess::None,
            ReprocessArg::Failed => Reprocess::Failed,
            ReprocessArg::Completed => Reprocess::Completed,
        };
        let dag = dag_id.clone();
        let request = Backfill { dag, from, to, reprocess, max_active_runs, newest_first, dry_run };
        let (id, runs) = match ask(&host, Request::Backfill(request)).await? {
            Reply::Backfilled { id, runs } => (id, runs),
            other => return Err(unexpected(&other)),
        };
        if args.json.json {
            let total_entries = runs.len() as u64;
            context.output.print_json(&Created { id, dag_id, runs, total_entries, dry_run })?;
        } else {
            tell(context, id, &runs)?;
        }
        Ok(Exit::Done)
    })
}

fn tell(context: &Context, id: Option<BackfillId>, runs: &[BackfilledRun]) -> Result<(), CliError> {
    if runs.is_empty() {
        context.output.say("there is nothing to do: all runs of that time are there, or it has no ticks");
        return Ok(());
    }
    let row = |run: &BackfilledRun| {
        vec![cell(human::instant(run.logical_date)), cell(if run.again { "run again" } else { "new" })]
    };
    let shown = runs.iter().take(ROWS_MAX).map(row);
    context.output.print(&table::render(&["logical date", "run"], shown, context.output.colours()))?;
    let more = runs.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        context.output.say(&format!("… and {more} more; --json shows all"));
    }
    let count = human::count(runs.len() as u64, "run");
    context.output.say(&match id {
        Some(BackfillId(id)) => format!("backfill {id}: {count}"),
        None => format!("{count}; nothing was made (--dry-run)"),
    });
    Ok(())
}

fn list(args: ListArgs, context: &Context) -> Result<Exit, CliError> {
    let backfills = context.host()?.store.backfills()?;
    if args.json.json {
        context.output.print_json(&BackfillList::new(backfills))?;
    } else if backfills.is_empty() {
        context.output.say("no backfill was made yet");
    } else {
        let header = ["backfill", "dag", "from", "to", "runs", "open", "failed", "state"];
        context.output.print(&table::render(&header, backfills.iter().map(row), context.output.colours()))?;
    }
    Ok(Exit::Done)
}

fn row(backfill: &BackfillRecord) -> Vec<comfy_table::Cell> {
    let state = match (backfill.is_cancelled, backfill.ended_at) {
        (true, _) => "cancelled",
        (false, Some(_)) => "ended",
        (false, None) => "under way",
    };
    vec![
        right(backfill.id.0.to_string()),
        cell(backfill.dag_id.as_str()),
        cell(human::instant(backfill.from)),
        cell(human::instant(backfill.to)),
        right(backfill.runs.to_string()),
        right(backfill.open_runs.to_string()),
        right(backfill.failed_runs.to_string()),
        cell(state),
    ]
}
