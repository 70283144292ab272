//! `dagwood run FILE`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::drive::{self, Finished};
use crate::cli::error::{CliError, Exit};
use crate::cli::logical_date;
use crate::cli::param::{self, Declared, Param};
use crate::cli::report::{self, Destination};
use crate::cli::signals::Signals;
use crate::cli::target::{self, DagArg};
use crate::cli::watch_build::SayBuild;
use crate::compose::{Host, RunRequest};
use crate::dag::model::Dag;
use crate::ids::RunId;
use crate::lifecycle::state::RunState;
use crate::loader::{self, Build};

/// Run a DAG here and now, without a server
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The DAG file, or the id of a DAG whose file is known
    file: String,
    /// Set a parameter of the DAG: VALUE is JSON where it is JSON and the DAG's declaration allows it, else text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<Param>,
    /// What the run is for: a date or an instant, in UTC unless it says otherwise [default: now]
    #[arg(long, value_name = "DATE", value_parser = logical_date::parse, conflicts_with = "resume")]
    logical_date: Option<Timestamp>,
    /// Put the results into this folder, as TASK.PORT with the usual ending; files of these names are replaced
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with an earlier run of this DAG, or with `latest`: what failed is cleared, on the file and plugins as they are now
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    #[command(flatten)]
    json: Json,
}

/// Runs it.
pub(super) fn run(args: RunArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let mut signals = Signals::take()?;
        let request = drive::unless_interrupted(&mut signals, request(&host, context, &args)).await?;
        report::make_destination(args.out.as_deref())?;
        let finished = drive::drive(&host, context, request, signals).await?;
        tell(&host, context, &finished, args.out.as_deref(), args.json)
    })
}

async fn request(host: &Host, context: &Context, args: &RunArgs) -> Result<RunRequest, CliError> {
    let path = DagArg::read(&args.file)?.file(host.store.as_ref())?;
    let loaded = drive::load(host, context, &path, Build::Allowed).await?;
    loader::compile(&host.registry, &loaded.dag, &SayBuild(context.output)).await?;
    let params = param::read_all(&args.params, |name| declared(&loaded.dag, name))?;
    let resume = args.resume.as_deref().map(|run| earlier(host, &loaded.dag, run)).transpose()?;
    Ok(RunRequest { loaded, params, logical_date: args.logical_date, resume })
}

fn declared<'a>(dag: &'a Dag, name: &str) -> Declared<'a> {
    let param = dag.params.iter().find(|param| param.name == name);
    param.map_or_else(Declared::default, |param| Declared {
        schema: param.schema.as_ref(),
        default: param.default.as_ref(),
    })
}

fn earlier(host: &Host, dag: &Dag, run: &str) -> Result<RunId, CliError> {
    Ok(target::run_of_dag(host.store.as_ref(), &dag.id, run)?.run_id)
}

/// Prints how a run went, and puts its results where they are wanted. Shared by all commands that drive a run.
pub(super) fn tell(
    host: &Host,
    context: &Context,
    finished: &Finished,
    out: Option<&std::path::Path>,
    json: Json,
) -> Result<Exit, CliError> {
    let (output, run) = (context.output, &finished.document);
    // The document comes first: what follows may fail.
    if json.json {
        output.print_json(run)?;
    } else {
        let (colours, again) = (output.colours(), context.again());
        output.print(&paragraphs(&[
            report::task_table(run, colours),
            report::callback_table(run, colours),
            report::failures(run, &again, colours),
            report::leaf_values(run, &finished.leaves, colours),
            report::summary(run, colours),
        ]))?;
    }
    let (destination, put) = match out {
        Some(folder) => report::write_results(&host.artifacts, run, folder),
        None => (Destination::Kept { again: context.again() }, Ok(())),
    };
    let lines = report::result_lines(run, &destination);
    match (json.json, lines.is_empty()) {
        (_, true) => {}
        (true, false) => output.say(&lines),
        (false, false) => output.print(&lines)?,
    }
    put?;
    Ok(exit(run.state))
}

fn exit(state: RunState) -> Exit {
    match state {
        RunState::Success => Exit::Done,
        RunState::Failed | RunState::Queued | RunState::Running => Exit::RunFailed,
    }
}

/// The parts that hold something, with an empty line between two.
pub(super) fn paragraphs(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
    parts.join("\n\n")
}
