//! The target's values: classes or numbers.

use std::collections::{BTreeSet, HashMap};

use dagwood_tabular::limits::CLASSES_MAX;
use dagwood_tabular::{Column, ColumnData, Labels, Mixed, Table, Target, TextColumn};

use crate::error::PreprocessError;
use crate::limits::NUMERIC_CLASSES_MAX;
use crate::params::{Params, TargetKind};

/// The target in the rows given, none of which is a gap.
///
/// # Errors
/// One class only, about as many classes as rows, or text that was to be a number.
pub fn target(column: &Column, rows: &[usize], kind: Option<TargetKind>) -> Result<Target, PreprocessError> {
    let target = values(column, rows, kind.unwrap_or_else(|| guess(&column.data, rows)))?;
    if let Target::Classes(labels) = &target {
        check_classes(&column.name, labels)?;
    }
    Ok(target)
}

/// Whether the target is of one kind, if nobody said of which it is to be.
///
/// # Errors
/// It is numbers but for some texts.
pub fn check_mixed(table: &Table, params: &Params) -> Result<(), PreprocessError> {
    let mixed = table.mixed().iter().find(|mixed| mixed.column == params.target);
    match mixed.filter(|_| params.target_kind.is_none()) {
        None => Ok(()),
        Some(Mixed { column, place, cell }) => {
            Err(PreprocessError::TargetIsMixed { target: column.clone(), place: *place, cell: cell.clone() })
        }
    }
}

fn values(column: &Column, rows: &[usize], kind: TargetKind) -> Result<Target, PreprocessError> {
    let labels = match (&column.data, kind) {
        (ColumnData::Number(values), TargetKind::Numeric) => {
            return Ok(Target::Numbers(rows.iter().map(|row| values[*row]).collect()));
        }
        (ColumnData::Text(_), TargetKind::Numeric) => {
            return Err(PreprocessError::TargetIsText { target: column.name.clone() });
        }
        (ColumnData::Time(_), TargetKind::Numeric | TargetKind::Categorical) => {
            return Err(PreprocessError::TargetIsTime { target: column.name.clone() });
        }
        (ColumnData::Number(values), TargetKind::Categorical) => {
            labels(&TextColumn::of(rows.iter().map(|row| Some(number_label(values[*row])))))
        }
        (ColumnData::Text(text), TargetKind::Categorical) => {
            let codes = rows.iter().map(|row| text.codes[*row]).collect();
            labels(&TextColumn { levels: text.levels.clone(), codes })
        }
    };
    Ok(Target::Classes(labels))
}

/// The target of rows that are not trained on, none of which is a gap: of classes, or a number.
///
/// # Errors
/// A text that should be a number, or a time.
pub fn known(column: &Column, rows: &[usize], is_classes: bool) -> Result<Target, PreprocessError> {
    let kind = if is_classes { TargetKind::Categorical } else { TargetKind::Numeric };
    values(column, rows, kind)
}

/// The texts that are met, as classes.
fn labels(text: &TextColumn) -> Labels {
    let mut is_met = vec![false; text.levels.len()];
    text.codes.iter().for_each(|code| is_met[*code as usize] = true);
    let met: Vec<&String> = text.levels.iter().zip(&is_met).filter(|(_, met)| **met).map(|(level, _)| level).collect();
    let classes = Labels::new(&met).classes;
    let places: HashMap<&String, u32> = classes.iter().zip(0..).collect();
    let place = |level: &String| places.get(level).copied().unwrap_or_default();
    let by_level: Vec<u32> = text.levels.iter().map(place).collect();
    Labels { codes: text.codes.iter().map(|code| by_level[*code as usize]).collect(), classes }
}

/// Text is classes, and so are few whole numbers.
fn guess(data: &ColumnData, rows: &[usize]) -> TargetKind {
    let ColumnData::Number(values) = data else { return TargetKind::Categorical };
    let mut distinct = BTreeSet::new();
    for row in rows {
        let value = values[*row];
        distinct.insert(value.to_bits());
        if value.fract() != 0.0 || distinct.len() > NUMERIC_CLASSES_MAX {
            return TargetKind::Numeric;
        }
    }
    TargetKind::Categorical
}

/// `1` for 1.0, so that `1` and `1.0` in a file are one class. Minus zero is zero.
fn number_label(value: f64) -> String {
    (value + 0.0).to_string()
}

fn check_classes(target: &str, labels: &Labels) -> Result<(), PreprocessError> {
    let (classes, rows) = (labels.classes.len(), labels.codes.len());
    match &labels.classes[..] {
        [class] => Err(PreprocessError::OneClass { target: target.to_owned(), class: class.clone() }),
        _ if classes > CLASSES_MAX || classes == rows => {
            Err(PreprocessError::TooManyClasses { target: target.to_owned(), classes, rows })
        }
        _ => Ok(()),
    }
}
