//! One file per command: its arguments, and what is done about them.

mod artifacts;
mod compile_component;
pub(in crate::cli) mod completions;
mod dag;
mod logs;
mod plugin;
mod run;
mod runs;
mod schema;

#[cfg(test)]
pub(in crate::cli) use plugin::{literal, new_plugin};

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a DAG here and now
    Run(run::RunArgs),
    /// Write, build, register, look into and try plugins
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Check, show and list DAGs
    #[command(subcommand)]
    Dag(dag::DagCommand),
    /// List and show runs
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// Show what a task wrote while it ran
    Logs(logs::LogsArgs),
    /// List and get what tasks published
    #[command(subcommand)]
    Artifacts(artifacts::ArtifactsCommand),
    /// Print the JSON Schema of DAG files, for editors
    Schema(schema::SchemaArgs),
    /// Print a script that completes this program's commands in a shell
    Completions(completions::CompletionsArgs),
    /// Compile one component: what the program starts itself with to compile a stranger's code apart
    #[command(hide = true)]
    CompileComponent(compile_component::CompileComponentArgs),
}

/// Does it.
pub fn run(command: Command, context: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Run(args) => run::run(args, context),
        Command::Plugin(command) => plugin::run(command, context),
        Command::Dag(command) => dag::run(command, context),
        Command::Runs(command) => runs::run(command, context),
        Command::Logs(args) => logs::run(args, context),
        Command::Artifacts(command) => artifacts::run(command, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::CompileComponent(args) => compile_component::run(args, context),
    }
}
