//! `dagwood plugin …`.

mod build;
mod inspect;
mod list;
pub(in crate::cli) mod new;
mod register;
mod remove;
mod run;
mod words;

#[cfg(test)]
pub(in crate::cli) use new as new_plugin;
#[cfg(test)]
pub(in crate::cli) use run::literal;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// Write, build, register, look into and try plugins
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Write a new plugin in Rust: a small crate with a test and a DAG that runs it
    New(new::NewArgs),
    /// Build crates to components, if they changed
    Build(build::BuildArgs),
    /// Keep a component under the name and version that it describes itself with
    Register(register::RegisterArgs),
    /// List registered plugins
    List(list::ListArgs),
    /// Show what a plugin takes, gives, and may do; nothing of it is run
    Inspect(inspect::InspectArgs),
    /// Try one plugin without a DAG
    Run(run::PluginRunArgs),
    /// Remove a registered plugin that nothing uses
    Remove(remove::RemoveArgs),
}

/// Does it.
pub(super) fn run(command: PluginCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        PluginCommand::New(args) => new::run(args, context),
        PluginCommand::Build(args) => build::run(args, context),
        PluginCommand::Register(args) => register::run(args, context),
        PluginCommand::List(args) => list::run(args, context),
        PluginCommand::Inspect(args) => inspect::run(args, context),
        PluginCommand::Run(args) => run::run(args, context),
        PluginCommand::Remove(args) => remove::run(args, context),
    }
}
