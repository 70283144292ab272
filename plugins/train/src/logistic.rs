//! The loss of logistic regression, in nats. Times the weight of all rows and with `C = 1 / l2` its objective is scikit-learn's, so
//! the minimum is the same.
//!
//! Two classes have one score, the log-odds of the second; more have one score each (multinomial).

use std::array::from_fn;
use std::ops::Range;

use dagwood_tabular::Labels;
use dagwood_tabular::model::linear::softmax;

use crate::curve::{Curve, LANES};
use crate::limits::{CURVATURE_LEAST, FACTORS_MAX};
use crate::linear::RowLoss;
use crate::weights::Weights;

/// The log-loss of rows that are of classes.
#[derive(Debug)]
pub struct LogLoss<'a> {
    labels: &'a Labels,
    weights: &'a Weights,
    /// Of all rows.
    weight: f64,
    curve: Curve,
    scores: usize,
    row: Vec<f64>,
}

impl<'a> LogLoss<'a> {
    /// For at least two classes.
    pub fn new(labels: &'a Labels, weights: &'a Weights) -> Self {
        let scores = if labels.classes.len() == 2 { 1 } else { labels.classes.len() };
        Self { labels, weights, weight: weights.total(labels), curve: Curve::default(), scores, row: vec![0.0; scores] }
    }
}

impl RowLoss for LogLoss<'_> {
    fn scores(&self) -> usize {
        self.scores
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    /// As if every class were as likely as the others.
    fn curvature(&self) -> f64 {
        let likely = 1.0 / self.labels.classes.len() as f64;
        likely * (1.0 - likely)
    }

    fn least_curvature(&self) -> f64 {
        CURVATURE_LEAST
    }

    /// As scikit-learn does it: by the gradient alone.
    fn is_scaled(&self) -> bool {
        false
    }

    fn residuals(&mut self, rows: Range<usize>, scores: &mut [f64]) -> f64 {
        let codes = &self.labels.codes[rows];
        if self.scores == 1 {
            return if self.weights.are_even() {
                binary_residuals(&self.curve, scores, codes)
            } else {
                weighed_binary_residuals(scores, codes, self.weights)
            };
        }
        let height = codes.len();
        let mut loss = 0.0;
        for (place, code) in codes.iter().enumerate() {
            let wanted = *code as usize;
            for (score, value) in self.row.iter_mut().enumerate() {
                *value = scores[score * height + place];
            }
            let weight = self.weights.of(*code);
            let of_wanted = self.row[wanted];
            loss += weight * (softmax(&mut self.row) - of_wanted);
            self.row[wanted] -= 1.0;
            for (score, value) in self.row.iter().enumerate() {
                scores[score * height + place] = weight * value;
            }
        }
        loss
    }
}

/// For two classes, whose score is the log-odds of the second. The loss of a row is the logarithm of what it says of the row's own class:
/// one is taken of the product of many.
fn binary_residuals(curve: &Curve, scores: &mut [f64], codes: &[u32]) -> f64 {
    let mut loss = 0.0;
    for (scores, codes) in scores.chunks_mut(FACTORS_MAX).zip(codes.chunks(FACTORS_MAX)) {
        let mut products = [1.0; LANES];
        let (fours, last_scores) = scores.as_chunks_mut::<LANES>();
        let (codes_of_fours, last_codes) = codes.as_chunks::<LANES>();
        for (scores, codes) in fours.iter_mut().zip(codes_of_fours) {
            let Some(probabilities) = curve.at(*scores) else {
                loss += one_by_one(scores, codes);
                continue;
            };
            *scores = from_fn(|lane| probabilities[lane] - f64::from(codes[lane]));
            products = from_fn(|lane| products[lane] * (1.0 - scores[lane].abs()));
        }
        loss += one_by_one(last_scores, last_codes);
        loss -= products.iter().product::<f64>().ln();
    }
    loss
}

/// The same for those that are too few or too far out.
fn one_by_one(scores: &mut [f64], codes: &[u32]) -> f64 {
    let mut loss = 0.0;
    for (score, code) in scores.iter_mut().zip(codes) {
        let (odds, wanted) = (*score, f64::from(*code));
        let e = (-odds.abs()).exp();
        *score = probability(odds, e) - wanted;
        loss += odds.max(0.0) - wanted * odds + e.ln_1p();
    }
    loss
}

/// The same where classes weigh differently.
fn weighed_binary_residuals(scores: &mut [f64], codes: &[u32], weights: &Weights) -> f64 {
    let mut loss = 0.0;
    for (score, code) in scores.iter_mut().zip(codes) {
        let (odds, wanted, weight) = (*score, f64::from(*code), weights.of(*code));
        let e = (-odds.abs()).exp();
        *score = weight * (probability(odds, e) - wanted);
        loss += weight * (odds.max(0.0) - wanted * odds + e.ln_1p());
    }
    loss
}

/// Of log-odds, and `e` to minus their size.
fn probability(odds: f64, e: f64) -> f64 {
    let of_the_likelier = 1.0 / (1.0 + e);
    if odds >= 0.0 { of_the_likelier } else { e * of_the_likelier }
}

#[cfg(test)]
#[path = "logistic_tests.rs"]
mod tests;
