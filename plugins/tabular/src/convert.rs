//! Columns as another kind than they were found to be.

use crate::error::{DataError, Place};
use crate::notation::Notation;
use crate::table::{ColumnData, Kind, TextColumn};
use crate::time;

/// A column as another kind than it is.
///
/// # Errors
/// A text that is no number or no time, or a number or a time that is wanted as the other.
pub fn read_as(column: &str, data: ColumnData, kind: Kind, notation: &Notation) -> Result<ColumnData, DataError> {
    let of_type = |is: &str| DataError::ColumnType {
        column: column.to_owned(),
        kind: is.to_owned(),
        expected: "what is no text can be read as text, and as nothing else",
    };
    match (data, kind) {
        (data @ ColumnData::Number(_), Kind::Number)
        | (data @ ColumnData::Text(_), Kind::Text)
        | (data @ ColumnData::Time(_), Kind::Time) => Ok(data),
        (ColumnData::Number(values), Kind::Text) => {
            let text = |value: &f64| (!value.is_nan()).then(|| (value + 0.0).to_string());
            Ok(ColumnData::Text(TextColumn::of(values.iter().map(text))))
        }
        (ColumnData::Time(times), Kind::Text) => {
            let text = |time: &i64| time::shown(*time).map(|shown| shown.to_string());
            Ok(ColumnData::Text(TextColumn::of(times.iter().map(text))))
        }
        (ColumnData::Text(text), Kind::Number) => {
            let parsed =
                parsed(column, &text, kind, |text| text.trim().parse().ok().filter(|value: &f64| value.is_finite()))?;
            Ok(ColumnData::Number(by_row(&text, &parsed, f64::NAN)))
        }
        (ColumnData::Text(text), Kind::Time) => {
            let parsed = parsed(column, &text, kind, |text| notation.time(text.trim()))?;
            Ok(ColumnData::Time(by_row(&text, &parsed, ColumnData::NO_TIME)))
        }
        (ColumnData::Number(_), Kind::Time) => Err(of_type("number")),
        (ColumnData::Time(_), Kind::Number) => Err(of_type("time")),
    }
}

/// A column whose gaps are gaps, instead of what marks them.
pub fn without(data: ColumnData, notation: &Notation) -> ColumnData {
    match data {
        ColumnData::Number(mut values) => {
            values.iter_mut().filter(|value| notation.is_gap_number(**value)).for_each(|value| *value = f64::NAN);
            ColumnData::Number(values)
        }
        ColumnData::Time(mut times) => {
            times.iter_mut().filter(|time| notation.is_gap_time(**time)).for_each(|time| *time = ColumnData::NO_TIME);
            ColumnData::Time(times)
        }
        ColumnData::Text(text) => {
            let is_gap: Vec<bool> = text.levels.iter().map(|level| notation.is_gap(level.trim())).collect();
            if !is_gap.contains(&true) {
                return ColumnData::Text(text);
            }
            let kept = |code: &u32| text.levels.get(*code as usize).filter(|_| !is_gap[*code as usize]);
            ColumnData::Text(TextColumn::of(text.codes.iter().map(kept)))
        }
    }
}

/// What each of the texts means.
fn parsed<V>(
    column: &str,
    text: &TextColumn,
    kind: Kind,
    parse: impl Fn(&str) -> Option<V>,
) -> Result<Vec<V>, DataError> {
    let of_level = |(level, text_of_level): (usize, &String)| {
        parse(text_of_level).ok_or_else(|| {
            let row = text.codes.iter().position(|code| *code as usize == level).unwrap_or_default() + 1;
            DataError::NotOfKind {
                column: column.to_owned(),
                place: Place::Row(row),
                cell: text_of_level.clone(),
                kind,
            }
        })
    };
    text.levels.iter().enumerate().map(of_level).collect()
}

fn by_row<V: Copy>(text: &TextColumn, parsed: &[V], gap: V) -> Vec<V> {
    text.codes.iter().map(|code| parsed.get(*code as usize).copied().unwrap_or(gap)).collect()
}
