use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::cli::args::{Cli, Global};
use crate::cli::commands::completions;
use crate::cli::context::{Again, Context};
use crate::cli::error::Exit;
use crate::cli::logical_date;
use crate::cli::output::Output;

fn refused(words: &[&str]) -> Option<ErrorKind> {
    Cli::try_parse_from(words).err().map(|error| error.kind())
}

#[test]
fn the_definitions_contradict_nothing() {
    Cli::command().debug_assert();
}

#[test]
fn the_home_may_stand_anywhere_in_the_call() -> Result<(), clap::Error> {
    for words in [["dagwood", "--home", "x", "dag", "list"], ["dagwood", "dag", "list", "--home", "x"]] {
        let cli = Cli::try_parse_from(words)?;
        assert_eq!(cli.global.home.as_deref(), Some("x".as_ref()));
    }
    Ok(())
}

#[test]
fn every_command_that_is_called_wrongly_says_so_before_anything_is_done() {
    assert_eq!(refused(&["dagwood", "run"]), Some(ErrorKind::MissingRequiredArgument));
    assert_eq!(refused(&["dagwood", "run", "f", "--param", "no-value"]), Some(ErrorKind::ValueValidation));
    assert_eq!(refused(&["dagwood", "run", "f", "--logical-date", "soon"]), Some(ErrorKind::ValueValidation));
    assert_eq!(
        refused(&["dagwood", "run", "f", "--logical-date", "2026-01-01", "--resume", "latest"]),
        Some(ErrorKind::ArgumentConflict)
    );
    assert_eq!(refused(&["dagwood", "plugin", "run", "p", "--in", "port"]), Some(ErrorKind::ValueValidation));
    assert_eq!(refused(&["dagwood", "plugin", "new", "Not-A-Name"]), Some(ErrorKind::ValueValidation));
    assert_eq!(refused(&["dagwood", "plugin", "remove", "p@not-a-version"]), Some(ErrorKind::ValueValidation));
    assert_eq!(refused(&["dagwood", "logs", "d", "r", "t", "--try", "0"]), Some(ErrorKind::ValueValidation));
    assert_eq!(refused(&["dagwood", "runs", "list", "--state", "sleeping"]), Some(ErrorKind::InvalidValue));
    assert_eq!(refused(&["dagwood", "nonsense"]), Some(ErrorKind::InvalidSubcommand));
}

#[test]
fn an_empty_home_is_a_mistake_and_not_the_present_folder() {
    let context = Context::new(Global { home: Some("".into()) }, Output::of_process());
    assert_eq!(context.home().map_err(|error| error.exit()), Err(Exit::Usage));
}

#[test]
fn dates_are_utc_unless_they_say_otherwise() {
    let read = |text| logical_date::parse(text).map(|at| at.to_string()).ok();
    assert_eq!(read("2026-01-31").as_deref(), Some("2026-01-31T00:00:00Z"));
    assert_eq!(read("2026-01-31T06:00:00").as_deref(), Some("2026-01-31T06:00:00Z"));
    assert_eq!(read("2026-01-31 06:00").as_deref(), Some("2026-01-31T06:00:00Z"));
    assert_eq!(read("2026-01-31T06:00:00+01:00").as_deref(), Some("2026-01-31T05:00:00Z"));
    assert_eq!(read("2026-01-31T06:00:00[Europe/Berlin]").as_deref(), Some("2026-01-31T05:00:00Z"));
    assert_eq!(read("2026-01-31T06:00:00.1234567Z").as_deref(), Some("2026-01-31T06:00:00.123456Z"));
    for wrong in ["", "today", "2026-02-30", "31.01.2026", "2026-01-31T06:00:00[Nowhere/City]"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn commands_are_shown_as_this_program_was_called() {
    let again = |called, home| Again::new(called, home).command("runs list");
    assert_eq!(again("dagwood", None), "dagwood runs list");
    assert_eq!(again("target/release/dagwood", None), "target/release/dagwood runs list");
    assert_eq!(again("/opt/my tools/dagwood", Some("a b")), "'/opt/my tools/dagwood' runs list --home 'a b'");
    assert_eq!(again("", None), "dagwood runs list");
}

#[test]
fn completions_offer_nothing_hidden() {
    let shown = completions::shown(&Cli::command());
    let names: Vec<_> = shown.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert!(names.contains(&"run".to_owned()) && !names.contains(&"compile-component".to_owned()), "{names:?}");
}

#[test]
fn commands_in_errors_are_shown_as_they_would_have_to_be_typed() {
    let again = Again::new("target/release/dagwood", Some("/my home"));
    let text = "no run: `dagwood runs list ml` shows them, `dagwood dag list` the DAGs; `other` stays";
    let home = "--home '/my home'";
    let expected = format!(
        "no run: `target/release/dagwood runs list ml {home}` shows them, `target/release/dagwood dag list {home}` the DAGs; `other` stays"
    );
    assert_eq!(again.commands_in(text), expected);
    assert_eq!(Again::new("dagwood", None).commands_in(text), text);
    assert_eq!(Again::new("dagwood", None).commands_in("`dagwood run"), "`dagwood run");
}
