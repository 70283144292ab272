//! `dagwood runs list`.

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use comfy_table::Cell;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::cli::table::{self, cell, right, toned};
use crate::cli::target::DagArg;
use crate::lifecycle::state::RunState;
use crate::store::RunFilter;
use crate::views::human;
use crate::views::runs::{RunList, RunSummary};

/// List runs, newest first
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this DAG: its id or its file
    dag: Option<String>,
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = state_parser())]
    state: Option<RunState>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// The runs of callbacks instead of all others
    #[arg(long)]
    callbacks: bool,
    #[command(flatten)]
    json: Json,
}

fn state_parser() -> impl TypedValueParser<Value = RunState> {
    PossibleValuesParser::new(RunState::ALL.iter().map(|state| state.as_str())).try_map(|word| word.parse::<RunState>())
}

/// Lists them.
pub(super) fn run(args: ListArgs, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    let store = host.store.as_ref();
    let dag_id = args.dag.as_deref().map(|dag| DagArg::read(dag)?.id(store)).transpose()?;
    let filter = RunFilter {
        dag_id,
        state: args.state,
        limit: Some(args.limit),
        callbacks: args.callbacks,
        ..RunFilter::default()
    };
    let (runs, total) = store.runs(&filter)?;
    let list = RunList::new(runs, total);
    if args.json.json {
        context.output.print_json(&list)?;
        return Ok(Exit::Done);
    }
    if list.dag_runs.is_empty() {
        context.output.say("no runs");
        return Ok(Exit::Done);
    }
    let header = ["dag", "run", "state", "logical date", "started", "time"];
    context.output.print(&table::render(&header, list.dag_runs.iter().map(row), context.output.colours()))?;
    let shown = list.dag_runs.len() as u64;
    if list.total_entries > shown {
        context.output.say(&format!("{shown} of {} runs; --limit shows more", list.total_entries));
    }
    Ok(Exit::Done)
}

fn row(run: &RunSummary) -> Vec<Cell> {
    vec![
        cell(run.dag_id.as_str()),
        cell(run.run_id.as_str()),
        toned(human::run_state(run.state, run.with_failures), Tone::of_run(run.state, run.with_failures)),
        cell(human::instant_or_dash(run.logical_date)),
        cell(human::instant_or_dash(run.start_date)),
        right(human::duration_or_dash(run.duration)),
    ]
}
