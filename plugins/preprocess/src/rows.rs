//! Which rows stay.

use dagwood_tabular::wording::{count, quoted};
use dagwood_tabular::{Column, ColumnData, Table};

use crate::limits::REPORTED_GAPS_MAX;
use crate::params::{Params, Policy};
use crate::patterns::of;

/// The rows that stay, and how many were dropped and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The rows that stay, in order.
    pub rows: Vec<usize>,
    /// Rows without a target.
    pub without_target: usize,
    /// Rows with a gap in a column whose policy is to drop them.
    pub with_gaps: usize,
    /// Rows without the time by which they would be split.
    pub without_time: usize,
}

/// What becomes of gaps in this column.
pub fn policy<'a>(params: &'a Params, column: &Column) -> &'a Policy {
    of(&params.missing.columns, &column.name).unwrap_or(match column.data {
        ColumnData::Number(_) | ColumnData::Time(_) => &params.missing.numeric,
        ColumnData::Text(_) => &params.missing.categorical,
    })
}

/// Which of these columns have gaps in the most rows, and in how many, for a message.
pub fn most_gaps(table: &Table, columns: &[&Column]) -> String {
    let gaps = |column: &&Column| (0..table.rows()).filter(|row| column.data.is_gap(*row)).count();
    let mut counted: Vec<(usize, &str)> =
        columns.iter().map(|column| (gaps(column), column.name.as_str())).filter(|(gaps, _)| *gaps > 0).collect();
    counted.sort_by_key(|(gaps, _)| std::cmp::Reverse(*gaps));
    let told = |(gaps, name): &(usize, &str)| format!("{} in {}", quoted(name), count(*gaps, "row"));
    counted.iter().take(REPORTED_GAPS_MAX).map(told).collect::<Vec<_>>().join(", ")
}

/// The columns whose gaps drop rows.
pub fn dropping<'a>(features: &[&'a Column], params: &Params) -> Vec<&'a Column> {
    features.iter().copied().filter(|column| *policy(params, column) == Policy::Drop).collect()
}

/// The rows that have a target and, if they are split by it, a time, and no gap in a column of `features` whose policy is
/// [`Policy::Drop`].
pub fn keep(table: &Table, target: &Column, features: &[&Column], params: &Params) -> Kept {
    let time = params.split_by.as_ref().and_then(|name| table.column(name));
    let dropping = dropping(features, params);
    let mut kept = Kept::default();
    for row in 0..table.rows() {
        if target.data.is_gap(row) {
            kept.without_target += 1;
        } else if time.is_some_and(|time| time.data.is_gap(row)) {
            kept.without_time += 1;
        } else if dropping.iter().any(|column| column.data.is_gap(row)) {
            kept.with_gaps += 1;
        } else {
            kept.rows.push(row);
        }
    }
    kept
}
