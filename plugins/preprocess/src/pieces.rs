//! Prepared rows as a file, piece by piece: all of them together would take as much memory as the table, which is still there.

use std::path::Path;

use dagwood_tabular::limits::ROW_GROUP_ROWS;
use dagwood_tabular::parquet::{Layout, Piece, TableWriter};
use dagwood_tabular::{Column, Target};

use crate::error::PreprocessError;
use crate::transform::{Transform, Unseen};

/// Rows to be written.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The columns that features are made of.
    pub features: &'a [&'a Column],
    /// Columns that are written as they are.
    pub kept: &'a [&'a Column],
    /// Which rows of them.
    pub rows: &'a [usize],
    /// The target's name, and its value for each of these rows.
    pub target: Option<(&'a str, &'a Target)>,
    /// What identifies the transformation.
    pub transform: &'a str,
}

/// Writes rows as they are transformed. Gives the texts in them that were not seen while fitting.
///
/// # Errors
/// A column that it was fitted on is missing or of another kind, or the file cannot be written.
pub fn write(path: &Path, transform: &Transform, what: &Rows<'_>) -> Result<Vec<Unseen>, PreprocessError> {
    let pick =
        |rows: &[usize]| -> Vec<Column> { what.kept.iter().map(|column| column.pick(rows.iter().copied())).collect() };
    let (features, kinds) = (transform.specs(), pick(&[]));
    let layout = Layout { target: what.target, features: &features, kept: &kinds, transform: Some(what.transform) };
    let mut writer = TableWriter::create(path, &layout)?;
    let mut unseen = Vec::new();
    for (place, rows) in what.rows.chunks(ROW_GROUP_ROWS).enumerate() {
        let start = place * ROW_GROUP_ROWS;
        let applied = transform.apply(what.features, rows)?;
        Unseen::add(&mut unseen, applied.unseen);
        let target = what.target.map(|(_, target)| target.slice(start..start + rows.len()));
        writer.write(Piece { target: target.as_ref(), features: &applied.features, kept: &pick(rows) })?;
    }
    writer.close()?;
    Ok(unseen)
}
