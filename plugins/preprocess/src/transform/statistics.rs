//! Statistics of finite numbers; of none they are NaN, which callers rule out.

use dagwood_tabular::sums::{sum, sum_of};

/// The arithmetic mean.
pub(super) fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let all = sum(values);
    // A sum beyond all numbers has a mean nevertheless.
    let rough = if all.is_finite() { all / count } else { sum_of(values, |value| value / count) };
    // The second pass takes out what rounding put into the first.
    rough + sum_of(values, |value| (value - rough) / count)
}

/// The population standard deviation: divided by the number of values, as scikit-learn's StandardScaler has it.
pub(super) fn std(values: &[f64], mean: f64) -> f64 {
    (sum_of(values, |value| (value - mean) * (value - mean)) / values.len() as f64).sqrt()
}

/// The least and the greatest.
pub(super) fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)))
}

/// The middle value, or the mean of the two middle ones.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => f64::NAN,
        (1, Some(value)) => *value,
        (_, Some(value)) => sorted[middle - 1] / 2.0 + value / 2.0,
    }
}

/// The most frequent value; of several the smallest.
pub(super) fn mode(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut best = (f64::NAN, 0);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() > best.1 {
            best = (run[0], run.len());
        }
    }
    best.0
}
