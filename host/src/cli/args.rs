//! What the program is called with.

use std::path::PathBuf;

use clap::{Args, Parser};

use crate::cli::commands::Command;

/// What follows every command's help.
const EXIT_CODES: &str = "Exit codes: 0 done; 1 the run failed; 2 the call or a file is wrong; 3 the host failed.";

/// Schedules DAGs and runs each task as a sandboxed WebAssembly component.
#[derive(Debug, Parser)]
#[command(name = "dagwood", version, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
#[command(max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The folder where everything is kept [default: ~/.dagwood]
    #[arg(long, global = true, env = "DAGWOOD_HOME", hide_env_values = true, value_name = "DIR", display_order = 900)]
    pub home: Option<PathBuf>,
}

/// The option of commands that print what a program would read.
#[derive(Debug, Clone, Copy, Args)]
pub struct Json {
    /// Print one JSON document to standard output, and nothing else
    #[arg(long, display_order = 800)]
    pub json: bool,
}
