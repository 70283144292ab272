//! `dagwood artifacts …`.

mod get;
mod list;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// List and get what tasks published
#[derive(Debug, Subcommand)]
pub enum ArtifactsCommand {
    /// List what the tasks of a run published
    List(list::ListArgs),
    /// Get what a task published at a port, as a file or folder
    Get(get::GetArgs),
}

/// Does it.
pub(super) fn run(command: ArtifactsCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        ArtifactsCommand::List(args) => list::run(args, context),
        ArtifactsCommand::Get(args) => get::run(args, context),
    }
}
