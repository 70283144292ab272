//! Using on rows what was learnt.

use dagwood_tabular::{Column, ColumnData, DataError, Feature, Matrix, TextColumn};

use super::{Applied, Fitted, RARE, Unseen};
use crate::error::PreprocessError;
use crate::params::Coding;

pub(super) fn apply(fitted: &[Fitted], columns: &[&Column], rows: &[usize]) -> Result<Applied, PreprocessError> {
    let mut applied = Applied { features: Matrix::with_rows(rows.len()), unseen: Vec::new() };
    for learnt in fitted {
        match learnt {
            Fitted::Numeric { column, fill, center, width, .. } => {
                let values = numbers(columns, column)?;
                let scaled = |row: &usize| {
                    let value = values[*row];
                    let value = if value.is_nan() { fill.unwrap_or(value) } else { value };
                    (value - center.unwrap_or(0.0)) / width.unwrap_or(1.0)
                };
                applied.features.push(column.clone(), rows.iter().map(scaled).collect());
            }
            Fitted::Categorical { column, fill, categories, coding, .. } => {
                let text = texts(columns, column)?;
                let codes = codes(text, rows, fill.as_deref(), categories);
                applied.unseen.extend(unseen(column, text, rows, &codes, categories));
                match coding {
                    Coding::OneHot => applied.features.push_one_hot(column.clone(), categories.clone(), codes),
                    Coding::Ordinal => {
                        let place = |code: &u32| if *code == Feature::NO_CATEGORY { -1.0 } else { f64::from(*code) };
                        applied.features.push(column.clone(), codes.iter().map(place).collect());
                    }
                }
            }
        }
    }
    Ok(applied)
}

/// The rows whose text is none of the categories, if there are any.
fn unseen(column: &str, text: &TextColumn, rows: &[usize], codes: &[u32], categories: &[String]) -> Option<Unseen> {
    let rare = place_of(RARE, categories);
    let has_own = text.levels.iter().map(|level| place_of(level, categories).is_some()).collect::<Vec<_>>();
    let is_unseen = |(row, code): &(&usize, &u32)| {
        **code == Feature::NO_CATEGORY
            || (Some(**code) == rare
                && text.codes.get(**row).is_some_and(|level| has_own.get(*level as usize) == Some(&false)))
    };
    let mut found = rows.iter().zip(codes).filter(is_unseen);
    let (first, code) = found.next()?;
    Some(Unseen {
        column: column.to_owned(),
        rows: found.count() + 1,
        first_row: first + 1,
        text: text.get(*first).map(str::to_owned),
        is_rare: *code != Feature::NO_CATEGORY,
    })
}

fn place_of(text: &str, categories: &[String]) -> Option<u32> {
    let found = categories.binary_search_by(|category| category.as_str().cmp(text));
    found.ok().and_then(|place| u32::try_from(place).ok())
}

/// For each row the place of its text among the categories; none if it was not seen while fitting.
fn codes(text: &TextColumn, rows: &[usize], fill: Option<&str>, categories: &[String]) -> Vec<u32> {
    let rare = place_of(RARE, categories);
    let place = |text: &str| place_of(text, categories).or(rare).unwrap_or(Feature::NO_CATEGORY);
    let by_level = text.levels.iter().map(|level| place(level)).collect::<Vec<_>>();
    let of_gaps = fill.map_or(Feature::NO_CATEGORY, place);
    let code = |row: &usize| match text.codes.get(*row) {
        Some(code) if *code != TextColumn::GAP => by_level.get(*code as usize).copied().unwrap_or(Feature::NO_CATEGORY),
        Some(_) | None => of_gaps,
    };
    rows.iter().map(code).collect()
}

fn find<'a>(columns: &[&'a Column], name: &str) -> Result<&'a ColumnData, PreprocessError> {
    let found = columns.iter().find(|column| column.name == name);
    let absent = || DataError::ColumnAbsent {
        column: name.to_owned(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
    };
    Ok(&found.ok_or_else(absent)?.data)
}

fn numbers<'a>(columns: &[&'a Column], name: &str) -> Result<&'a [f64], PreprocessError> {
    match find(columns, name)? {
        ColumnData::Number(values) => Ok(values),
        ColumnData::Text(_) => Err(of_other_kind(name, "text", "it was fitted as numbers")),
        ColumnData::Time(_) => Err(of_other_kind(name, "time", "it was fitted as numbers")),
    }
}

fn texts<'a>(columns: &[&'a Column], name: &str) -> Result<&'a TextColumn, PreprocessError> {
    match find(columns, name)? {
        ColumnData::Text(text) => Ok(text),
        ColumnData::Number(_) => Err(of_other_kind(name, "number", "it was fitted as text")),
        ColumnData::Time(_) => Err(of_other_kind(name, "time", "it was fitted as text")),
    }
}

fn of_other_kind(column: &str, kind: &str, expected: &'static str) -> PreprocessError {
    DataError::ColumnType { column: column.to_owned(), kind: kind.to_owned(), expected }.into()
}
