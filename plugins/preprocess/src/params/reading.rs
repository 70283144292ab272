//! How the params want a file to be read.

use dagwood_tabular::csv::{self, CsvOptions, Header};
use dagwood_tabular::wording::quoted;

use super::{HeaderParam, Params};
use crate::error::PreprocessError;

impl Params {
    /// How a CSV file is read.
    ///
    /// # Errors
    /// `bad-params`, with the name of the param: a delimiter or quote that is not one ASCII character, or cannot be one; an encoding
    /// that nobody knows.
    pub fn csv_options(&self) -> Result<CsvOptions, PreprocessError> {
        let byte = |text: &str| match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Some(*byte),
            _ => None,
        };
        let wrong = |param: &str, why: &str| PreprocessError::params(param, why);
        let must = "must be one ASCII character, such as \",\", \";\" or \"\\t\"";
        let delimiter = byte(&self.delimiter).ok_or_else(|| wrong("delimiter", must))?;
        let quote = match &*self.quote {
            "" => None,
            quote => Some(byte(quote).ok_or_else(|| wrong("quote", "must be one ASCII character, or empty"))?),
        };
        if quote == Some(delimiter) {
            return Err(wrong("delimiter", "must not be the `quote`"));
        }
        let encoding = csv::encoding(&self.encoding).ok_or_else(|| {
            let name = quoted(&self.encoding);
            PreprocessError::params(
                "encoding",
                format!("{name} is none that is known: it is named as on the web, such as `windows-1252`"),
            )
        })?;
        let header = match &self.header {
            HeaderParam::IsThere(true) => Header::FirstLine,
            HeaderParam::IsThere(false) => Header::Places,
            HeaderParam::Names(names) => Header::Names(names.clone()),
        };
        Ok(CsvOptions { delimiter, quote, encoding, header, missing_values: self.missing_values.clone() })
    }
}
