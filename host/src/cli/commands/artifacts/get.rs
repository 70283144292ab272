//! `dagwood artifacts get`.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifacts::{ExportError, Overwrite};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::target;
use crate::compose::Host;
use crate::contract::{ArtifactKind, ArtifactRef, Output};
use crate::ids::PortName;
use crate::store::InstanceRecord;
use crate::text;
use crate::views::artifacts::file_name;
use crate::views::human;
use crate::views::run::OutputDocument;

/// Get what a task published at a port, as a file or folder
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The run: DAG/RUN, or RUN alone where only one DAG has it; RUN may be `latest`
    run: String,
    /// The task and its output port
    #[arg(value_name = "TASK.PORT")]
    what: String,
    /// Where to put it; `-` is standard output [default: TASK.PORT with the usual ending, here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace what lies there
    #[arg(long)]
    force: bool,
    /// The DAG of the run: its id or its file
    #[arg(long)]
    dag: Option<String>,
}

/// Gets it.
pub(super) fn run(args: GetArgs, context: &Context) -> Result<Exit, CliError> {
    let (task, port) = target::task_and_port(&args.what)?;
    let host = context.host()?;
    let store = host.store.as_ref();
    let run = target::run_anywhere(store, args.dag.as_deref(), &args.run)?;
    let instance = target::instance(store, &run, task.as_str())?;
    let output = published(&instance, &port)?;
    match &args.output {
        Some(to) if to == Path::new("-") => print_file(&host, context, &output.artifact)?,
        to => {
            let to = to.clone().unwrap_or_else(|| file_name(&task, &OutputDocument::from(output.clone())).into());
            let overwrite = if args.force { Overwrite::Yes } else { Overwrite::No };
            host.artifacts.export(&output.artifact, &to, overwrite).map_err(|error| help(error, args.force))?;
            let shown = to.display().to_string();
            context.output.say(&format!("{}  {}", text::one_line(&shown), human::size(output.artifact.size_bytes)));
        }
    }
    Ok(Exit::Done)
}

fn help(error: ExportError, forced: bool) -> CliError {
    let exists = matches!(error, ExportError::Exists(_));
    let error = CliError::from(error);
    if exists && !forced { error.help("--force replaces it") } else { error }
}

fn published(instance: &InstanceRecord, port: &PortName) -> Result<Output, CliError> {
    let task = &instance.task_id;
    if let Some(output) = instance.outputs.iter().find(|output| output.port == port.as_str()) {
        return Ok(output.clone());
    }
    let ports: Vec<_> = instance.outputs.iter().map(|output| format!("{task}.{}", output.port)).collect();
    let help = match ports.as_slice() {
        [] => format!("`{task}` is {} and published nothing", instance.state),
        ports => format!("there is {}", ports.join(", ")),
    };
    Err(CliError::usage(format!("`{task}` published nothing at a port `{port}`")).help(help))
}

fn print_file(host: &Host, context: &Context, artifact: &ArtifactRef) -> Result<(), CliError> {
    match artifact.kind {
        ArtifactKind::Folder => Err(CliError::usage("this is a folder: give a name with -o, not `-`")),
        ArtifactKind::File => {
            let path = host.artifacts.locate(artifact).map_err(ExportError::from)?;
            let mut file = File::open(&path)
                .map_err(|error| CliError::new(Exit::Host, error).doing(format!("cannot read {}", path.display())))?;
            context.output.write(&mut file)
        }
    }
}
