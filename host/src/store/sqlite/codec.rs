//! Between Rust's types and SQLite's columns.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Microseconds since the epoch.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Microseconds since the epoch, if there is an instant.
pub(super) fn opt_micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(micros)
}

/// JSON text of what the core only stores and hands back.
pub(super) fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// JSON text, if there is something.
pub(super) fn opt_json<T: Serialize>(value: Option<&T>) -> rusqlite::Result<Option<String>> {
    value.map(json).transpose()
}

fn unreadable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    let words = Box::new(BadColumn { column: column.to_owned(), source: Box::new(error) });
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, words)
}

#[derive(Debug, thiserror::Error)]
#[error("column `{column}` cannot be read")]
struct BadColumn {
    column: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Columns by name, in the host's types.
pub(super) trait RowExt {
    /// Text that parses.
    fn parsed<T>(&self, column: &str) -> rusqlite::Result<T>
    where
        T: std::str::FromStr,
        T::Err: std::error::Error + Send + Sync + 'static;
    /// Text that parses, or NULL.
    fn opt_parsed<T>(&self, column: &str) -> rusqlite::Result<Option<T>>
    where
        T: std::str::FromStr,
        T::Err: std::error::Error + Send + Sync + 'static;
    /// An instant.
    fn instant(&self, column: &str) -> rusqlite::Result<Timestamp>;
    /// An instant, or NULL.
    fn opt_instant(&self, column: &str) -> rusqlite::Result<Option<Timestamp>>;
    /// JSON, or NULL.
    fn opt_from_json<T: DeserializeOwned>(&self, column: &str) -> rusqlite::Result<Option<T>>;
}

impl RowExt for Row<'_> {
    fn parsed<T>(&self, column: &str) -> rusqlite::Result<T>
    where
        T: std::str::FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let text: String = self.get(column)?;
        text.parse().map_err(|error| unreadable(column, error))
    }

    fn opt_parsed<T>(&self, column: &str) -> rusqlite::Result<Option<T>>
    where
        T: std::str::FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|error| unreadable(column, error))).transpose()
    }

    fn instant(&self, column: &str) -> rusqlite::Result<Timestamp> {
        self.opt_instant(column)?.ok_or_else(|| unreadable(column, FromSqlError::InvalidType))
    }

    fn opt_instant(&self, column: &str) -> rusqlite::Result<Option<Timestamp>> {
        let micros: Option<i64> = self.get(column)?;
        micros.map(|micros| Timestamp::from_microsecond(micros).map_err(|error| unreadable(column, error))).transpose()
    }

    fn opt_from_json<T: DeserializeOwned>(&self, column: &str) -> rusqlite::Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(column, error))).transpose()
    }
}
