//! `dagwood dag check`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::diagnostics;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::cli::target::DagArg;
use crate::cli::watch_build::SayBuild;
use crate::dag::diagnostic::Diagnostic;
use crate::dag::render::{DiagnosticRecord, records};
use crate::ids::DagId;
use crate::loader::{self, Build, LoadError, Loaded};
use crate::text as harmless;
use crate::views::human;

/// Find every mistake of a DAG file, each with its place and a hint
///
/// Plugins given by path are taken as they were built last, unless --build allows to build them, which runs code from
/// their folders.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The DAG file, or the id of a DAG whose file is known
    file: String,
    /// Build crates that changed
    #[arg(long)]
    build: bool,
    #[command(flatten)]
    json: Json,
}

/// What was found, for programs.
#[derive(Debug, Serialize)]
struct CheckDocument {
    file: PathBuf,
    dag_id: Option<DagId>,
    valid: bool,
    diagnostics: Vec<DiagnosticRecord>,
}

/// Checks it.
pub(super) fn run(args: CheckArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let path = DagArg::read(&args.file)?.file(host.store.as_ref())?;
        let build = if args.build { Build::Allowed } else { Build::Kept };
        match loader::load(&host.registry, &host.grounds, &path, build, Arc::new(SayBuild(context.output))).await {
            Ok(loaded) => tell_valid(context, &loaded, args.json),
            Err(LoadError::Diagnostics { path, text, diagnostics }) => {
                tell_invalid(context, path, &text, &diagnostics, args.json)
            }
            Err(other) => Err(other.into()),
        }
    })
}

fn tell_valid(context: &Context, loaded: &Loaded, json: Json) -> Result<Exit, CliError> {
    let (output, colours, path) = (context.output, context.output.colours(), &loaded.path);
    if json.json {
        let diagnostics = records(&loaded.warnings, Some(&loaded.source), &path.display().to_string());
        let dag_id = Some(loaded.dag.id.clone());
        output.print_json(&CheckDocument { file: path.clone(), dag_id, valid: true, diagnostics })?;
        return Ok(Exit::Done);
    }
    if !loaded.warnings.is_empty() {
        output.print(&format!("{}\n", diagnostics::words(&loaded.warnings, Some(&loaded.source), path, colours)))?;
    }
    let (tasks, warnings) = (loaded.dag.tasks.len() as u64, loaded.warnings.len() as u64);
    let counts = format!("{}, {}", human::count(tasks, "task"), human::count(warnings, "warning"));
    let file = path.display().to_string();
    output.print(&format!(
        "{} {}: {}, {counts}",
        colours.paint(Tone::Good, "ok"),
        harmless::one_line(&file),
        loaded.dag.id
    ))?;
    Ok(Exit::Done)
}

fn tell_invalid(
    context: &Context,
    file: PathBuf,
    text: &str,
    diagnostics: &[Diagnostic],
    json: Json,
) -> Result<Exit, CliError> {
    if !json.json {
        return Err(diagnostics::error(diagnostics, Some(text), &file, context.output.words_colours()));
    }
    let diagnostics = records(diagnostics, Some(text), &file.display().to_string());
    context.output.print_json(&CheckDocument { file, dag_id: None, valid: false, diagnostics })?;
    Ok(Exit::Usage)
}
