//! What a model says of each row, as a table: the target if it is known, `prediction` (`predicted`, if the target is called so), and
//! of classes a column `probability=<class>` for each.

use std::path::Path;

use dagwood_tabular::limits::ROW_GROUP_ROWS;
use dagwood_tabular::model::{Model, likeliest};
use dagwood_tabular::parquet::TableWriter;
use dagwood_tabular::{Matrix, Target};

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
pub fn write(path: &Path, model: &Model, asked: &Asked<'_>, target: Option<&Target>) -> Result<(), EvaluateError> {
    let written = write_all(path, model, asked, target);
    if written.is_err() {
        // The error that matters is the one that there is.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn write_all(path: &Path, model: &Model, asked: &Asked<'_>, target: Option<&Target>) -> Result<(), EvaluateError> {
    let columns = piece(model, 0, Vec::new()).specs();
    let mut writer = TableWriter::create(path, target.map(|target| (model.target.as_str(), target)), &columns)?;
    let width = model.classes.len().max(1);
    let height = (WRITTEN_TOGETHER_MAX / width).clamp(1, ROW_GROUP_ROWS);
    for start in (0..asked.rows()).step_by(height) {
        let rows = start..(start + height).min(asked.rows());
        let mut said = Vec::with_capacity(rows.len() * width);
        asked.answer(rows.clone(), |_, block| said.extend_from_slice(block))?;
        let target = target.map(|target| target.slice(rows.clone()));
        writer.write(target.as_ref(), &piece(model, rows.len(), said))?;
    }
    Ok(writer.close()?)
}

/// What the model says of so many rows, as columns.
fn piece(model: &Model, rows: usize, said: Vec<f64>) -> Matrix {
    let name = if model.target == PREDICTION { OTHER_PREDICTION } else { PREDICTION };
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
