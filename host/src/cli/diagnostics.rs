//! What is wrong with a DAG file, as words on a terminal.

use std::path::Path;

use crate::cli::error::{CliError, Exit};
use crate::cli::style::{Palette, Tone};
use crate::dag::diagnostic::Diagnostic;
use crate::dag::render::{Style, render};
use crate::text;
use crate::views::human;

/// The diagnostics with their places in the file.
pub fn words(diagnostics: &[Diagnostic], source: Option<&str>, path: &Path, colours: Palette) -> String {
    // Parts of messages come from plugins, such as the names of their ports. Colours are put in by the renderer, after
    // this; what stands in the file itself it replaces on its own.
    let harmless: Vec<Diagnostic> = diagnostics.iter().cloned().map(make_harmless).collect();
    let style = if colours.is_on() { Style::Coloured } else { Style::Plain };
    let file = path.display().to_string();
    render(&harmless, source, &text::one_line(&file), style)
}

/// The error of a file with mistakes: all of them, and how many there are.
pub fn error(diagnostics: &[Diagnostic], source: Option<&str>, path: &Path, colours: Palette) -> CliError {
    let mistakes = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count() as u64;
    let file = path.display().to_string();
    let summary = format!(
        "{} {} in {}",
        colours.paint(Tone::Bad, "error:"),
        human::count(mistakes, "mistake"),
        text::one_line(&file)
    );
    CliError::rendered(Exit::Usage, format!("{}\n\n{summary}", words(diagnostics, source, path, colours)))
}

fn make_harmless(mut diagnostic: Diagnostic) -> Diagnostic {
    let harmless = |words: &str| text::lines(words).into_owned();
    diagnostic.message = harmless(&diagnostic.message);
    diagnostic.path = text::one_line(&diagnostic.path).into_owned();
    diagnostic.hint = diagnostic.hint.as_deref().map(harmless);
    for note in &mut diagnostic.notes {
        note.message = harmless(&note.message);
    }
    diagnostic
}
