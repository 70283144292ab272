//! Which column plays which part.

use std::collections::HashSet;

use dagwood_tabular::csv::{CsvFile, Wanted, looks_like_number};
use dagwood_tabular::wording::quoted;
use dagwood_tabular::{ColumnData, DataError, Table};

use crate::error::PreprocessError;
use crate::limits::ROW_NUMBER_MIN_ROWS;
use crate::params::Params;

/// Why a column is not among the features though nobody asked for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It counts the rows: 1, 2, 3 and so on.
    RowNumber,
    /// Every row has a text of its own.
    Identifier,
    /// The training part has nothing but gaps there.
    AllMissing,
    /// The training part has one value only.
    Constant,
}

impl Reason {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::RowNumber => "it numbers the rows",
            Self::Identifier => "every row has a text of its own",
            Self::AllMissing => "it is empty in the training part",
            Self::Constant => "it has one value only in the training part",
        }
    }
}

/// The columns to be read: first the target, then the features asked for, in the file's order unless the params give another.
///
/// # Errors
/// A column that the params name is not there, or plays two parts.
pub fn choose(file: &CsvFile, params: &Params) -> Result<Vec<Wanted>, PreprocessError> {
    let header = file.header();
    if !header.contains(&params.target) {
        return Err(absent_target(header, &params.target));
    }
    let asked = params.features.iter().flatten();
    let named = asked.chain(&params.drop).chain(&params.categorical).chain(params.missing.columns.keys());
    for name in named {
        if !header.contains(name) {
            return Err(DataError::ColumnAbsent { column: name.clone(), columns: header.to_vec() }.into());
        }
    }
    check_parts(params)?;
    let dropped = params.drop.iter().collect::<HashSet<_>>();
    let features = params.features.as_deref().unwrap_or(header);
    let features = features.iter().filter(|name| **name != params.target && !dropped.contains(name));
    let wanted = std::iter::once(&params.target).chain(features);
    let wanted = wanted.map(|name| Wanted { name: name.clone(), as_text: params.categorical.contains(name) });
    let wanted = wanted.collect::<Vec<_>>();
    if wanted.len() < 2 {
        return Err(PreprocessError::NoFeatures {
            why: "the table has no column beside the target and those dropped".into(),
        });
    }
    Ok(wanted)
}

fn check_parts(params: &Params) -> Result<(), PreprocessError> {
    if params.drop.contains(&params.target) {
        return Err(PreprocessError::params("drop", format!("names the target {}", quoted(&params.target))));
    }
    let mut seen = HashSet::new();
    for name in params.features.iter().flatten() {
        if *name == params.target {
            return Err(PreprocessError::params("features", format!("names the target {}", quoted(name))));
        }
        if !seen.insert(name) {
            return Err(PreprocessError::params("features", format!("names {} twice", quoted(name))));
        }
    }
    Ok(())
}

/// The target is missing; a file without a header, or another delimiter, is the likeliest reason.
fn absent_target(header: &[String], target: &str) -> PreprocessError {
    if let Some(number) = header.iter().find(|name| looks_like_number(name)) {
        let why = format!("{} is a number, and {} is not in it", quoted(number), quoted(target));
        return DataError::NoHeader { why }.into();
    }
    let hint = match header {
        [only] if only.contains([';', '\t', '|']) => "; the header is one column: is `delimiter` right?",
        _ => "",
    };
    let source = DataError::ColumnAbsent { column: target.to_owned(), columns: header.to_vec() };
    PreprocessError::TargetAbsent { hint: hint.to_owned(), source }
}

/// The columns beside the target that only number or name the rows. In a sorted file such a column gives the target away, and on
/// new data it says nothing.
pub fn row_names(table: &Table, target: &str) -> Vec<(String, Reason)> {
    let features = table.columns().iter().filter(|column| column.name != target);
    let judged = features.filter_map(|column| Some((column.name.clone(), names_rows(&column.data)?)));
    if table.rows() < ROW_NUMBER_MIN_ROWS { Vec::new() } else { judged.collect() }
}

fn names_rows(data: &ColumnData) -> Option<Reason> {
    match data {
        ColumnData::Number(values) => {
            values.windows(2).all(|pair| pair[1] - pair[0] == 1.0).then_some(Reason::RowNumber)
        }
        ColumnData::Text(text) => (text.levels.len() == text.codes.len()).then_some(Reason::Identifier),
    }
}
