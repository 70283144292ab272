//! From cells to columns: first a guess at what a column holds, then its values.

use crate::limits::MIXED_SEEN_CELLS;
use crate::notation::Notation;
use crate::table::{ColumnData, Kind, TextBuilder};

/// What one cell holds.
enum Cell {
    Gap,
    Number(f64),
    /// Reads as a number, but is NaN or infinite.
    NotFinite,
    Text,
}

fn classify(cell: &str, notation: &Notation) -> Cell {
    if notation.is_gap(cell) {
        return Cell::Gap;
    }
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Cell::Number(number),
        Ok(_) => Cell::NotFinite,
        Err(_) => Cell::Text,
    }
}

/// What is known of a column after some of its cells: which kinds it cannot be, and the first cell that says so.
pub(super) struct Guess {
    asked: Option<Kind>,
    not_number: Option<Odd>,
    not_time: Option<Odd>,
    not_finite: Option<Odd>,
    has_values: bool,
    /// Among the first cells that hold something.
    numbers: usize,
    texts: usize,
}

/// A cell that does not fit, in the row that begins at this place of the text.
#[derive(Clone)]
pub(super) struct Odd {
    pub(super) offset_bytes: u64,
    pub(super) cell: String,
}

/// Why a column cannot be read.
pub(super) enum Misfit {
    /// A number that is NaN or infinite.
    NotFinite(Odd),
    /// A cell that is not of the kind asked for.
    NotOfKind(Odd, Kind),
}

impl Guess {
    pub(super) fn new(asked: Option<Kind>) -> Self {
        Self { asked, not_number: None, not_time: None, not_finite: None, has_values: false, numbers: 0, texts: 0 }
    }

    pub(super) fn see(&mut self, cell: &str, offset_bytes: u64, notation: &Notation) {
        let is_settled = self.not_number.is_some() && self.not_time.is_some();
        if self.asked == Some(Kind::Text) || (is_settled && self.numbers + self.texts >= MIXED_SEEN_CELLS) {
            return;
        }
        let odd = || Odd { offset_bytes, cell: cell.to_owned() };
        let class = classify(cell, notation);
        // What is a number is no date, even if it is one without its strokes, unless somebody says so.
        let may_be_time = matches!(class, Cell::Text) || self.asked == Some(Kind::Time);
        let time = if may_be_time { notation.time(cell) } else { None };
        match class {
            Cell::Gap => return,
            Cell::Number(_) => self.numbers += 1,
            Cell::Text => {
                self.texts += 1;
                self.not_number.get_or_insert_with(odd);
            }
            Cell::NotFinite => {
                self.not_finite.get_or_insert_with(odd);
            }
        }
        self.has_values = true;
        if time.is_none() {
            self.not_time.get_or_insert_with(odd);
        }
    }

    /// The first text of a column that is read as texts though most of its cells are numbers, and nobody asked for that.
    pub(super) fn mixed(&self) -> Option<Odd> {
        let is_mixed = self.asked.is_none() && self.kind() == Kind::Text && self.numbers > self.texts;
        self.not_number.clone().filter(|_| is_mixed)
    }

    fn kind(&self) -> Kind {
        self.asked.unwrap_or(match (&self.not_number, &self.not_time) {
            (_, None) if self.has_values => Kind::Time,
            (None, _) => Kind::Number,
            (Some(_), _) => Kind::Text,
        })
    }

    /// What will hold the column's values.
    ///
    /// # Errors
    /// The column is numbers, and one of them is not finite; or one is not of the kind asked for.
    pub(super) fn builder(self, rows: usize) -> Result<Builder, Misfit> {
        match self.kind() {
            Kind::Text => Ok(Builder::Text(TextBuilder::default())),
            Kind::Time => match self.not_time {
                Some(odd) => Err(Misfit::NotOfKind(odd, Kind::Time)),
                None => Ok(Builder::Time(Vec::with_capacity(rows))),
            },
            Kind::Number => match (self.not_number, self.not_finite) {
                (Some(odd), _) => Err(Misfit::NotOfKind(odd, Kind::Number)),
                (None, Some(odd)) => Err(Misfit::NotFinite(odd)),
                (None, None) => Ok(Builder::Number(Vec::with_capacity(rows))),
            },
        }
    }
}

/// A column in the making.
pub(super) enum Builder {
    Number(Vec<f64>),
    Text(TextBuilder),
    Time(Vec<i64>),
}

impl Builder {
    pub(super) fn push(&mut self, cell: &str, notation: &Notation) {
        match self {
            Self::Number(values) => values.push(match classify(cell, notation) {
                Cell::Number(number) => number,
                Cell::Gap | Cell::NotFinite | Cell::Text => f64::NAN,
            }),
            Self::Text(text) => text.push((!notation.is_gap(cell)).then_some(cell)),
            Self::Time(times) => {
                let time = notation.time(cell).filter(|_| !notation.is_gap(cell));
                times.push(time.unwrap_or(ColumnData::NO_TIME));
            }
        }
    }

    pub(super) fn finish(self) -> ColumnData {
        match self {
            Self::Number(values) => ColumnData::Number(values),
            Self::Text(text) => ColumnData::Text(text.finish()),
            Self::Time(times) => ColumnData::Time(times),
        }
    }
}
