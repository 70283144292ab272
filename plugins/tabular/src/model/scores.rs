//! What a model says of rows, block by block: there may be a thousand classes, and millions of rows.

use std::ops::Range;

use super::linear::{LinearScores, blocks, logistic, softmax};
use super::trees::Ready;
use super::{Estimator, Model};
use crate::features::Matrix;

impl Model {
    /// Calls `each` with these rows, block by block, and what the model says of them, row by row: the probability of each class, which
    /// add up to 1; or the estimate, if it is a model of a number.
    ///
    /// `features` must hold the model's features in their order: see [`crate::parquet::read_features`].
    pub fn say(&self, features: &Matrix, rows: Range<usize>, mut each: impl FnMut(Range<usize>, &[f64])) {
        let classes = self.classes.len();
        let mut probabilities = Vec::new();
        self.estimator.score(features, rows, |block, scores| {
            if classes == 0 {
                return each(block, scores);
            }
            self::probabilities(scores, classes, &mut probabilities);
            each(block, &probabilities);
        });
    }
}

impl Estimator {
    /// Calls `each` with these rows, block by block, and their scores, row by row: one for each class; one if there are two classes, or
    /// none. `features` as for [`Model::say`].
    pub fn score(&self, features: &Matrix, rows: Range<usize>, each: impl FnMut(Range<usize>, &[f64])) {
        match self {
            Self::LogisticRegression { coefficients, intercepts, .. } => {
                let linear = LinearScores { coefficients, intercepts };
                in_blocks(rows, |block, scores| linear.score_block(features, block, scores), each);
            }
            Self::LinearRegression { coefficients, intercept, .. } => {
                let linear = LinearScores { coefficients: &[coefficients], intercepts: &[*intercept] };
                in_blocks(rows, |block, scores| linear.score_block(features, block, scores), each);
            }
            Self::GradientBoostedTrees { base, rounds } => {
                let ready = |score| Ready::new(rounds.iter().filter_map(|trees| trees.get(score)), features.columns());
                let ready: Vec<_> = (0..base.len()).map(ready).collect();
                let score_block = |block: Range<usize>, scores: &mut Vec<f64>| {
                    scores.clear();
                    for (base, ready) in base.iter().zip(&ready) {
                        let begin = scores.len();
                        scores.resize(begin + block.len(), *base);
                        ready.add_to(&mut scores[begin..], block.start);
                    }
                };
                in_blocks(rows, score_block, each);
            }
        }
    }
}

/// Scores blocks of rows, score by score, and hands them on row by row.
pub fn in_blocks(
    rows: Range<usize>,
    mut score_block: impl FnMut(Range<usize>, &mut Vec<f64>),
    mut each: impl FnMut(Range<usize>, &[f64]),
) {
    let (mut scores, mut by_row) = (Vec::new(), Vec::new());
    for block in blocks(rows) {
        score_block(block.clone(), &mut scores);
        let height = block.len();
        if scores.len() == height {
            each(block, &scores);
            continue;
        }
        by_row.clear();
        by_row.extend((0..height).flat_map(|place| scores.iter().skip(place).step_by(height).copied()));
        each(block, &by_row);
    }
}

/// Puts the probabilities for scores in place of what `probabilities` held, both row by row; of two classes there is one score.
pub fn probabilities(scores: &[f64], classes: usize, probabilities: &mut Vec<f64>) {
    probabilities.clear();
    if classes == 2 {
        probabilities.extend(scores.iter().flat_map(|score| [logistic(-score), logistic(*score)]));
        return;
    }
    probabilities.extend_from_slice(scores);
    for row in probabilities.chunks_exact_mut(classes.max(1)) {
        softmax(row);
    }
}

/// The place of the largest number; the first of equals.
pub fn likeliest(probabilities: &[f64]) -> u32 {
    let mut best = 0;
    for (place, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = place;
        }
    }
    best as u32
}
