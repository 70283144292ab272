//! The header line: whether it is one, and its names.

use std::collections::HashSet;

use csv::ByteRecord;

use crate::error::{DataError, check_distinct};
use crate::limits::COLUMNS_MAX;
use crate::wording::quoted;

/// The names in the header, trimmed.
///
/// # Errors
/// All names are numbers (so this is data), one stands there twice, or there are too many.
pub(super) fn names(record: &ByteRecord) -> Result<Vec<String>, DataError> {
    if record.len() > COLUMNS_MAX {
        return Err(DataError::TooManyColumns { columns: record.len(), limit: COLUMNS_MAX });
    }
    let names = (0..record.len()).map(|place| super::cell(record, place).to_owned()).collect::<Vec<_>>();
    let numbers = names.iter().filter(|name| looks_like_number(name)).count();
    if numbers > 0 && numbers == names.iter().filter(|name| !name.is_empty()).count() {
        return Err(DataError::NoHeader { why: "every cell is a number".into() });
    }
    match check_distinct(&names) {
        Err(DataError::DuplicateColumn { column, .. }) if looks_like_number(&column) => {
            Err(DataError::NoHeader { why: format!("the number {} stands in it twice", quoted(&column)) })
        }
        Err(error) => Err(error),
        Ok(()) => Ok(named(names)),
    }
}

/// A column without a name is named by its place, as `column_1`: pandas writes its index as one, and a comma at the end of each line
/// makes one.
fn named(names: Vec<String>) -> Vec<String> {
    let known: HashSet<String> = names.iter().cloned().collect();
    let by_place = |(place, name): (usize, String)| {
        let mut own = if name.is_empty() { format!("column_{}", place + 1) } else { return name };
        while known.contains(&own) {
            own.push('_');
        }
        own
    };
    names.into_iter().enumerate().map(by_place).collect()
}

/// Names for a file without a header: `column_1` and so on.
///
/// # Errors
/// There are too many columns.
pub(super) fn places(columns: usize) -> Result<Vec<String>, DataError> {
    if columns > COLUMNS_MAX {
        return Err(DataError::TooManyColumns { columns, limit: COLUMNS_MAX });
    }
    Ok((1..=columns).map(|place| format!("column_{place}")).collect())
}

/// Names that were given for a file without a header.
///
/// # Errors
/// There are not as many as columns, one is empty, or one stands there twice.
pub(super) fn given(names: &[String], columns: usize) -> Result<Vec<String>, DataError> {
    if names.len() != columns {
        return Err(DataError::OtherColumns { names: names.len(), columns });
    }
    check_distinct(names)?;
    match names.iter().position(String::is_empty) {
        Some(place) => Err(DataError::UnnamedColumn { position: place + 1 }),
        None => Ok(names.to_vec()),
    }
}

/// Whether a header's cell is a number, which a column's name seldom is.
pub fn looks_like_number(name: &str) -> bool {
    name.parse::<f64>().is_ok_and(f64::is_finite)
}
