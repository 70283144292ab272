//! What can be wrong with a table, a prepared data set or a model file.

use std::collections::HashMap;
use std::fmt;

use crate::table::Kind;
use crate::wording::{closest, count, listed, quoted};

/// A table, data set or model file that cannot be used, with the column and the row where there is one.
///
/// Lines count from 1 and include the header; rows of a Parquet file count from 1 and do not.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system would not give the file.
    #[error("cannot read {file}")]
    Unreadable {
        /// The path as it was given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system would not take the file.
    #[error("cannot write {file}")]
    Unwritable {
        /// The path as it was given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// No bytes, or nothing but a byte order mark and blank lines.
    #[error("{file} is empty: a header line and at least two rows are needed")]
    Empty {
        /// The path as it was given.
        file: String,
    },
    /// A byte that is not UTF-8.
    #[error(
        "the file is not UTF-8: line {line} holds the byte 0x{byte:02X} at offset {offset_bytes}; \
         if it is Latin-1, set `encoding = \"windows-1252\"`"
    )]
    NotUtf8 {
        /// The line, from 1.
        line: u64,
        /// Where in the file the byte is, from 0.
        offset_bytes: u64,
        /// The first byte that is wrong.
        byte: u8,
    },
    /// Bytes that say nothing in the encoding that the file is read as.
    #[error("the file is not {encoding}: line {line} holds bytes that say nothing in it; is `encoding` right?")]
    NotEncoded {
        /// The line, from 1.
        line: u64,
        /// Its name in the Encoding Standard.
        encoding: &'static str,
    },
    /// A byte order mark of an encoding that is not read.
    #[error("the file is {encoding}, at byte 0 of line 1: convert it with `iconv -f {encoding} -t UTF-8`")]
    OtherEncoding {
        /// Such as `UTF-16LE`, in the spelling that iconv takes.
        encoding: &'static str,
    },
    /// The first line is data.
    #[error(
        "line 1 looks like data, not like a header ({why}): put a line with the columns' names above it, or set \
         `header = false`, or `header = [...]` with their names"
    )]
    NoHeader {
        /// What gave it away.
        why: String,
    },
    /// A name that was given and is none.
    #[error("`header` gives column {position} no name")]
    UnnamedColumn {
        /// From 1.
        position: usize,
    },
    /// Two columns of one name.
    #[error("columns {first} and {second} are both named {}: rename one of them", quoted(column))]
    DuplicateColumn {
        /// The name.
        column: String,
        /// Position of the first, from 1.
        first: usize,
        /// Position of the second, from 1.
        second: usize,
    },
    /// More columns than any real table has.
    #[error("the header has {columns} columns, and at most {limit} are read: is the delimiter right?")]
    TooManyColumns {
        /// How many there are.
        columns: usize,
        /// How many may be.
        limit: usize,
    },
    /// More or fewer names were given than there are columns.
    #[error("`header` gives {}, and line 1 has {}", count(*names, "name"), count(*columns, "column"))]
    OtherColumns {
        /// How many names.
        names: usize,
        /// How many columns.
        columns: usize,
    },
    /// A row with more or fewer cells than the header.
    #[error("line {line} has {cells} cells where the header has {expected}")]
    Ragged {
        /// Where the row starts, from 1.
        line: u64,
        /// Its cells.
        cells: usize,
        /// The header's.
        expected: usize,
    },
    /// A cell that is too long to be meant.
    #[error(
        "{place}, column {column}: a cell of more than {limit_bytes} bytes, which are the most that is read{}",
        match place { Place::Line(_) => "; was a quote opened and not closed?", Place::Row(_) => ": leave the column out" }
    )]
    HugeCell {
        /// The column's name, in quotes; its number, from 1, if it has none.
        column: String,
        /// Where it stands.
        place: Place,
        /// The most that is read.
        limit_bytes: usize,
    },
    /// A row that is too long to be meant, though its cells are not.
    #[error(
        "line {line} has more than {limit_bytes} bytes, which are the most that is read: are `delimiter` and `quote` right?"
    )]
    HugeRow {
        /// Where the row starts, from 1.
        line: u64,
        /// The most that is read.
        limit_bytes: usize,
    },
    /// A header and nothing below it.
    #[error("there are no rows below the header")]
    NoRows,
    /// `NaN`, `inf` or a number too large for 64 bits, in a column of numbers.
    #[error(
        "line {line}, column {}: {} is not a finite number; if it marks a gap, add it to `missing_values`, and if the column is \
         of texts, say so in `types`",
        quoted(column),
        quoted(cell)
    )]
    NotFinite {
        /// The column's name.
        column: String,
        /// Where the row starts, from 1.
        line: u64,
        /// What stands there.
        cell: String,
    },
    /// A cell that is not of the kind that was asked for.
    #[error(
        "{place}, column {}: {} is not a {}; if it marks a gap, add it to `missing_values`",
        quoted(column),
        quoted(cell),
        match kind { Kind::Time => "date or time such as 2001-01-31 or 2001-01-31T06:30:00", Kind::Number | Kind::Text => "number" }
    )]
    NotOfKind {
        /// The column's name.
        column: String,
        /// Where it stands.
        place: Place,
        /// What stands there.
        cell: String,
        /// What it should be.
        kind: Kind,
    },
    /// A column that was asked for and is not there.
    #[error("there is no column {}{} (the columns are {})", quoted(column), meant(column, columns), listed(columns))]
    ColumnAbsent {
        /// The name asked for.
        column: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// The csv crate could not go on.
    #[error("cannot read {file} as CSV")]
    Csv {
        /// The path as it was given.
        file: String,
        /// Why.
        source: ::csv::Error,
    },
    /// Not a Parquet file, or a damaged one.
    #[error("{file} cannot be read as Parquet")]
    Parquet {
        /// The path as it was given.
        file: String,
        /// Why.
        source: ::parquet::errors::ParquetError,
    },
    /// Metadata of ours in a Parquet file that are not what they should be.
    #[error("what the file says of itself under `{key}` is wrong: {why}")]
    BadMetadata {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A Parquet file that could not be written.
    #[error("cannot write {file} as Parquet")]
    ParquetWrite {
        /// The path as it was given.
        file: String,
        /// Why.
        source: ::parquet::errors::ParquetError,
    },
    /// A compression that this build cannot undo.
    #[error("column {} is compressed with {codec}, which is not read here: write the file with Snappy", quoted(column))]
    Codec {
        /// The column's name.
        column: String,
        /// The codec's name.
        codec: String,
    },
    /// A column whose type no model takes.
    #[error("column {} is of type {kind}; {expected}", quoted(column))]
    ColumnType {
        /// The column's name.
        column: String,
        /// Its Parquet type.
        kind: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A gap, NaN or infinity where a number must be.
    #[error("row {row}, column {}: {what}; fill gaps with the plugin `preprocess` first", quoted(column))]
    BadValue {
        /// The column's name.
        column: String,
        /// From 1.
        row: usize,
        /// What stands there.
        what: &'static str,
    },
    /// Bytes that are no text, in a column of a Parquet file that has nothing but bytes.
    #[error("row {row}, column {}: bytes that are not UTF-8, so no text: leave the column out", quoted(column))]
    NotText {
        /// The column's name.
        column: String,
        /// From 1.
        row: usize,
    },
    /// An infinity in a column of numbers.
    #[error(
        "row {row}, column {}: an infinity, from which nothing can be learnt; if it marks a gap, add it to `missing_values`",
        quoted(column)
    )]
    Infinite {
        /// The column's name.
        column: String,
        /// From 1.
        row: usize,
    },
    /// A Parquet file that does not say which column is the target.
    #[error(
        "the table does not say which column is the target: name it in the param `target` (the columns are {})",
        listed(columns)
    )]
    TargetUnknown {
        /// The names that there are.
        columns: Vec<String>,
    },
    /// Columns that the model was trained on and the table lacks.
    #[error("the table lacks {} that the model was trained on: {}", count(missing.len(), "feature"), listed(missing))]
    FeaturesAbsent {
        /// The model's features that the table does not have.
        missing: Vec<String>,
    },
    /// A column whose texts are all strangers to the model.
    #[error(
        "column {}: no text in it is a category that the model knows, such as {} in row {row} (it knows {}): it was trained on \
         other data",
        quoted(column),
        quoted(text),
        listed(categories)
    )]
    NoneKnown {
        /// The column's name.
        column: String,
        /// The first row with a text, from 1.
        row: usize,
        /// The text.
        text: String,
        /// What the model knows.
        categories: Vec<String>,
    },
    /// Not a model file.
    #[error("{file} is not a model file")]
    NotAModel {
        /// The path as it was given.
        file: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A model file of another format or version, or one that contradicts itself.
    #[error("{file} is not a model that can be used: {why}")]
    UnusableModel {
        /// The path as it was given.
        file: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a line of text, from 1, the header included.
    Line(u64),
    /// In a row of a Parquet file, from 1.
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

impl DataError {
    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable-input",
            Self::Unwritable { .. } | Self::ParquetWrite { .. } => "unwritable-output",
            Self::Empty { .. } => "empty-file",
            Self::NotUtf8 { .. } | Self::NotEncoded { .. } | Self::OtherEncoding { .. } | Self::NotText { .. } => {
                "wrong-encoding"
            }
            Self::NoHeader { .. } => "no-header",
            Self::OtherColumns { .. } => "other-columns",
            Self::UnnamedColumn { .. } => "unnamed-column",
            Self::DuplicateColumn { .. } => "duplicate-column",
            Self::TooManyColumns { .. } => "too-many-columns",
            Self::Ragged { .. } => "ragged-row",
            Self::HugeCell { .. } => "huge-cell",
            Self::HugeRow { .. } => "huge-row",
            Self::NoRows => "no-rows",
            Self::NotFinite { .. } | Self::Infinite { .. } => "not-finite",
            Self::NotOfKind { .. } => "not-of-kind",
            Self::ColumnAbsent { .. } => "absent-column",
            Self::Csv { .. } => "not-csv",
            Self::Parquet { .. } | Self::BadMetadata { .. } => "not-parquet",
            Self::Codec { .. } => "unknown-codec",
            Self::ColumnType { .. } => "column-type",
            Self::BadValue { .. } => "bad-value",
            Self::TargetUnknown { .. } => "target-unknown",
            Self::FeaturesAbsent { .. } | Self::NoneKnown { .. } => "model-data-mismatch",
            Self::NotAModel { .. } | Self::UnusableModel { .. } => "not-a-model",
        }
    }

    /// The column that it is about, if it is about one that is there.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::NotFinite { column, .. }
            | Self::NotOfKind { column, .. }
            | Self::ColumnType { column, .. }
            | Self::NotText { column, .. }
            | Self::Infinite { column, .. }
            | Self::Codec { column, .. }
            | Self::BadValue { column, .. } => Some(column),
            _about_none => None,
        }
    }

    /// Whether another try may go better: only where the machine, not the data, was at fault.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unwritable { .. } | Self::ParquetWrite { .. })
    }
}

/// Whether all columns that have a name have one of their own.
///
/// # Errors
/// [`DataError::DuplicateColumn`].
pub(crate) fn check_distinct<S: AsRef<str>>(names: &[S]) -> Result<(), DataError> {
    let mut seen = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().map(AsRef::as_ref).enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = seen.insert(name, place) {
            return Err(DataError::DuplicateColumn { column: name.to_owned(), first: first + 1, second: place + 1 });
        }
    }
    Ok(())
}

/// `, did you mean …?` where a name is like the one asked for.
fn meant(column: &str, columns: &[String]) -> String {
    closest(column, columns).map_or_else(String::new, |name| format!("; did you mean {}?", quoted(name)))
}
