//! `dagwood completions SHELL`.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// Print a script that completes this program's commands in a shell
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell; for bash, put `source <(dagwood completions bash)` into ~/.bashrc
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints it.
pub(super) fn run(args: CompletionsArgs, context: &Context) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(&Cli::command()), "dagwood", &mut script);
    context.output.write(&mut script.as_slice())?;
    Ok(Exit::Done)
}

/// The command without what is hidden, which clap_complete would offer.
pub(in crate::cli) fn shown(command: &Command) -> Command {
    let bare = Command::new(command.get_name().to_owned()).args(command.get_arguments().cloned());
    let bare = match command.get_about() {
        Some(about) => bare.about(about.clone()),
        None => bare,
    };
    bare.subcommands(command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(shown))
}
