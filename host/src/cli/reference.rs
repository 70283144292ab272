//! The page that lists all commands, made from their definitions: `docs/cli.md`. A test compares it with the file.

use std::fmt::Write;

use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::args::Cli;

/// The page as Markdown.
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = String::from(
        "# The command line\n\n\
         <!-- Made from the program's own definitions: UPDATE_DOCS=1 cargo test -p dagwood cli_reference -->\n\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{}\n", words(root.get_about()));
    page.push_str(
        "Every command takes `--home DIR`: the folder where everything is kept; else `$DAGWOOD_HOME`, else `~/.dagwood`.\n\
         With `--json`, standard output holds one JSON document and nothing else; progress and words go to standard\n\
         error. Where a command takes a DAG, it takes an id or a file's path.\n\n\
         | exit code | meaning |\n|---|---|\n\
         | 0 | done |\n| 1 | the run failed |\n| 2 | the call or a file is wrong |\n| 3 | something in the host failed |\n",
    );
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        describe(&mut page, command, "dagwood");
    }
    page
}

/// A command, or the commands below it.
fn describe(page: &mut String, command: &Command, parents: &str) {
    let name = format!("{parents} {}", command.get_name());
    if command.has_subcommands() {
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            describe(page, inner, &name);
        }
        return;
    }
    let _ = write!(page, "\n## {name}\n\n");
    let arguments: Vec<&Arg> = command.get_arguments().filter(|arg| is_shown(arg)).collect();
    let _ = writeln!(page, "```\n{}\n```\n", usage(&name, &arguments));
    let _ = writeln!(page, "{}", words(command.get_long_about().or(command.get_about())));
    if !arguments.is_empty() {
        page.push_str("\n| argument | meaning |\n|---|---|\n");
        for arg in arguments {
            let _ = writeln!(page, "| {} | {} |", cell(&form(arg)), meaning(arg));
        }
    }
}

/// Those that every command has are described once.
fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !["help", "version", "home"].contains(&arg.get_id().as_str())
}

fn usage(name: &str, arguments: &[&Arg]) -> String {
    let parts = arguments.iter().map(|arg| {
        let many = if is_repeated(arg) { "…" } else { "" };
        if arg.is_required_set() { format!("{}{many}", form(arg)) } else { format!("[{}]{many}", form(arg)) }
    });
    std::iter::once(name.to_owned()).chain(parts).collect::<Vec<_>>().join(" ")
}

fn is_repeated(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// `--name VALUE`, `--flag` or `VALUE`.
fn form(arg: &Arg) -> String {
    let value = arg.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
    let value = if arg.get_action().takes_values() { value } else { String::new() };
    let name = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, Some(long)) => format!("--{long}"),
        (None, None) => return value,
    };
    format!("{name} {value}").trim_end().to_owned()
}

fn meaning(arg: &Arg) -> String {
    let mut meaning = words(arg.get_help());
    let possible: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !possible.is_empty() && arg.get_action().takes_values() {
        let _ = write!(meaning, ": {}", possible.join(", "));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !default.is_empty() && arg.get_action().takes_values() {
        let _ = write!(meaning, " [default: {}]", default.join(" "));
    }
    meaning.replace('|', "\\|")
}

fn cell(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn words(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}
