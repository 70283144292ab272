//! Columns as bins: numbers by their order, categories by how often they are met.

use dagwood_tabular::{Feature, Matrix};

use crate::limits::{BIN_SAMPLE_ROWS, BINS_MAX};

/// A table in bins.
#[derive(Debug)]
pub struct Bins {
    /// In the table's order.
    pub columns: Vec<BinnedColumn>,
    /// The same row by row, of four columns each; the last four may be fewer, filled up with zeros.
    pub quads: Vec<Vec<[u8; 4]>>,
}

/// A column in bins.
#[derive(Debug)]
pub struct BinnedColumn {
    /// The bin of each row.
    pub codes: Vec<u8>,
    /// What the bins are.
    pub meaning: Meaning,
}

/// What bins are.
#[derive(Debug)]
pub enum Meaning {
    /// Bin `b` holds what is greater than threshold `b - 1` and up to threshold `b`; the last one all that is greater.
    Number {
        /// Rising.
        thresholds: Vec<f64>,
    },
    /// Bin `b` holds a category, and the last one all others and none.
    Category {
        /// The place of each bin's category among the column's.
        categories: Vec<u32>,
    },
}

impl Meaning {
    /// How many bins there are.
    pub fn bins(&self) -> usize {
        match self {
            Self::Number { thresholds } => thresholds.len() + 1,
            Self::Category { categories } => categories.len() + 1,
        }
    }
}

impl Bins {
    /// The bins of a table, by what these of its rows hold.
    pub fn new(features: &Matrix, rows: &[u32]) -> Self {
        let column = |column: &Feature| match column {
            Feature::Number { values, .. } => numbers(values, rows),
            Feature::OneHot { categories, codes, .. } => self::categories(categories.len(), codes, rows),
        };
        let columns: Vec<BinnedColumn> = features.columns().iter().map(column).collect();
        let quads = columns.chunks(4).map(|columns| quad(columns, features.rows())).collect();
        Self { columns, quads }
    }
}

fn quad(columns: &[BinnedColumn], rows: usize) -> Vec<[u8; 4]> {
    let mut quad = vec![[0; 4]; rows];
    for (place, column) in columns.iter().enumerate() {
        quad.iter_mut().zip(&column.codes).for_each(|(row, code)| row[place] = *code);
    }
    quad
}

fn numbers(values: &[f64], rows: &[u32]) -> BinnedColumn {
    let thresholds = thresholds(values, rows);
    // The number of thresholds below the value.
    let bin = |value: &f64| thresholds.partition_point(|threshold| threshold < value) as u8;
    BinnedColumn { codes: values.iter().map(bin).collect(), meaning: Meaning::Number { thresholds } }
}

/// Halfway between neighbours where there are few; else so that about as many rows are in each bin, by a sample.
fn thresholds(values: &[f64], rows: &[u32]) -> Vec<f64> {
    let step = rows.len().div_ceil(BIN_SAMPLE_ROWS).max(1);
    let mut sample: Vec<f64> = rows.iter().step_by(step).map(|row| values[*row as usize]).collect();
    sample.sort_unstable_by(f64::total_cmp);
    let mut distinct = sample.clone();
    distinct.dedup();
    if distinct.len() <= BINS_MAX {
        return distinct.windows(2).map(|pair| between(pair[0], pair[1])).collect();
    }
    let at = |bin: usize| sample[bin * sample.len() / BINS_MAX];
    let mut thresholds: Vec<f64> = (1..BINS_MAX).map(at).collect();
    thresholds.dedup();
    // Nothing is greater than the greatest.
    thresholds.retain(|threshold| Some(threshold) != sample.last());
    thresholds
}

/// A number from the first on and below the second.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle < high { middle.max(low) } else { low }
}

fn categories(count: usize, codes: &[u32], rows: &[u32]) -> BinnedColumn {
    let mut counts = vec![0_usize; count];
    for row in rows {
        if let Some(count) = counts.get_mut(codes[*row as usize] as usize) {
            *count += 1;
        }
    }
    let mut kept: Vec<u32> = (0..count as u32).filter(|place| counts[*place as usize] > 0).collect();
    // The most frequent; of equals the first in order.
    kept.sort_by_key(|place| (std::cmp::Reverse(counts[*place as usize]), *place));
    kept.truncate(BINS_MAX - 1);
    kept.sort_unstable();
    let mut bins = vec![kept.len() as u8; count];
    for (bin, place) in kept.iter().enumerate() {
        bins[*place as usize] = bin as u8;
    }
    let other = kept.len() as u8;
    let codes = codes.iter().map(|code| bins.get(*code as usize).copied().unwrap_or(other)).collect();
    BinnedColumn { codes, meaning: Meaning::Category { categories: kept } }
}
