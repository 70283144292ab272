//! From a file to files.

use std::collections::BTreeMap;
use std::path::Path;

use dagwood_tabular::convert::read_as;
use dagwood_tabular::json::write_json;
use dagwood_tabular::wording::{count, quoted};
use dagwood_tabular::{
    Column, ColumnData, DataError, FeatureSpec, Labels, Mixed, Notation, Table, TableFile, Target, Wanted,
};

use crate::columns::{self, Plan, Reason};
use crate::derive::dates;
use crate::error::PreprocessError;
use crate::limits::REPORTED_COLUMNS_MAX;
use crate::params::{ColumnType, DatePart, Params};
use crate::patterns::of;
use crate::pieces::{self, Rows};
use crate::profile::Profile;
use crate::report::{DroppedColumn, Prepared, Summary};
use crate::rows::{self, Kept};
use crate::split::{self, Split};
use crate::target;
use crate::transform::{
    DroppedEntry, FORMAT, Learnt, ReadEntry, SplitEntry, TargetEntry, Transform, TransformFile, Unseen, VERSION,
    identify,
};

/// Where the results go.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The training part, Parquet.
    pub train: &'a Path,
    /// The test part, Parquet.
    pub test: &'a Path,
    /// The fitted transformation, JSON.
    pub transform: &'a Path,
    /// The profile, JSON.
    pub profile: &'a Path,
    /// The profile as a picture, SVG.
    pub profile_plot: &'a Path,
}

/// What is known before the parts are written.
struct Work {
    /// Of the rows that are kept.
    target: Target,
    kept: Kept,
    /// Places among the rows that are kept.
    split: Split,
    stratified: bool,
    transform: Transform,
    read: Vec<ReadEntry>,
    dropped: Vec<(String, Reason)>,
}

/// Prepares the CSV or Parquet file at `data`. `seed` is used if the params name none.
///
/// # Errors
/// The file or the params are wrong, the table is not one to learn from, or a result cannot be written.
pub fn preprocess(data: &Path, files: Files<'_>, params: &Params, seed: u64) -> Result<Prepared, PreprocessError> {
    params.check()?;
    let seed = params.seed.unwrap_or(seed);
    let file = TableFile::open(data, params.csv_options()?)?;
    let plan = Plan::new(file.header(), params)?;
    let table = made(file.read(&plan.read)?, &plan, &params.types)?;
    if params.profile {
        Profile::new(&table).write(files.profile, files.profile_plot)?;
    }
    let work = work(&table, &plan, params, seed)?;
    write_json(files.transform, &transform_file(&work, &plan, params, seed))?;
    let unseen = write_parts(files, &table, &plan, &work, params)?;
    let warnings = mixed(&table).into_iter().chain(warnings(&work, &unseen, params)).collect();
    Ok(Prepared { summary: summary(table.rows(), &work), warnings })
}

/// The table with the columns that are made of its own.
pub(crate) fn made(
    mut table: Table,
    plan: &Plan,
    types: &BTreeMap<String, ColumnType>,
) -> Result<Table, PreprocessError> {
    for (column, parts) in &plan.date_parts {
        for part in parts {
            let Some(times) = table.column(column) else { continue };
            for made in dates::take(times, *part)? {
                table.push(typed(made, types)?);
            }
        }
    }
    for formula in &plan.derived {
        let columns: Vec<&Column> = formula.variables.iter().filter_map(|name| table.column(name)).collect();
        let made = formula.evaluate(&columns, table.rows())?;
        table.push(typed(made, types)?);
    }
    Ok(table)
}

/// A column that was made, as what the params say that it is.
fn typed(column: Column, types: &BTreeMap<String, ColumnType>) -> Result<Column, PreprocessError> {
    let Some(kind) = of(types, &column.name) else { return Ok(column) };
    let data = read_as(&column.name, column.data, kind.kind(), &Notation::default())?;
    Ok(Column { name: column.name, data })
}

fn work(table: &Table, plan: &Plan, params: &Params, seed: u64) -> Result<Work, PreprocessError> {
    let mut dropped = plan.dropped.clone();
    let nothing = columns::say_nothing(table, &plan.features);
    // What somebody asked for by its name is kept, if it can be.
    let asked = |name: &String| params.features.as_ref().is_some_and(|asked| asked.contains(name));
    let is_hopeless = |reason: Reason| matches!(reason, Reason::Time | Reason::AllMissing);
    dropped.extend(nothing.into_iter().filter(|(name, reason)| is_hopeless(*reason) || !asked(name)));
    let target_column = table.column(&params.target).ok_or(DataError::NoRows)?;
    target::check_mixed(table, params)?;
    let features = |dropped: &[(String, Reason)]| -> Vec<&Column> {
        let is_feature = |name: &&String| dropped.iter().all(|(other, _)| other != *name);
        plan.features.iter().filter(is_feature).filter_map(|name| table.column(name)).collect()
    };
    let dropping = rows::dropping(&features(&dropped), params);
    dropped.extend(columns::drop_for_nothing(table, target_column, &dropping));
    loop {
        let features = features(&dropped);
        if features.is_empty() {
            return Err(PreprocessError::NoFeatures { why: columns::why_none(&dropped) });
        }
        let kept = rows::keep(table, target_column, &features, params);
        if kept.rows.len() < 2 {
            return Err(too_few_rows(table, target_column, &features, &kept, params));
        }
        let tried = fitted(table, &features, &kept, params, seed);
        let Fit { target, split, stratified, learnt } = tried.map_err(|source| match kept.with_gaps {
            0 => source,
            rows => {
                let gaps = rows::most_gaps(table, &rows::dropping(&features, params));
                PreprocessError::AfterGaps { rows, gaps, source: Box::new(source) }
            }
        })?;
        let dropping = rows::dropping(&features, params);
        let is_dropping = |(name, _): &&(String, Reason)| dropping.iter().any(|column| column.name == *name);
        let again: Vec<_> = learnt.dropped.iter().filter(is_dropping).cloned().collect();
        if kept.with_gaps == 0 || again.is_empty() {
            dropped.extend(learnt.dropped);
            let transform = learnt.transform;
            return Ok(Work { target, kept, split, stratified, transform, read: read(table, plan), dropped });
        }
        // The gaps of a column that is no feature must not drop rows; the others may say something in those rows.
        dropped.extend(again);
    }
}

/// What came of fitting the rows that are kept.
struct Fit {
    target: Target,
    split: Split,
    stratified: bool,
    learnt: Learnt,
}

fn fitted(
    table: &Table,
    features: &[&Column],
    kept: &Kept,
    params: &Params,
    seed: u64,
) -> Result<Fit, PreprocessError> {
    let column = table.column(&params.target).ok_or(DataError::NoRows)?;
    let target = target::target(column, &kept.rows, params.target_kind)?;
    let times = times(table, &kept.rows, params)?;
    let (split, stratified) = split(&target, times.as_deref(), params, seed)?;
    let learnt = Transform::fit(features, &pick(&kept.rows, &split.train), params)?;
    Ok(Fit { target, split, stratified, learnt })
}

fn too_few_rows(table: &Table, target: &Column, features: &[&Column], kept: &Kept, params: &Params) -> PreprocessError {
    let time = params.split_by.as_ref().and_then(|name| table.column(name));
    let mut columns = rows::dropping(features, params);
    columns.extend(std::iter::once(target).chain(time));
    let gaps = rows::most_gaps(table, &columns);
    PreprocessError::TooFewRows { rows: kept.rows.len(), target: params.target.clone(), gaps }
}

/// What the columns of the file held that were read.
fn read(table: &Table, plan: &Plan) -> Vec<ReadEntry> {
    let entry = |wanted: &Wanted| {
        let kind = ColumnType::of(&table.column(&wanted.name)?.data);
        Some(ReadEntry { column: wanted.name.clone(), kind })
    };
    plan.read.iter().filter_map(entry).collect()
}

/// The times by which the rows are split, if they are.
fn times(table: &Table, rows: &[usize], params: &Params) -> Result<Option<Vec<i64>>, PreprocessError> {
    let Some(column) = params.split_by.as_ref().and_then(|name| table.column(name)) else { return Ok(None) };
    match &column.data {
        ColumnData::Time(times) => Ok(Some(pick(times, rows))),
        ColumnData::Number(_) | ColumnData::Text(_) => {
            let why = format!(
                "names {}, which is not a column of times such as 2001-01-31: `time_formats` says how else they are written",
                quoted(&column.name)
            );
            Err(PreprocessError::params("split_by", why))
        }
    }
}

fn split(target: &Target, times: Option<&[i64]>, params: &Params, seed: u64) -> Result<(Split, bool), PreprocessError> {
    if let Some(times) = times {
        let column = || params.split_by.clone().unwrap_or_default();
        let split = split::by_time(times, params.test_fraction);
        return Ok((split.ok_or_else(|| PreprocessError::OneTime { column: column() })?, false));
    }
    match target {
        Target::Classes(labels) if params.stratify.unwrap_or(true) => {
            Ok((split::stratified(labels, params.test_fraction, seed), true))
        }
        Target::Classes(labels) => Ok((split::random(labels.codes.len(), params.test_fraction, seed), false)),
        Target::Numbers(_) if params.stratify == Some(true) => {
            Err(PreprocessError::params("stratify", "needs a target of classes, and this one is a number"))
        }
        Target::Numbers(values) => Ok((split::random(values.len(), params.test_fraction, seed), false)),
    }
}

fn pick<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|place| values[*place]).collect()
}

/// The target of these of the rows that are kept.
fn part(target: &Target, rows: &[usize]) -> Target {
    match target {
        Target::Classes(labels) => {
            Target::Classes(Labels { classes: labels.classes.clone(), codes: pick(&labels.codes, rows) })
        }
        Target::Numbers(values) => Target::Numbers(pick(values, rows)),
    }
}

fn transform_file(work: &Work, plan: &Plan, params: &Params, seed: u64) -> TransformFile {
    let dropped =
        |(column, reason): &(String, Reason)| DroppedEntry { column: column.clone(), reason: reason.text().to_owned() };
    TransformFile {
        format: FORMAT.into(),
        version: VERSION,
        fitted_by: concat!("preprocess ", env!("CARGO_PKG_VERSION")).into(),
        target: TargetEntry { column: params.target.clone(), classes: classes(&work.target).map(<[String]>::to_vec) },
        split: SplitEntry {
            seed,
            test_fraction: params.test_fraction,
            stratified: work.stratified,
            by: params.split_by.clone(),
        },
        missing_values: params.missing_values.clone(),
        time_formats: params.time_formats.clone(),
        read: work.read.clone(),
        date_parts: by_column(&plan.date_parts),
        derive: plan.derived.iter().map(|formula| (formula.name.clone(), formula.text.clone())).collect(),
        types: params.types.clone(),
        columns: work.transform.columns().to_vec(),
        dropped_columns: work.dropped.iter().map(dropped).collect(),
        features: work.transform.specs().iter().flat_map(FeatureSpec::names).collect(),
    }
}

/// Writes both parts. Gives the texts for testing that were not seen while fitting.
fn write_parts(
    files: Files<'_>,
    table: &Table,
    plan: &Plan,
    work: &Work,
    params: &Params,
) -> Result<Vec<Unseen>, PreprocessError> {
    let transform = identify(files.transform)?;
    let features: Vec<&Column> =
        work.transform.columns().iter().filter_map(|fitted| table.column(fitted.column())).collect();
    let kept: Vec<&Column> = plan.kept.iter().filter_map(|name| table.column(name)).collect();
    let write = |path: &Path, places: &[usize]| {
        let (rows, target) = (pick(&work.kept.rows, places), part(&work.target, places));
        let target = Some((params.target.as_str(), &target));
        let rows = Rows { features: &features, kept: &kept, rows: &rows, target, transform: &transform };
        pieces::write(path, &work.transform, &rows)
    };
    write(files.train, &work.split.train)?;
    write(files.test, &work.split.test)
}

/// What is taken out of each column, which a name and a pattern may have said together.
fn by_column(date_parts: &[(String, Vec<DatePart>)]) -> BTreeMap<String, Vec<DatePart>> {
    let mut all: BTreeMap<String, Vec<DatePart>> = BTreeMap::new();
    for (column, parts) in date_parts {
        all.entry(column.clone()).or_default().extend(parts);
    }
    all
}

fn classes(target: &Target) -> Option<&[String]> {
    match target {
        Target::Classes(labels) => Some(&labels.classes),
        Target::Numbers(_) => None,
    }
}

fn summary(rows: usize, work: &Work) -> Summary {
    let dropped = work.dropped.iter().take(REPORTED_COLUMNS_MAX);
    Summary {
        rows,
        prepared_rows: None,
        train_rows: work.split.train.len(),
        test_rows: work.split.test.len(),
        dropped_rows: work.kept.without_target + work.kept.with_gaps + work.kept.without_time,
        features: work.transform.specs().iter().map(FeatureSpec::width).sum(),
        classes: classes(&work.target).map(<[String]>::len),
        dropped_columns: dropped
            .map(|(column, reason)| DroppedColumn { column: column.clone(), reason: reason.text().into() })
            .collect(),
    }
}

/// Columns that may not be what somebody thinks.
fn mixed(table: &Table) -> Vec<String> {
    let told = |Mixed { column, place, cell }: &Mixed| {
        let (column, cell) = (quoted(column), quoted(cell));
        format!(
            "column {column} is taken for texts, though most of it is numbers: {place} holds {cell}; if that is a gap, add it to `missing_values`"
        )
    };
    table.mixed().iter().map(told).collect()
}

fn warnings(work: &Work, unseen: &[Unseen], params: &Params) -> Vec<String> {
    let mut warnings = Vec::new();
    for (column, reason) in &work.dropped {
        warnings.push(format!("column {} is left out: {}", quoted(column), reason.text()));
    }
    if work.kept.without_target > 0 {
        let rows = count(work.kept.without_target, "row");
        warnings.push(format!("{rows} dropped: no target {}", quoted(&params.target)));
    }
    if work.kept.with_gaps > 0 {
        warnings.push(format!("{} dropped: a gap in a column with `drop`", count(work.kept.with_gaps, "row")));
    }
    if work.kept.without_time > 0 {
        warnings.push(format!("{} dropped: no time to split them by", count(work.kept.without_time, "row")));
    }
    warnings.extend(unseen.iter().map(|unseen| format!("for testing: {unseen}")));
    if let Target::Classes(labels) = &work.target {
        for (rows, doing) in [(&work.split.train, "training"), (&work.split.test, "testing")] {
            let counts = Labels { classes: labels.classes.clone(), codes: pick(&labels.codes, rows) }.counts();
            for (class, _) in labels.classes.iter().zip(counts).filter(|(_, rows)| *rows == 0) {
                warnings.push(format!("class {} has no row for {doing}", quoted(class)));
            }
        }
    }
    warnings
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
