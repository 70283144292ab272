//! How the params want a file to be read.

use dagwood_tabular::csv::{self, CsvOptions, Header};
use dagwood_tabular::notation::check_time_format;
use dagwood_tabular::wording::quoted;

use super::{HeaderParam, Params};
use crate::error::PreprocessError;

/// The one byte that a text is, if it can stand in a line.
fn byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Some(*byte),
        _ => None,
    }
}

impl Params {
    /// How a CSV file is read.
    ///
    /// # Errors
    /// `bad-params`, with the names of the params: a delimiter or quote that is not one ASCII character, or cannot be one; an encoding
    /// that nobody knows.
    pub fn csv_options(&self) -> Result<CsvOptions, PreprocessError> {
        PreprocessError::all(self.reading_mistakes())?;
        let plain = CsvOptions::default();
        let header = match &self.header {
            HeaderParam::IsThere(true) => Header::FirstLine,
            HeaderParam::IsThere(false) => Header::Places,
            HeaderParam::Names(names) => Header::Names(names.clone()),
        };
        Ok(CsvOptions {
            delimiter: byte(&self.delimiter).unwrap_or(plain.delimiter),
            quote: byte(&self.quote),
            encoding: csv::encoding(&self.encoding).unwrap_or(plain.encoding),
            header,
            missing_values: self.missing_values.clone(),
            time_formats: self.time_formats.clone(),
        })
    }

    /// What is wrong with the params that say how a file is read.
    pub(super) fn reading_mistakes(&self) -> Vec<PreprocessError> {
        let must = "must be one ASCII character, such as \",\", \";\" or \"\\t\"";
        let is_quote = self.quote.is_empty() || byte(&self.quote).is_some();
        let rules = [
            ("delimiter", byte(&self.delimiter).is_some(), must),
            ("quote", is_quote, "must be one ASCII character, or empty"),
            ("delimiter", self.delimiter.is_empty() || self.delimiter != self.quote, "must not be the `quote`"),
        ];
        let broken = rules.into_iter().filter(|(_, is_kept, _)| !is_kept);
        let mut mistakes: Vec<_> = broken.map(|(param, _, why)| PreprocessError::params(param, why)).collect();
        if csv::encoding(&self.encoding).is_none() {
            let name = quoted(&self.encoding);
            let why = format!("{name} is none that is known: it is named as on the web, such as `windows-1252`");
            mistakes.push(PreprocessError::params("encoding", why));
        }
        let wrong = self.time_formats.iter().filter_map(|format| Some((format, check_time_format(format).err()?)));
        mistakes.extend(wrong.map(|(format, why)| {
            PreprocessError::params("time_formats", format!("has {}, which is no format: {why}", quoted(format)))
        }));
        mistakes
    }
}
