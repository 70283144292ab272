//! Typed columns with gaps, as a reader found them and before anything was decided about them.

/// A table in memory, one vector for each column, all of the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    rows: usize,
    columns: Vec<Column>,
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
    /// The code of a row that holds nothing.
    pub const GAP: u32 = u32::MAX;

    /// The text of a row; `None` for a gap or a row that is not there.
    pub fn get(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        self.levels.get(code as usize).map(String::as_str)
    }
}

impl ColumnData {
    /// Whether the row holds nothing.
    pub fn is_gap(&self, row: usize) -> bool {
        match self {
            Self::Number(values) => values.get(row).is_none_or(|value| value.is_nan()),
            Self::Text(text) => text.get(row).is_none(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(text) => text.codes.len(),
        }
    }
}

impl Table {
    /// A table of `columns`; columns shorter than the longest are read as ending in gaps.
    pub fn new(columns: Vec<Column>) -> Self {
        let rows = columns.iter().map(|column| column.data.len()).max().unwrap_or(0);
        Self { rows, columns }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in the order in which they were asked for.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
