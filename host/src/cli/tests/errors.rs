use std::io;
use std::path::PathBuf;

use crate::cli::error::{Blame, CliError, Exit};
use crate::cli::style::Palette;
use crate::home::HomeError;
use crate::registry::versions::ResolveError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Inner(#[from] io::Error);

#[test]
fn an_error_is_told_with_its_causes_and_its_help() {
    let error = CliError::new(Exit::Host, Outer(Inner(io::Error::other("deepest")))).doing("cannot do it");
    assert_eq!(error.exit(), Exit::Host);
    assert_eq!(
        error.help("do this").render(Palette::PLAIN),
        "error: cannot do it\n  caused by: outer\n  caused by: deepest\nhelp: do this"
    );
}

#[test]
fn what_a_stranger_said_can_neither_move_the_cursor_nor_fake_a_line_of_an_error() {
    let error = CliError::usage("it said \u{1b}[2J\nerror: all is lost\nhelp: run this \u{202e}");
    assert_eq!(
        error.render(Palette::PLAIN),
        "error: it said \\u{1b}[2J\n    error: all is lost\n    help: run this \\u{202e}"
    );
}

#[test]
fn several_mistakes_are_told_each_as_an_error() {
    let error = CliError::several([io::Error::other("one"), io::Error::other("two")]);
    assert_eq!((error.exit(), error.to_string()), (Exit::Usage, "error: one\nerror: two".to_owned()));
}

#[test]
fn what_the_caller_can_put_right_ends_with_2_and_what_the_machine_did_with_3() {
    let path = || PathBuf::from("/p");
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    assert_eq!(HomeError::NotAFolder(path()).exit(), Exit::Usage);
    assert_eq!(HomeError::Io { path: path(), source: denied() }.exit(), Exit::Host);
    assert_eq!(StoreError::Newer { path: path(), found: 9, known: 1 }.exit(), Exit::Host);
    assert_eq!(StoreError::RunInUse { run_id: "r".to_owned(), state: "running".to_owned() }.exit(), Exit::Usage);
    assert_eq!(ResolveError::Unknown { name: "x".to_owned(), near: Vec::new(), any: false }.exit(), Exit::Usage);
    let codes = [Exit::Done, Exit::RunFailed, Exit::Usage, Exit::Host].map(|exit| exit as u8);
    assert_eq!(codes, [0, 1, 2, 3]);
}
