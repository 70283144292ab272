//! What one column holds.

use dagwood_tabular::sums::{sum, sum_of};
use dagwood_tabular::time::shown;
use dagwood_tabular::{Column, ColumnData, TextColumn};
use serde::Serialize;

use crate::limits::{FREQUENT_MAX, HISTOGRAM_BINS, NEAR, QUANTILES, TEXT_MAX_CHARS, WHOLE_BINS_MAX};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub column: String,
    /// Rows that hold nothing.
    pub gaps: usize,
    /// Different values.
    pub distinct: usize,
    /// By what they are.
    #[serde(flatten)]
    pub values: Values,
}

/// Values, by what they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Values {
    /// None at all.
    Empty,
    /// Numbers.
    Number {
        /// The least.
        least: f64,
        /// The greatest.
        greatest: f64,
        /// The arithmetic mean; null in the file if the sum is beyond all numbers.
        mean: f64,
        /// The population standard deviation; null in the file if it is beyond all numbers.
        std: f64,
        /// Values up to which a share of the rows goes, by the nearest rank.
        quantiles: Vec<Quantile<f64>>,
        /// Rows by value.
        histogram: Histogram<f64>,
    },
    /// Times, by the clock that the file was written by.
    Time {
        /// The first.
        least: String,
        /// The last.
        greatest: String,
        /// Times up to which a share of the rows goes.
        quantiles: Vec<Quantile<String>>,
        /// Rows by time.
        histogram: Histogram<String>,
    },
    /// Texts.
    Category {
        /// The most frequent first; of equals the first in order.
        most_frequent: Vec<Frequency>,
        /// Rows with any other.
        others: usize,
    },
}

/// A value up to which a share of the rows goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quantile<V> {
    /// The share, 0 to 1.
    pub share: f64,
    /// The value.
    pub value: V,
}

/// Rows by value, in bins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram<V> {
    /// One more than there are bins; each bin goes from its edge up to the next one, the last including it.
    pub edges: Vec<V>,
    /// Rows of each bin.
    pub rows: Vec<u64>,
    /// Rows below the first edge: of the hundredth with the least values, which would make all bins too wide.
    pub below: u64,
    /// Rows above the last edge.
    pub above: u64,
}

/// How often a text is met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frequency {
    /// The text, cut if it is long.
    pub value: String,
    /// Its rows.
    pub rows: usize,
}

impl ColumnProfile {
    /// Looks at a column of so many rows.
    pub fn new(column: &Column, rows: usize) -> Self {
        let (distinct, values, present) = match &column.data {
            ColumnData::Number(values) => numbers(values.iter().copied().filter(|value| !value.is_nan()).collect()),
            ColumnData::Time(times) => {
                let present = times.iter().filter(|time| **time != ColumnData::NO_TIME);
                let (distinct, values, rows) = numbers(present.map(|time| *time as f64).collect());
                (distinct, as_times(values), rows)
            }
            ColumnData::Text(text) => texts(text),
        };
        Self { column: column.name.clone(), gaps: rows - present, distinct, values }
    }
}

/// Different values, what is known of them, and how many there are.
type Known = (usize, Values, usize);

fn numbers(mut values: Vec<f64>) -> Known {
    values.sort_unstable_by(f64::total_cmp);
    let rows = values.len();
    let ([least, ..], [.., greatest]) = (&values[..], &values[..]) else { return (0, Values::Empty, 0) };
    let mean = sum(&values) / rows as f64;
    let std = (sum_of(&values, |value| (value - mean) * (value - mean)) / rows as f64).sqrt();
    let distinct = 1 + values.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let quantile = |share: &f64| Quantile { share: *share, value: at_share(&values, *share) };
    let known = Values::Number {
        least: *least,
        greatest: *greatest,
        mean,
        std,
        quantiles: QUANTILES.iter().map(quantile).collect(),
        histogram: histogram(&values),
    };
    (distinct, known, rows)
}

/// The value up to which a share of sorted values goes, by the nearest rank.
fn at_share(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// A bin for each whole number where they are few, else bins of equal width between the first and the last hundredth.
fn histogram(sorted: &[f64]) -> Histogram<f64> {
    let (least, greatest) = (sorted[0], sorted[sorted.len() - 1]);
    let are_near = |from: f64, to: f64| (to - from) <= from.abs().max(to.abs()) * NEAR;
    let are_few_whole = greatest - least < WHOLE_BINS_MAX && sorted.iter().all(|value| value.fract() == 0.0);
    let (mut from, mut to) = (at_share(sorted, 0.01), at_share(sorted, 0.99));
    if are_near(from, to) {
        (from, to) = (least, greatest);
    }
    let edge = |bin: usize| {
        let share = bin as f64 / HISTOGRAM_BINS as f64;
        from * (1.0 - share) + to * share
    };
    let edges: Vec<f64> = if are_near(least, greatest) {
        // Numbers that could not be told apart, or one alone.
        let room = (least.abs() * NEAR * 4.0).max(0.5);
        vec![least - room, greatest + room]
    } else if are_few_whole {
        (0..=(greatest - least) as usize + 1).map(|place| least - 0.5 + place as f64).collect()
    } else {
        (0..=HISTOGRAM_BINS).map(edge).collect()
    };
    let below = |edge: f64| sorted.partition_point(|value| *value < edge);
    let last = edges.len() - 1;
    let up_to = sorted.partition_point(|value| *value <= edges[last]);
    let starts: Vec<usize> = edges[..last].iter().map(|edge| below(*edge)).chain([up_to]).collect();
    Histogram {
        rows: starts.windows(2).map(|pair| pair[1].saturating_sub(pair[0]) as u64).collect(),
        below: starts[0] as u64,
        above: (sorted.len() - up_to) as u64,
        edges,
    }
}

fn as_times(values: Values) -> Values {
    let time = |microseconds: f64| shown(microseconds as i64).map(|time| time.to_string()).unwrap_or_default();
    match values {
        Values::Number { least, greatest, quantiles, histogram, .. } => Values::Time {
            least: time(least),
            greatest: time(greatest),
            quantiles: quantiles
                .into_iter()
                .map(|Quantile { share, value }| Quantile { share, value: time(value) })
                .collect(),
            histogram: Histogram {
                edges: histogram.edges.into_iter().map(time).collect(),
                rows: histogram.rows,
                below: histogram.below,
                above: histogram.above,
            },
        },
        other @ (Values::Empty | Values::Time { .. } | Values::Category { .. }) => other,
    }
}

fn texts(text: &TextColumn) -> Known {
    let mut counts = vec![0; text.levels.len()];
    for code in &text.codes {
        if let Some(count) = counts.get_mut(*code as usize) {
            *count += 1;
        }
    }
    let rows: usize = counts.iter().sum();
    let mut met: Vec<(usize, &String)> = counts.into_iter().zip(&text.levels).filter(|(rows, _)| *rows > 0).collect();
    if met.is_empty() {
        return (0, Values::Empty, 0);
    }
    met.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let frequent = met.iter().take(FREQUENT_MAX);
    let most_frequent: Vec<_> = frequent.map(|(rows, value)| Frequency { value: cut(value), rows: *rows }).collect();
    let others = rows - most_frequent.iter().map(|frequency| frequency.rows).sum::<usize>();
    (met.len(), Values::Category { most_frequent, others }, rows)
}

/// A text, or the start of a long one.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
