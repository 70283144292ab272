//! Typed columns with gaps, as a reader found them and before anything was decided about them.

use rustc_hash::FxHashMap;

use crate::error::Place;

/// A table in memory, one vector for each column, all of the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    rows: usize,
    columns: Vec<Column>,
    mixed: Vec<Mixed>,
}

/// A column that was read as texts, though most of its cells are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixed {
    /// Its name.
    pub column: String,
    /// Where its first text stands.
    pub place: Place,
    /// The text.
    pub cell: String,
}

/// One named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the header has it.
    pub name: String,
    /// Its cells.
    pub data: ColumnData,
}

/// A column's cells, by what was found in them.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Every cell that is not a gap is a finite number. A gap is NaN.
    Number(Vec<f64>),
    /// At least one cell is not a number.
    Text(TextColumn),
    /// Instants, as microseconds since 1970-01-01T00:00:00, by the clock that the file was written by. A gap is
    /// [`ColumnData::NO_TIME`].
    Time(Vec<i64>),
}

/// What a column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Texts, even where they look like numbers.
    Text,
    /// Instants.
    Time,
}

/// A column to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The column's name.
    pub name: String,
    /// What it is read as; by default what its cells look like.
    pub read_as: Option<Kind>,
}

/// Text cells: each distinct text once, and for each row which one it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    /// The distinct texts in order of first appearance.
    pub levels: Vec<String>,
    /// One for each row: an index into `levels`, or [`TextColumn::GAP`].
    pub codes: Vec<u32>,
}

impl TextColumn {
    /// A column of one text for each row, or of none.
    pub fn of<S: AsRef<str>>(texts: impl IntoIterator<Item = Option<S>>) -> Self {
        let mut builder = TextBuilder::default();
        for text in texts {
            builder.push(text.as_ref().map(AsRef::as_ref));
        }
        builder.finish()
    }

    /// The code of a row that holds nothing.
    pub const GAP: u32 = u32::MAX;

    /// The text of a row; `None` for a gap or a row that is not there.
    pub fn get(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        self.levels.get(code as usize).map(String::as_str)
    }
}

impl ColumnData {
    /// The instant of a row that holds none.
    pub const NO_TIME: i64 = i64::MIN;

    /// Whether the row holds nothing.
    pub fn is_gap(&self, row: usize) -> bool {
        match self {
            Self::Number(values) => values.get(row).is_none_or(|value| value.is_nan()),
            Self::Text(text) => text.get(row).is_none(),
            Self::Time(times) => times.get(row).is_none_or(|time| *time == Self::NO_TIME),
        }
    }

    /// The cells of these rows, which must be there.
    pub fn pick(&self, rows: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Number(values) => Self::Number(rows.map(|row| values[row]).collect()),
            Self::Time(times) => Self::Time(rows.map(|row| times[row]).collect()),
            Self::Text(text) => Self::Text(TextColumn::of(rows.map(|row| text.get(row)))),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(text) => text.codes.len(),
            Self::Time(times) => times.len(),
        }
    }
}

/// A text column in the making.
#[derive(Debug, Default)]
pub struct TextBuilder {
    text: TextColumn,
    seen: FxHashMap<Vec<u8>, u32>,
}

impl TextBuilder {
    /// Adds a row.
    pub fn push(&mut self, text: Option<&str>) {
        self.push_bytes(text.map(str::as_bytes));
    }

    /// Adds a row of bytes that may be a text; a gap if they are not UTF-8. Says whether they are.
    pub fn push_bytes(&mut self, bytes: Option<&[u8]>) -> bool {
        let code = bytes.map(|bytes| self.code_of(bytes));
        self.text.codes.push(code.flatten().unwrap_or(TextColumn::GAP));
        code != Some(None)
    }

    /// The code of a text, given a new one at its first appearance; none if it is not UTF-8.
    fn code_of(&mut self, bytes: &[u8]) -> Option<u32> {
        if let Some(code) = self.seen.get(bytes) {
            return Some(*code);
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let code = self.text.levels.len() as u32;
        self.text.levels.push(text.to_owned());
        self.seen.insert(bytes.to_owned(), code);
        Some(code)
    }

    /// The column.
    pub fn finish(self) -> TextColumn {
        self.text
    }
}

impl Column {
    /// The cells of these rows, which must be there.
    pub fn pick(&self, rows: impl Iterator<Item = usize>) -> Self {
        Self { name: self.name.clone(), data: self.data.pick(rows) }
    }
}

impl Table {
    /// A table of `columns`; columns shorter than the longest are read as ending in gaps.
    pub fn new(columns: Vec<Column>) -> Self {
        let rows = columns.iter().map(|column| column.data.len()).max().unwrap_or(0);
        Self { rows, columns, mixed: Vec::new() }
    }

    /// The same, with columns that a reader found to be of mixed types.
    pub fn with_mixed(mut self, mixed: Vec<Mixed>) -> Self {
        self.mixed = mixed;
        self
    }

    /// Columns of mixed types.
    pub fn mixed(&self) -> &[Mixed] {
        &self.mixed
    }

    /// Adds a column, which should be as long as the others.
    pub fn push(&mut self, column: Column) {
        self.columns.push(column);
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in the order in which they were asked for.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The same, without the table.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
