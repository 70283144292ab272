//! New rows, treated as those were that a model was trained on.

use std::path::Path;

use dagwood_tabular::csv::CsvOptions;
use dagwood_tabular::wording::{count, quoted};
use dagwood_tabular::{Column, FeatureSpec, Table, TableFile, Target};

use crate::columns::Plan;
use crate::error::PreprocessError;
use crate::params::Params;
use crate::pieces::{self, Rows};
use crate::pipeline::made;
use crate::report::{Prepared, Summary};
use crate::rows::most_gaps;
use crate::target;
use crate::transform::{Transform, TransformFile, identify};

/// Treats the CSV or Parquet file at `data` as the transformation says, and writes all its rows to `prepared`, Parquet: with the target,
/// if it is there in every row.
///
/// # Errors
/// The files or the params are wrong, the table lacks a column or has one of another kind, or the result cannot be written.
pub fn treat(data: &Path, transform: &Path, prepared: &Path, params: &Params) -> Result<Prepared, PreprocessError> {
    params.check()?;
    let recorded = TransformFile::read(transform)?;
    check(params, &recorded)?;
    let file = TableFile::open(data, reading(params, &recorded)?)?;
    let mut warnings = Vec::new();
    let plan = Plan::recorded(file.header(), &recorded, params, true)?;
    let read = |plan: &Plan| made(file.read(&plan.read)?, plan, &recorded.types);
    let (plan, table) = match read(&plan) {
        Err(error) if is_of_target(&error, &plan, &recorded) => {
            // Nobody needs the target of new rows.
            warnings.push(left_out(&recorded, &error.to_string()));
            let plan = Plan::recorded(file.header(), &recorded, params, false)?;
            let table = read(&plan)?;
            (plan, table)
        }
        read => (plan, read?),
    };
    let dropping = recorded.columns.iter().filter(|fitted| fitted.drops_gaps());
    let dropping: Vec<&Column> = dropping.filter_map(|fitted| table.column(fitted.column())).collect();
    let rows: Vec<usize> =
        (0..table.rows()).filter(|row| !dropping.iter().any(|column| column.data.is_gap(*row))).collect();
    if rows.is_empty() {
        return Err(PreprocessError::NoRowsLeft { gaps: most_gaps(&table, &dropping) });
    }
    let target = known_target(&table, &rows, &recorded, &mut warnings);
    if rows.len() < table.rows() {
        let dropped = count(table.rows() - rows.len(), "row");
        warnings.push(format!("{dropped} dropped: a gap in a column whose gaps drop rows"));
    }
    let learnt = Transform::recorded(recorded.columns.clone());
    let columns = |names: &[String]| -> Vec<&Column> { names.iter().filter_map(|name| table.column(name)).collect() };
    let what = Rows {
        features: &columns(&plan.features),
        kept: &columns(&plan.kept),
        rows: &rows,
        target: target.as_ref().map(|target| (recorded.target.column.as_str(), target)),
        transform: &identify(transform)?,
    };
    let unseen = pieces::write(prepared, &learnt, &what)?;
    warnings.extend(unseen.iter().map(ToString::to_string));
    let summary = Summary {
        rows: table.rows(),
        prepared_rows: Some(rows.len()),
        train_rows: 0,
        test_rows: 0,
        dropped_rows: table.rows() - rows.len(),
        features: learnt.specs().iter().map(FeatureSpec::width).sum(),
        classes: recorded.target.classes.as_ref().map(Vec::len),
        dropped_columns: Vec::new(),
    };
    Ok(Prepared { summary, warnings })
}

/// How the file is read: as the one was that the transformation was fitted on, and what the params add to that.
fn reading(params: &Params, recorded: &TransformFile) -> Result<CsvOptions, PreprocessError> {
    let mut options = params.csv_options()?;
    let plain = Params::new(&params.target);
    let added = if params.missing_values == plain.missing_values { Vec::new() } else { options.missing_values };
    options.missing_values = recorded.missing_values.iter().cloned().chain(added).collect();
    options.time_formats = recorded.time_formats.iter().cloned().chain(options.time_formats).collect();
    Ok(options)
}

/// Whether it is only the target that cannot be read.
fn is_of_target(error: &PreprocessError, plan: &Plan, recorded: &TransformFile) -> bool {
    match error {
        PreprocessError::Data(error) => error.column().is_some_and(|column| plan.of_target.contains(column)),
        PreprocessError::Params { param, .. } => *param == format!("derive.{}", recorded.target.column),
        _others => false,
    }
}

fn left_out(recorded: &TransformFile, why: &str) -> String {
    format!("the target {} is left out: {why}", quoted(&recorded.target.column))
}

/// Whether the params leave to the transformation what is its business.
fn check(params: &Params, recorded: &TransformFile) -> Result<(), PreprocessError> {
    if let Some(param) = params.set().first() {
        return Err(PreprocessError::params(
            *param,
            "does not go with the input `transform`, which says all but how the file is read",
        ));
    }
    if params.target != recorded.target.column {
        let why =
            format!("is {}, and the transformation is for {}", quoted(&params.target), quoted(&recorded.target.column));
        return Err(PreprocessError::params("target", why));
    }
    Ok(())
}

/// The target of these rows, if the table has it and none of them is a gap.
fn known_target(table: &Table, rows: &[usize], recorded: &TransformFile, warnings: &mut Vec<String>) -> Option<Target> {
    let column = table.column(&recorded.target.column)?;
    let gaps = rows.iter().filter(|row| column.data.is_gap(**row)).count();
    let known = match gaps {
        0 => target::known(column, rows, recorded.target.classes.is_some()).map_err(|error| error.to_string()),
        _some => Err(format!("{} without it", count(gaps, "row"))),
    };
    known.map_err(|why| warnings.push(left_out(recorded, &why))).ok()
}

#[cfg(test)]
#[path = "treat_tests.rs"]
mod tests;
