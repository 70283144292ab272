//! Shows how crates are built.

use crate::cli::output::Output;
use crate::cli::style::Tone;
use crate::registry::BuildWatcher;
use crate::text;

/// Says cargo's lines on standard error as they come.
#[derive(Debug, Clone, Copy)]
pub struct SayBuild(pub Output);

impl BuildWatcher for SayBuild {
    fn begins(&self, crates: &[String]) {
        let crates: Vec<_> = crates.iter().map(|name| text::one_line(name)).collect();
        self.0.say(&format!("{} {}", self.0.words_colours().paint(Tone::Strong, "building"), crates.join(", ")));
    }

    fn compiles(&self, plugin: &str) {
        self.0.say(&format!("{} {}", self.0.words_colours().paint(Tone::Strong, "compiling"), text::one_line(plugin)));
    }

    fn line(&self, line: &str) {
        if self.colour() {
            // A line that forgot to set its colours back must not colour what follows.
            self.0.say(&format!("  {}\u{1b}[0m", text::coloured_line(line)));
        } else {
            self.0.say(&format!("  {}", text::one_line(line)));
        }
    }

    fn colour(&self) -> bool {
        self.0.words_colours().is_on()
    }
}
