//! From cells to columns: first a guess at what a column holds, then its values.

use std::collections::HashMap;

use crate::table::{ColumnData, TextColumn};

/// What one cell holds.
enum Cell {
    Gap,
    Number(f64),
    /// Reads as a number, but is NaN or infinite.
    NotFinite,
    Text,
}

fn classify(cell: &str, missing_values: &[String]) -> Cell {
    if missing_values.iter().any(|missing| missing.trim() == cell) {
        return Cell::Gap;
    }
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Cell::Number(number),
        Ok(_) => Cell::NotFinite,
        Err(_) => Cell::Text,
    }
}

/// What is known of a column after some of its cells.
pub(super) struct Guess {
    is_text: bool,
    first_not_finite: Option<NotFinite>,
}

/// A cell that reads as NaN or infinite, in the row that begins at this place of the text.
pub(super) struct NotFinite {
    pub(super) offset_bytes: u64,
    pub(super) cell: String,
}

impl Guess {
    pub(super) fn new(as_text: bool) -> Self {
        Self { is_text: as_text, first_not_finite: None }
    }

    pub(super) fn see(&mut self, cell: &str, offset_bytes: u64, missing_values: &[String]) {
        if self.is_text {
            return;
        }
        match classify(cell, missing_values) {
            Cell::Gap | Cell::Number(_) => {}
            Cell::Text => self.is_text = true,
            Cell::NotFinite => {
                self.first_not_finite.get_or_insert_with(|| NotFinite { offset_bytes, cell: cell.to_owned() });
            }
        }
    }

    /// What will hold the column's values.
    ///
    /// # Errors
    /// The column is numbers, and one of them is not finite.
    pub(super) fn builder(self, rows: usize) -> Result<Builder, NotFinite> {
        if self.is_text {
            return Ok(Builder::Text { text: TextColumn::default(), seen: HashMap::new() });
        }
        match self.first_not_finite {
            Some(odd) => Err(odd),
            None => Ok(Builder::Number(Vec::with_capacity(rows))),
        }
    }
}

/// A column in the making.
pub(super) enum Builder {
    Number(Vec<f64>),
    Text { text: TextColumn, seen: HashMap<String, u32> },
}

impl Builder {
    pub(super) fn push(&mut self, cell: &str, missing_values: &[String]) {
        match self {
            Self::Number(values) => values.push(match classify(cell, missing_values) {
                Cell::Number(number) => number,
                Cell::Gap | Cell::NotFinite | Cell::Text => f64::NAN,
            }),
            Self::Text { text, seen } => {
                let code = match classify(cell, missing_values) {
                    Cell::Gap => TextColumn::GAP,
                    Cell::Number(_) | Cell::NotFinite | Cell::Text => code_of(cell, text, seen),
                };
                text.codes.push(code);
            }
        }
    }

    pub(super) fn finish(self) -> ColumnData {
        match self {
            Self::Number(values) => ColumnData::Number(values),
            Self::Text { text, .. } => ColumnData::Text(text),
        }
    }
}

/// The code of a text, given a new one at its first appearance.
fn code_of(cell: &str, text: &mut TextColumn, seen: &mut HashMap<String, u32>) -> u32 {
    if let Some(code) = seen.get(cell) {
        return *code;
    }
    let code = text.levels.len() as u32;
    text.levels.push(cell.to_owned());
    seen.insert(cell.to_owned(), code);
    code
}
