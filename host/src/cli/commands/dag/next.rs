//! `dagwood dag next`.

use clap::Args;
use comfy_table::Cell;
use jiff::Timestamp;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::drive;
use crate::cli::error::{CliError, Exit};
use crate::cli::logical_date;
use crate::cli::table::{self, cell};
use crate::cli::target::DagArg;
use crate::dag::model::Dag;
use crate::loader::Build;
use crate::schedule::{Pace, Timetable};
use crate::views::dags::NextRun;
use crate::views::human;

/// Show when a DAG's next scheduled runs start, and what each is for
#[derive(Debug, Args)]
pub struct NextArgs {
    /// The DAG file, or the id of a DAG whose file is known
    file: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Those after this date or instant, in UTC unless it says otherwise [default: now]
    #[arg(long, value_name = "DATE", value_parser = logical_date::parse)]
    from: Option<Timestamp>,
    #[command(flatten)]
    json: Json,
}

/// Shows them.
pub(super) fn run(args: NextArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let path = DagArg::read(&args.file)?.file(host.store.as_ref())?;
        let loaded = drive::load(&host, context, &path, Build::Kept).await?;
        let from = args.from.unwrap_or_else(|| host.clock.now());
        let timetable = loaded.dag.settings.timetable.as_deref();
        let runs: Vec<_> = timetable.map(|timetable| next_runs(timetable, from, args.count)).unwrap_or_default();
        if args.json.json {
            context.output.print_json(&runs)?;
        } else if runs.is_empty() {
            context.output.say(&why_none(&loaded.dag, timetable));
        } else {
            let header = ["starts", "logical date", "data interval"];
            context.output.print(&table::render(&header, runs.iter().map(row), context.output.colours()))?;
        }
        Ok(Exit::Done)
    })
}

fn next_runs(timetable: &Timetable, from: Timestamp, count: u32) -> Vec<NextRun> {
    timetable.ticks_after(from).take(count as usize).map(|tick| NextRun::from(timetable.run_at(tick))).collect()
}

fn why_none(dag: &Dag, timetable: Option<&Timetable>) -> String {
    let id = &dag.id;
    let Some(timetable) = timetable else { return format!("`{id}` has no schedule: it runs by hand only") };
    match (timetable.pace(), timetable.never()) {
        (Pace::Continuous(_), _) => format!("`{id}` is @continuous: each run starts when the one before has ended"),
        (Pace::Ticks, Some(why)) => format!("`{id}` never runs by its schedule: {why}"),
        (Pace::Ticks, None) => format!("`{id}` has no scheduled run after that date"),
    }
}

fn row(run: &NextRun) -> Vec<Cell> {
    let (start, end) = (run.data_interval_start, run.data_interval_end);
    let interval =
        if start == end { "-".to_owned() } else { format!("{} to {}", human::instant(start), human::instant(end)) };
    vec![cell(human::instant(run.run_after)), cell(human::instant(run.logical_date)), cell(interval)]
}
