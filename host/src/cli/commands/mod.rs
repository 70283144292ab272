//! One file per command: its arguments, and what is done about them.

mod artifacts;
mod backfill;
mod clear;
mod compile_component;
pub(in crate::cli) mod completions;
mod dag;
mod db;
mod explain;
mod logs;
mod plugin;
mod pools;
mod run;
mod runs;
mod schema;
mod serve;
mod trigger;

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
    /// Schedule the DAGs of a folder: the server
    Serve(serve::ServeArgs),
    /// Make a run of a served DAG now, or as soon as it has room for one
    Trigger(trigger::TriggerArgs),
    /// Make the scheduled runs of a time in the past
    #[command(subcommand)]
    Backfill(backfill::BackfillCommand),
    /// Run tasks of a run again; their earlier tries stay in their history
    Clear(clear::ClearArgs),
    /// Take a task for a success or a failure, whatever it is
    Mark(clear::MarkArgs),
    /// Say why a DAG, a run or a task does or does not run
    Explain(explain::ExplainArgs),
    /// Write, build, register, look into and try plugins
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Check, show, list and pause DAGs
    #[command(subcommand)]
    Dag(dag::DagCommand),
    /// Limit what tasks share: a task that names a pool takes its slots while it runs
    #[command(subcommand)]
    Pools(pools::PoolsCommand),
    /// List, show and cancel runs
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// Show what a task wrote while it ran
    Logs(logs::LogsArgs),
    /// List and get what tasks published
    #[command(subcommand)]
    Artifacts(artifacts::ArtifactsCommand),
    /// Bring the database up to date, look it over, remove old runs
    #[command(subcommand)]
    Db(db::DbCommand),
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
        Command::Serve(args) => serve::run(args, context),
        Command::Trigger(args) => trigger::run(args, context),
        Command::Backfill(command) => backfill::run(command, context),
        Command::Clear(args) => clear::clear(args, context),
        Command::Mark(args) => clear::mark(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Plugin(command) => plugin::run(command, context),
        Command::Dag(command) => dag::run(command, context),
        Command::Pools(command) => pools::run(command, context),
        Command::Runs(command) => runs::run(command, context),
        Command::Logs(args) => logs::run(args, context),
        Command::Artifacts(command) => artifacts::run(command, context),
        Command::Db(command) => db::run(command, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::CompileComponent(args) => compile_component::run(args, context),
    }
}
