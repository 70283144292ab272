//! `dagwood dag show`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::drive;
use crate::cli::error::{CliError, Exit};
use crate::cli::target::DagArg;
use crate::dag::show;
use crate::loader::Build;

/// Show a DAG's tasks and what comes after what
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The DAG file, or the id of a DAG whose file is known
    file: String,
    /// Print a graph in the language of Graphviz, for `dot -Tsvg`
    #[arg(long)]
    dot: bool,
    /// Build crates that changed
    #[arg(long)]
    build: bool,
}

/// Shows it.
pub(super) fn run(args: ShowArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let path = DagArg::read(&args.file)?.file(host.store.as_ref())?;
        let build = if args.build { Build::Allowed } else { Build::Kept };
        let loaded = drive::load(&host, context, &path, build).await?;
        let shown = if args.dot { show::dot(&loaded.dag) } else { show::text(&loaded.dag) };
        context.output.print(&shown)?;
        Ok(Exit::Done)
    })
}
