//! Scores that are linear in the features, and probabilities from them. Training and predicting share this code, so that they
//! cannot disagree.
//!
//! Rows are handled in blocks, column by column within a block: the scores stay in the cache, and the inner loops run over
//! neighbouring numbers.

use std::ops::Range;

use crate::features::{Feature, Matrix};
use crate::limits::{ROWS_AT_ONCE, SCORE_BLOCK_ROWS};
use crate::sums::dot;

/// Borrowed weights of a linear model: `K` rows of coefficients, `K` intercepts.
#[derive(Debug, Clone, Copy)]
pub struct LinearScores<'a, W: AsRef<[f64]> = Vec<f64>> {
    /// One row for each score, one number for each feature.
    pub coefficients: &'a [W],
    /// One for each score.
    pub intercepts: &'a [f64],
}

/// These rows in blocks of at most [`SCORE_BLOCK_ROWS`].
pub fn blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(SCORE_BLOCK_ROWS).map(move |start| start..(start + SCORE_BLOCK_ROWS).min(end))
}

impl<W: AsRef<[f64]>> LinearScores<'_, W> {
    /// Writes the scores of a block of rows into `scores`: score by score, `rows.len()` numbers each.
    pub fn score_block(&self, features: &Matrix, rows: Range<usize>, scores: &mut Vec<f64>) {
        let height = rows.len();
        scores.clear();
        for intercept in self.intercepts {
            scores.resize(scores.len() + height, *intercept);
        }
        let mut place = 0;
        for column in features.columns() {
            for (weights, scores) in self.coefficients.iter().zip(scores.chunks_exact_mut(height.max(1))) {
                let weights = weights.as_ref().get(place..place + column.width()).unwrap_or_default();
                add_scores(column, rows.clone(), weights, scores);
            }
            place += column.width();
        }
    }
}

/// Adds to the scores of a block of rows what a column gives to them.
fn add_scores(column: &Feature, rows: Range<usize>, weights: &[f64], scores: &mut [f64]) {
    match column {
        Feature::Number { values, .. } => {
            let weight = weights.first().copied().unwrap_or(0.0);
            let add = |(score, value): (&mut f64, &f64)| *score += weight * value;
            let (many, last) = scores.as_chunks_mut::<ROWS_AT_ONCE>();
            let (values_of_many, last_values) = values.get(rows).unwrap_or_default().as_chunks::<ROWS_AT_ONCE>();
            many.iter_mut()
                .zip(values_of_many)
                .for_each(|(scores, values)| scores.iter_mut().zip(values).for_each(add));
            last.iter_mut().zip(last_values).for_each(add);
        }
        Feature::OneHot { codes, .. } => {
            let add = |(score, code): (&mut f64, &u32)| *score += weights.get(*code as usize).copied().unwrap_or(0.0);
            let (many, last) = scores.as_chunks_mut::<ROWS_AT_ONCE>();
            let (codes_of_many, last_codes) = codes.get(rows).unwrap_or_default().as_chunks::<ROWS_AT_ONCE>();
            many.iter_mut().zip(codes_of_many).for_each(|(scores, codes)| scores.iter_mut().zip(codes).for_each(add));
            last.iter_mut().zip(last_codes).for_each(add);
        }
    }
}

/// Adds to a gradient what a column of a block of rows gives to it: for each of its features the sum of `residuals` times the
/// feature. The counterpart of [`LinearScores::score_block`].
pub fn add_gradient(column: &Feature, rows: Range<usize>, residuals: &[f64], gradient: &mut [f64]) {
    match column {
        Feature::Number { values, .. } => {
            if let Some(part) = gradient.first_mut() {
                *part += dot(residuals, values.get(rows).unwrap_or_default());
            }
        }
        Feature::OneHot { codes, .. } => {
            let mut add = |(residual, code): (&f64, &u32)| {
                if let Some(part) = gradient.get_mut(*code as usize) {
                    *part += residual;
                }
            };
            let (many, last) = residuals.as_chunks::<ROWS_AT_ONCE>();
            let (codes_of_many, last_codes) = codes.get(rows).unwrap_or_default().as_chunks::<ROWS_AT_ONCE>();
            many.iter().zip(codes_of_many).for_each(|(rest, codes)| rest.iter().zip(codes).for_each(&mut add));
            last.iter().zip(last_codes).for_each(add);
        }
    }
}

/// `1 / (1 + e^-x)`, without overflow on either side.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Turns scores into probabilities; the answer is `ln Σ e^score`, the log of what they were divided by.
pub fn softmax(scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        total += *score;
    }
    for score in scores.iter_mut() {
        *score /= total;
    }
    largest + total.ln()
}
