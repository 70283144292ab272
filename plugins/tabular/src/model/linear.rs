//! Scores that are linear in the features, and probabilities from them. Training and predicting share this code, so that they
//! cannot disagree.
//!
//! Rows are handled in blocks, column by column within a block: the scores stay in the cache, and the inner loops run over
//! neighbouring numbers.

use std::ops::Range;

use crate::dataset::Matrix;
use crate::limits::SCORE_BLOCK_ROWS;

/// Borrowed weights of a linear model: `K` rows of coefficients, `K` intercepts.
#[derive(Debug, Clone, Copy)]
pub struct LinearScores<'a, W: AsRef<[f64]> = Vec<f64>> {
    /// One row for each score, one number for each feature.
    pub coefficients: &'a [W],
    /// One for each score.
    pub intercepts: &'a [f64],
}

/// The rows `0..rows` in blocks of at most [`SCORE_BLOCK_ROWS`].
pub fn blocks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(SCORE_BLOCK_ROWS).map(move |start| start..(start + SCORE_BLOCK_ROWS).min(rows))
}

impl<W: AsRef<[f64]>> LinearScores<'_, W> {
    /// Writes the scores of a block of rows into `scores`: score by score, `rows.len()` numbers each.
    pub fn score_block(&self, features: &Matrix, rows: Range<usize>, scores: &mut Vec<f64>) {
        let height = rows.len();
        scores.clear();
        for intercept in self.intercepts {
            scores.resize(scores.len() + height, *intercept);
        }
        for (place, column) in features.columns().iter().enumerate() {
            let values = column.get(rows.clone()).unwrap_or_default();
            for (weights, scores) in self.coefficients.iter().zip(scores.chunks_exact_mut(height.max(1))) {
                let weight = weights.as_ref().get(place).copied().unwrap_or(0.0);
                for (score, value) in scores.iter_mut().zip(values) {
                    *score += weight * value;
                }
            }
        }
    }

    /// The probability of each class for each row, row by row. One score means two classes.
    pub fn probabilities(&self, features: &Matrix) -> Vec<f64> {
        let width = self.intercepts.len();
        let classes = if width == 1 { 2 } else { width };
        let mut probabilities = Vec::with_capacity(features.rows() * classes);
        let mut scores = Vec::new();
        let mut row = vec![0.0; width];
        for block in blocks(features.rows()) {
            let height = block.len();
            self.score_block(features, block, &mut scores);
            for place in 0..height {
                for (score, value) in row.iter_mut().enumerate() {
                    *value = scores.get(score * height + place).copied().unwrap_or(0.0);
                }
                if let [score] = row[..] {
                    probabilities.extend([logistic(-score), logistic(score)]);
                } else {
                    softmax(&mut row);
                    probabilities.extend_from_slice(&row);
                }
            }
        }
        probabilities
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
