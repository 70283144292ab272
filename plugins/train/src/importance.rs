//! How much each column counts in a linear model.

use dagwood_tabular::sums::{counts, sum, sum_of};
use dagwood_tabular::{Feature, Matrix};

/// For each column its share of what the coefficients make of a deviation of its features.
pub fn of_weights(features: &Matrix, coefficients: &[&[f64]]) -> Vec<f64> {
    let mut place = 0;
    let mut weights = Vec::new();
    for column in features.columns() {
        let spread = deviations(column, features.rows());
        let of_score =
            |row: &&[f64]| row[place..].iter().zip(&spread).map(|(weight, spread)| weight.abs() * spread).sum::<f64>();
        weights.push(coefficients.iter().map(of_score).sum::<f64>());
        place += column.width();
    }
    let total = weights.iter().sum::<f64>();
    weights.into_iter().map(|weight| if total > 0.0 { weight / total } else { 0.0 }).collect()
}

/// The standard deviation of each of a column's features.
fn deviations(column: &Feature, rows: usize) -> Vec<f64> {
    let rows = rows.max(1) as f64;
    match column {
        Feature::Number { values, .. } => {
            let mean = sum(values) / rows;
            vec![(sum_of(values, |value| (value - mean) * (value - mean)) / rows).sqrt()]
        }
        Feature::OneHot { categories, codes, .. } => {
            let shares = counts(categories.len(), codes).into_iter().map(|count| count as f64 / rows);
            shares.map(|share| (share * (1.0 - share)).sqrt()).collect()
        }
    }
}
