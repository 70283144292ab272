//! The two streams of the process: results go to standard output, words about the work to standard error.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use crate::cli::error::{CliError, Exit};
use crate::cli::style::Palette;
use crate::text::is_harmful;

/// Where a command prints. A reader that went away (`| head`) is no error: what comes is dropped, and the command ends
/// as it would have.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    out: Palette,
    err: Palette,
}

impl Output {
    /// The streams of this process.
    pub fn of_process() -> Self {
        Self { out: Palette::of(&io::stdout()), err: Palette::of(&io::stderr()) }
    }

    /// Colours for what is printed.
    pub fn colours(self) -> Palette {
        self.out
    }

    /// Colours for what is said.
    pub fn words_colours(self) -> Palette {
        self.err
    }

    /// Whether words go to a terminal, so that progress may be drawn.
    pub fn words_on_terminal(self) -> bool {
        io::stderr().is_terminal()
    }

    /// Prints lines to standard output. The text must have been made harmless already.
    ///
    /// # Errors
    /// When standard output is there and cannot be written, as on a full disk.
    pub fn print(self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
        unless_gone(written.and_then(|()| out.flush()))
    }

    /// Writes bytes to standard output as they are.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub fn write(self, bytes: &mut dyn io::Read) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        unless_gone(io::copy(bytes, &mut out).and_then(|_| out.flush()))
    }

    /// Prints one JSON document to standard output: indented on a terminal, in one line for programs.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub fn print_json(self, document: &impl Serialize) -> Result<(), CliError> {
        let pretty = io::stdout().is_terminal();
        let text = if pretty { serde_json::to_string_pretty(document) } else { serde_json::to_string(document) };
        let text = text.map_err(|error| CliError::new(Exit::Host, error).doing("cannot make the JSON document"))?;
        self.print(&harmless_json(&text))
    }

    /// Says something on standard error. The text must have been made harmless already. That it cannot be written
    /// could be told nowhere, so it is not.
    pub fn say(self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "{}", text.strip_suffix('\n').unwrap_or(text));
    }
}

fn unless_gone(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::new(Exit::Host, error).doing("cannot write to standard output"))
        }
        _ => Ok(()),
    }
}

/// The same JSON, with what must not reach a terminal as `\u` escapes. Such characters stand in strings only.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    let bad = |c: char| is_harmful(c) && c != '\n';
    if !json.contains(bad) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if bad(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}
