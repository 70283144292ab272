//! What a model says of each row, as a table: the target if it is known, `prediction` (`predicted`, if the target is called so), of
//! classes a column `probability=<class>` for each, and the columns that were kept beside the features: `kept.<column>`, where a name
//! is taken, such as in the predictions of another model.

use std::collections::HashSet;
use std::path::Path;

use dagwood_tabular::limits::ROW_GROUP_ROWS;
use dagwood_tabular::model::{Model, likeliest};
use dagwood_tabular::parquet::{Layout, Piece, TableWriter};
use dagwood_tabular::{Column, FeatureSpec, Matrix, Target};

use crate::error::EvaluateError;
use crate::judgement::Asked;
use crate::limits::WRITTEN_TOGETHER_MAX;

/// The column of what the model takes a row for.
pub const PREDICTION: &str = "prediction";
/// The same where the target is called so.
pub const OTHER_PREDICTION: &str = "predicted";

/// Writes the table, Parquet, piece by piece. One that cannot be finished is not left behind.
///
/// # Errors
/// It cannot be written, or scores are beyond what a number holds.
pub fn write(path: &Path, asked: &Asked<'_>, target: Option<&Target>, kept: &[Column]) -> Result<(), EvaluateError> {
    let written = write_all(path, asked, target, kept);
    if written.is_err() {
        // The error that matters is the one that there is.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn write_all(path: &Path, asked: &Asked<'_>, target: Option<&Target>, kept: &[Column]) -> Result<(), EvaluateError> {
    let model = asked.model();
    let name = if model.target == PREDICTION { OTHER_PREDICTION } else { PREDICTION };
    let features = columns(model, name, 0, Vec::new()).specs();
    let kept = &distinct(kept, &features, &model.target);
    let target_of = |target| (model.target.as_str(), target);
    let layout = Layout { target: target.map(target_of), features: &features, kept, transform: None };
    let mut writer = TableWriter::create(path, &layout)?;
    let width = model.classes.len().max(1);
    let height = (WRITTEN_TOGETHER_MAX / width).clamp(1, ROW_GROUP_ROWS);
    for start in (0..asked.rows()).step_by(height) {
        let rows = start..(start + height).min(asked.rows());
        let mut said = Vec::with_capacity(rows.len() * width);
        asked.answer(rows.clone(), |_, block| said.extend_from_slice(block))?;
        let target = target.map(|target| target.slice(rows.clone()));
        let kept: Vec<Column> = kept.iter().map(|column| column.pick(rows.clone())).collect();
        let features = columns(model, name, rows.len(), said);
        writer.write(Piece { target: target.as_ref(), features: &features, kept: &kept })?;
    }
    Ok(writer.close()?)
}

/// Columns under other names where theirs are taken.
fn distinct(kept: &[Column], features: &[FeatureSpec], target: &str) -> Vec<Column> {
    let mut taken: HashSet<String> = features.iter().map(|spec| spec.column().to_owned()).collect();
    taken.insert(target.to_owned());
    let renamed = |column: &Column| {
        let mut column = column.clone();
        while !taken.insert(column.name.clone()) {
            column.name.insert_str(0, "kept.");
        }
        column
    };
    kept.iter().map(renamed).collect()
}

/// What the model says of so many rows, as columns; `name` is that of what it takes them for.
fn columns(model: &Model, name: &str, rows: usize, said: Vec<f64>) -> Matrix {
    let mut table = Matrix::with_rows(rows);
    if model.is_regression() {
        table.push(name.into(), said);
        return table;
    }
    let width = model.classes.len();
    table.push_one_hot(name.into(), model.classes.clone(), said.chunks_exact(width).map(likeliest).collect());
    for (place, class) in model.classes.iter().enumerate() {
        let own = said.iter().copied().skip(place).step_by(width).collect();
        table.push(format!("probability={class}"), own);
    }
    table
}
