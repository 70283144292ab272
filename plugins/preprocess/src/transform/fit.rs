//! Learning from the rows for training.

use std::collections::{BTreeMap, HashSet};

use dagwood_tabular::wording::quoted;
use dagwood_tabular::{Column, ColumnData, TextColumn};

use super::{Fitted, Learnt, RARE, Transform, statistics};
use crate::columns::{Reason, why_none};
use crate::error::PreprocessError;
use crate::params::{Coding, Constant, Params, Policy, Scale};
use crate::patterns::of;
use crate::rows::policy;

/// What came of looking at one column.
type Found = Result<Result<Fitted, Reason>, PreprocessError>;

pub(super) fn fit(columns: &[&Column], rows: &[usize], params: &Params) -> Result<Learnt, PreprocessError> {
    let mut fitted = Vec::new();
    let mut dropped = Vec::new();
    for column in columns {
        let missing = policy(params, column).clone();
        let found = match &column.data {
            ColumnData::Number(_) if params.encode.columns.contains_key(&column.name) => {
                let why = format!("is for texts, and the column holds numbers: {}", as_category(&column.name));
                return Err(PreprocessError::params(format!("encode.columns.{}", column.name), why));
            }
            ColumnData::Number(values) => fit_numbers(&column.name, values, rows, missing, params.scale)?,
            ColumnData::Text(text) => fit_texts(&column.name, text, rows, missing, params)?,
            ColumnData::Time(_) => Err(Reason::Time),
        };
        match found {
            Ok(learnt) => fitted.push(learnt),
            Err(reason) => dropped.push((column.name.clone(), reason)),
        }
    }
    check_names(&fitted)?;
    if fitted.is_empty() {
        return Err(PreprocessError::NoFeatures { why: why_none(&dropped) });
    }
    Ok(Learnt { transform: Transform { columns: fitted }, dropped })
}

fn check_names(fitted: &[Fitted]) -> Result<(), PreprocessError> {
    let mut seen = HashSet::new();
    for name in fitted.iter().flat_map(|fitted| fitted.spec().names()) {
        if !seen.insert(name.clone()) {
            return Err(PreprocessError::NameTwice { name });
        }
    }
    Ok(())
}

fn fit_numbers(column: &str, values: &[f64], rows: &[usize], missing: Policy, scale: Scale) -> Found {
    let mut present = rows.iter().map(|row| values[*row]).collect::<Vec<_>>();
    let count = present.len();
    present.retain(|value| !value.is_nan());
    if present.is_empty() {
        return Ok(Err(Reason::AllMissing));
    }
    let fill = match &missing {
        Policy::Mean => Some(statistics::mean(&present)),
        Policy::Median => Some(statistics::median(&present)),
        Policy::Mode => Some(statistics::mode(&present)),
        Policy::Drop => None,
        Policy::Constant(Constant::Number(value)) => Some(*value),
        Policy::Constant(Constant::Text(_)) => {
            return Err(misfit(column, "holds numbers, and cannot be filled with a text"));
        }
    };
    if let Some(fill) = fill {
        present.resize(count, fill);
    }
    if present.iter().all(|value| *value == present[0]) {
        return Ok(Err(Reason::Constant));
    }
    let (center, width) = match scale {
        Scale::None => (0.0, 0.0),
        Scale::Standard => {
            let mean = statistics::mean(&present);
            (mean, statistics::std(&present, mean))
        }
        Scale::MinMax => {
            let (least, most) = statistics::range(&present);
            (least, most - least)
        }
    };
    let is_scaled = width.is_finite() && width > 0.0;
    let [center, width] = [center, width].map(|value| is_scaled.then_some(value));
    Ok(Ok(Fitted::Numeric { column: column.to_owned(), missing, fill, center, width }))
}

fn fit_texts(column: &str, text: &TextColumn, rows: &[usize], missing: Policy, params: &Params) -> Found {
    let mut by_level = vec![0_usize; text.levels.len()];
    for row in rows {
        if let Some(count) = by_level.get_mut(text.codes[*row] as usize) {
            *count += 1;
        }
    }
    let levels = text.levels.iter().map(String::as_str).zip(by_level);
    let mut counts: BTreeMap<&str, usize> = levels.filter(|(_, count)| *count > 0).collect();
    if counts.is_empty() {
        return Ok(Err(Reason::AllMissing));
    }
    let gaps = rows.len() - counts.values().sum::<usize>();
    let fill = match &missing {
        Policy::Mode => most_frequent(&counts),
        Policy::Drop => None,
        Policy::Constant(Constant::Text(text)) => Some(text.clone()),
        Policy::Constant(Constant::Number(number)) => Some(number.to_string()),
        Policy::Mean | Policy::Median => return Err(misfit(column, "holds text, which has no mean and no median")),
    };
    if let Some(fill) = fill.as_deref().filter(|_| gaps > 0) {
        *counts.entry(fill).or_default() += gaps;
    }
    if counts.len() == 1 {
        return Ok(Err(Reason::Constant));
    }
    let (frequent, rare): (BTreeMap<_, _>, BTreeMap<_, _>) =
        counts.into_iter().partition(|(_, count)| *count >= params.encode.min_count);
    let mut categories: Vec<String> = frequent.into_keys().map(str::to_owned).collect();
    if !rare.is_empty() && !categories.iter().any(|category| category == RARE) {
        categories.push(RARE.to_owned());
        categories.sort();
    }
    if categories.len() == 1 {
        return Ok(Err(Reason::Constant));
    }
    let coding = of(&params.encode.columns, column).copied().unwrap_or(params.encode.categories);
    let limit = params.max_categories;
    if coding == Coding::OneHot && categories.len() > limit {
        let categories = categories.len();
        return Err(PreprocessError::TooManyCategories { column: column.to_owned(), categories, limit });
    }
    Ok(Ok(Fitted::Categorical { column: column.to_owned(), missing, fill, coding, categories }))
}

/// Of several the first in order.
fn most_frequent(counts: &BTreeMap<&str, usize>) -> Option<String> {
    let largest = counts.values().max()?;
    counts.iter().find(|(_, count)| *count == largest).map(|(text, _)| (*text).to_owned())
}

/// How to have a column of numbers as one of categories.
fn as_category(column: &str) -> String {
    format!("`types` makes categories of them, with {} = \"category\"", quoted(column))
}

fn misfit(column: &str, why: &str) -> PreprocessError {
    PreprocessError::params("missing", format!("does not fit: column {} {why}", quoted(column)))
}
