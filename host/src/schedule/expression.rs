//! The text of `schedule`: a preset, `every` and a duration, or cron.

use std::time::Duration;

use crate::schedule::{BadExpression, Cron, parse_duration, words};

/// Airflow's presets that stand for a cron expression.
const PRESETS: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@quarterly", "0 0 1 */3 *"),
    ("@yearly", "0 0 1 1 *"),
];

/// All words that begin with `@`.
const WORDS: &[&str] = &["@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"];

/// The shortest time between the ticks of `every`.
const EVERY_MIN: Duration = Duration::from_secs(1);

/// When a DAG runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// `@once`: a single time.
    Once,
    /// `@continuous`: again when the last run has ended, one at a time, at least a second between starts.
    Continuous,
    /// `every 15m`: at the start date, else the Unix epoch, plus multiples of this, in elapsed time.
    Every(Duration),
    /// A cron expression or a preset that stands for one.
    Cron(Cron),
}

impl Schedule {
    /// Reads the text of `schedule`.
    ///
    /// # Errors
    /// The part that is wrong, and what to write instead where that is clear.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            let message = "a schedule must not be empty";
            return Err(BadExpression::new(0..text.len(), message).hint("leave the key out for a DAG without one"));
        }
        if trimmed.starts_with('@') {
            return preset(text, trimmed);
        }
        let mut parts = words(text);
        match (parts.next(), parts.next(), parts.next()) {
            (Some((_, "every")), Some((span, duration)), None) => every(duration, span.start),
            (Some((_, "every")), _, _) => Err(BadExpression::new(0..text.len(), "`every` takes one duration")
                .hint("write it without spaces, as in `every 15m` or `every 1h30m`")),
            _ => Cron::parse(text).map(Self::Cron),
        }
    }

    /// Why it has no tick at all, if so.
    pub fn never(&self) -> Option<String> {
        match self {
            Self::Once | Self::Continuous | Self::Every(_) => None,
            Self::Cron(cron) => cron.never(),
        }
    }
}

fn preset(text: &str, word: &str) -> Result<Schedule, BadExpression> {
    if let Some((_, cron)) = PRESETS.iter().find(|(name, _)| *name == word) {
        return Cron::parse(cron).map(Schedule::Cron);
    }
    match word {
        "@once" => Ok(Schedule::Once),
        "@continuous" => Ok(Schedule::Continuous),
        _ => {
            let closest = WORDS.iter().max_by(|a, b| strsim::jaro(word, a).total_cmp(&strsim::jaro(word, b)));
            let known = WORDS.join(" ");
            let hint = closest
                .filter(|name| strsim::jaro(word, name) > 0.8)
                .map_or_else(|| format!("known are {known}"), |name| format!("did you mean `{name}`?"));
            Err(BadExpression::new(0..text.len(), format!("`{word}` is no schedule")).hint(hint))
        }
    }
}

fn every(duration: &str, start: usize) -> Result<Schedule, BadExpression> {
    let length = parse_duration(duration).map_err(|mut error| {
        error.span = start + error.span.start..start + error.span.end;
        error
    })?;
    if length < EVERY_MIN {
        let span = start..start + duration.len();
        return Err(
            BadExpression::new(span, "`every` takes at least one second").hint("`@continuous` runs without a pause")
        );
    }
    Ok(Schedule::Every(length))
}
