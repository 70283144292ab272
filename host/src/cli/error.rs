//! Every kind of error → exit code and words. One more error: an `impl Blame` here.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use crate::cli::style::{Palette, Tone};
use crate::text;

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// The run failed.
    RunFailed = 1,
    /// The call or a file is wrong.
    Usage = 2,
    /// Something in the host failed.
    Host = 3,
}

/// Which exit code an error leads to, and what else helps.
pub trait Blame: Error {
    /// The exit code.
    fn exit(&self) -> Exit;
    /// What to do, where the error's own text does not say it.
    fn help(&self) -> Option<String> {
        None
    }
}

/// What a command ends with when it is not done.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    told: Told,
    help: Option<String>,
}

#[derive(Debug)]
enum Told {
    /// What failed, and why: outermost first.
    Causes(Vec<String>),
    /// Words that were rendered already, as diagnostics are.
    Rendered(String),
}

impl CliError {
    /// An error with its sources.
    pub fn new(exit: Exit, error: impl Error) -> Self {
        let mut causes = vec![error.to_string()];
        let mut next = error.source();
        while let Some(source) = next {
            let cause = source.to_string();
            // Transparent errors repeat their source.
            if causes.last() != Some(&cause) {
                causes.push(cause);
            }
            next = source.source();
        }
        Self { exit, told: Told::Causes(causes), help: None }
    }

    /// Several things that are wrong with the call or a file.
    pub fn several(errors: impl IntoIterator<Item = impl Error>) -> Self {
        Self::all(Exit::Usage, errors)
    }

    /// Several errors that lead to one exit code.
    pub fn all(exit: Exit, errors: impl IntoIterator<Item = impl Error>) -> Self {
        let words: Vec<_> = errors.into_iter().map(|error| Self::new(exit, error).to_string()).collect();
        Self::rendered(exit, words.join("\n"))
    }

    /// The call or a file is wrong, in words of the command's own.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, told: Told::Causes(vec![message.into()]), help: None }
    }

    /// A file that was given cannot be read.
    pub fn unreadable(path: &Path, error: io::Error) -> Self {
        Self::new(Exit::Usage, error).doing(format!("cannot read {}", path.display()))
    }

    /// A file that was asked for cannot be written.
    pub fn unwritable(path: &Path, error: io::Error) -> Self {
        Self::new(Exit::Host, error).doing(format!("cannot write {}", path.display()))
    }

    /// Words that were rendered and made harmless already.
    pub fn rendered(exit: Exit, words: String) -> Self {
        Self { exit, told: Told::Rendered(words), help: None }
    }

    /// Puts what was being done before the reason.
    #[must_use]
    pub fn doing(mut self, what: impl Into<String>) -> Self {
        if let Told::Causes(causes) = &mut self.told {
            causes.insert(0, what.into());
        }
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The words for standard error: `error:` with what failed, `caused by:` with each reason, `help:` with what to do.
    pub fn render(&self, colours: Palette) -> String {
        let mut shown = String::new();
        match &self.told {
            Told::Rendered(words) => shown.push_str(words.trim_end()),
            Told::Causes(causes) => {
                for (at, cause) in causes.iter().enumerate() {
                    let label = if at == 0 { colours.paint(Tone::Bad, "error:") } else { "  caused by:".to_owned() };
                    push(&mut shown, &label, cause);
                }
            }
        }
        if let Some(help) = &self.help {
            push(&mut shown, &colours.paint(Tone::Good, "help:"), help);
        }
        shown
    }
}

/// One part; its further lines are indented, so that none can be taken for another part.
fn push(shown: &mut String, label: &str, words: &str) {
    if !shown.is_empty() {
        shown.push('\n');
    }
    shown.push_str(label);
    shown.push(' ');
    shown.push_str(&text::lines(words.trim_end()).replace('\n', "\n    "));
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Palette::PLAIN))
    }
}

impl Error for CliError {}

impl<E: Blame> From<E> for CliError {
    fn from(error: E) -> Self {
        let help = error.help();
        let told = Self::new(error.exit(), error);
        Self { help, ..told }
    }
}
