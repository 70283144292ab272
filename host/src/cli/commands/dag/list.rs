//! `dagwood dag list`.

use clap::Args;
use comfy_table::Cell;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell, right};
use crate::text;
use crate::views::dags::{DagList, DagSummary};
use crate::views::human;

/// List the DAGs that were run or served
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    json: Json,
}

/// Lists them.
pub(super) fn run(args: ListArgs, context: &Context) -> Result<Exit, CliError> {
    let store = &context.host()?.store;
    let list = DagList::new(store.dags()?);
    if args.json.json {
        context.output.print_json(&list)?;
    } else if list.dags.is_empty() {
        context.output.say("no DAG was run or served yet");
    } else {
        let header = ["dag", "state", "runs", "last seen", "file"];
        context.output.print(&table::render(&header, list.dags.iter().map(row), context.output.colours()))?;
    }
    let wrong = store.import_errors()?.len();
    if wrong > 0 && !args.json.json {
        let files = human::count(wrong as u64, "file");
        let words = format!("{files} cannot be used: `dagwood dag import-errors` shows why");
        context.output.say(&context.again().commands_in(&words));
    }
    Ok(Exit::Done)
}

fn row(dag: &DagSummary) -> Vec<Cell> {
    let file = dag.fileloc.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    vec![
        cell(dag.dag_id.as_str()),
        cell(state(dag)),
        right(dag.runs.to_string()),
        cell(human::instant(dag.last_seen)),
        cell(text::one_line(&file)),
    ]
}

fn state(dag: &DagSummary) -> &'static str {
    match (dag.is_paused, dag.is_served) {
        (true, _) => "paused",
        (false, true) => "served",
        (false, false) => "-",
    }
}
