//! `dagwood artifacts list`.

use clap::Args;
use comfy_table::Cell;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell, right};
use crate::cli::target::{self, LATEST};
use crate::contract::ArtifactKind;
use crate::text;
use crate::views::artifacts::{ArtifactList, ArtifactRow};
use crate::views::human;

/// List what the tasks of a run published
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The run: DAG/RUN, or RUN alone where only one DAG has it; RUN may be `latest`
    #[arg(default_value = LATEST)]
    run: String,
    /// The DAG of the run: its id or its file
    #[arg(long)]
    dag: Option<String>,
    #[command(flatten)]
    json: Json,
}

/// Lists them.
pub(super) fn run(args: ListArgs, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    let store = host.store.as_ref();
    let run = target::run_anywhere(store, args.dag.as_deref(), &args.run)?;
    let list = ArtifactList::new(&run, store.instances(run.key)?);
    if args.json.json {
        context.output.print_json(&list)?;
        return Ok(Exit::Done);
    }
    if list.artifacts.is_empty() {
        context.output.say(&format!("run {} of {} published nothing", list.run_id, list.dag_id));
        return Ok(Exit::Done);
    }
    let header = ["artifact", "kind", "size", "media type", "digest"];
    context.output.print(&table::render(&header, list.artifacts.iter().map(row), context.output.colours()))?;
    Ok(Exit::Done)
}

fn row(artifact: &ArtifactRow) -> Vec<Cell> {
    let output = &artifact.output;
    let kind = match output.kind {
        ArtifactKind::File => "file",
        ArtifactKind::Folder => "folder",
    };
    vec![
        cell(format!("{}.{}", artifact.task_id, text::one_line(&output.port))),
        cell(kind),
        right(human::size(output.size_bytes)),
        cell(text::one_line(output.media_type.as_deref().unwrap_or("-"))),
        cell(output.digest.to_string()),
    ]
}
