//! The command line: parses, calls, prints, and says by its exit code how it went.
//!
//! Must never know: SQLite, wasmtime, how a run is driven. What it prints comes from `views`.
//! One more command: a file in [`commands`] with its arguments and a `run`, and its line in the table there; the
//! reference in `docs/cli.md` follows.
//!
//! - [`args`]: what the program is called with; [`commands`]: what is done about it
//! - [`error`]: words and exit codes of errors, [`blame`]: which error leads to which
//! - [`output`]: the two streams, [`style`] and [`table`]: how things look there
//! - [`ask`]: what is asked of the server, or done in its place
//! - [`target`]: which DAG, run, output is meant; [`param`]: `k=v`
//! - [`drive`]: a run from here to its end, with [`progress`], [`signals`] and [`report`]
//! - [`reference`]: the page that lists all commands

pub mod args;
pub mod ask;
pub mod blame;
pub mod commands;
pub mod context;
pub mod diagnostics;
pub mod drive;
pub mod error;
pub mod logical_date;
pub mod output;
pub mod param;
pub mod progress;
pub mod reference;
pub mod report;
pub mod signals;
pub mod style;
pub mod table;
pub mod target;
#[cfg(test)]
mod tests;
pub mod watch_build;

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::output::Output;

/// The whole program: parses the process's arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    // Prints help, versions and mistakes itself; a mistake ends with 2, as everywhere here.
    let cli = Cli::parse();
    raise_open_files();
    let output = Output::of_process();
    let context = Context::new(cli.global, output);
    let exit = match commands::run(cli.command, &context) {
        Ok(exit) => exit,
        Err(error) => {
            output.say(&context.again().commands_in(&error.render(output.words_colours())));
            error.exit()
        }
    };
    ExitCode::from(exit as u8)
}

/// Lets the process have as many files open as it may: by default far fewer, for the sake of programs that use `select`.
fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is not allowed, there is room for fewer guests' files.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
