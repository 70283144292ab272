//! What a linear model minimises: the mean loss of its rows, which depends on scores that are linear in the features, and
//! `l2 / (2 · rows)` · Σ coefficient². Intercepts bear no penalty. Which loss that is, [`RowLoss`] says.
//!
//! The search sees columns of numbers less their means, which changes no minimum but the intercepts: a column of years would else be
//! all but an intercept itself.

use std::ops::Range;

use dagwood_tabular::model::linear::{LinearScores, add_gradient, blocks};
use dagwood_tabular::sums::{counts, sum, sum_of};
use dagwood_tabular::{Feature, Matrix};

use crate::lbfgs::Objective;

/// The loss of rows by their scores.
pub trait RowLoss {
    /// How many scores a row has.
    fn scores(&self) -> usize;

    /// What all rows weigh together; their number, where each counts once.
    fn weight(&self) -> f64;

    /// The second derivative of a row's loss by a score of 0, about.
    fn curvature(&self) -> f64;

    /// A feature counts as if its curvature were at least this share of the greatest: for a loss that bends the further the less, so
    /// that one which is nearly always 0 is not sent anywhere.
    fn least_curvature(&self) -> f64;

    /// Whether it is told in units of its features whether the minimum is near.
    fn is_scaled(&self) -> bool;

    /// Turns the scores of these rows, score by score, into the loss's change with each of them. Gives the loss, added up.
    fn residuals(&mut self, rows: Range<usize>, scores: &mut [f64]) -> f64;
}

/// The objective over a table. The point that it takes: the coefficients score by score, then the intercepts.
#[derive(Debug)]
pub struct LinearObjective<'a, L> {
    features: &'a Matrix,
    loss: L,
    /// Features, each category counted.
    width: usize,
    /// Of each feature what is taken from it: of a number its mean, of a category nothing.
    centers: Vec<f64>,
    l2: f64,
    /// Scores of a block of rows, then what the loss changes by with each of them.
    block: Vec<f64>,
}

impl<'a, L: RowLoss> LinearObjective<'a, L> {
    /// The objective for a table with at least one row.
    pub fn new(features: &'a Matrix, loss: L, l2: f64) -> Self {
        let centers = features.columns().iter().flat_map(centers).collect();
        Self { features, loss, width: features.width(), centers, l2, block: Vec::new() }
    }

    /// Whether it is told in units of its features whether the minimum is near.
    pub fn is_scaled(&self) -> bool {
        self.loss.is_scaled()
    }

    /// The coefficients, one row for each score, and the intercepts at a point.
    pub fn weights<'p>(&self, at: &'p [f64]) -> (Vec<&'p [f64]>, Vec<f64>) {
        let (coefficients, intercepts) = at.split_at((self.loss.scores() * self.width).min(at.len()));
        let coefficients: Vec<&[f64]> = coefficients.chunks(self.width.max(1)).collect();
        let of_centers =
            |row: &&[f64]| row.iter().zip(&self.centers).map(|(weight, center)| weight * center).sum::<f64>();
        let of_centers = coefficients.iter().map(of_centers).chain(std::iter::repeat(0.0));
        let intercepts = intercepts.iter().zip(of_centers).map(|(own, of_centers)| own - of_centers).collect();
        (coefficients, intercepts)
    }
}

/// What is taken from each feature of a column: about its mean, for it need not be exact.
fn centers(column: &Feature) -> Vec<f64> {
    match column {
        Feature::Number { values, .. } => {
            let mean = sum(values) / values.len().max(1) as f64;
            vec![if mean.is_finite() { mean } else { 0.0 }]
        }
        Feature::OneHot { categories, .. } => vec![0.0; categories.len()],
    }
}

/// For each feature of a column the sum of its squares, less its center.
fn sums_of_squares(column: &Feature, center: f64) -> Vec<f64> {
    match column {
        Feature::Number { values, .. } => {
            vec![sum_of(values, |value| (value - center) * (value - center))]
        }
        Feature::OneHot { categories, codes, .. } => {
            counts(categories.len(), codes).into_iter().map(|count| count as f64).collect()
        }
    }
}

impl<L: RowLoss> Objective for LinearObjective<'_, L> {
    fn dimension(&self) -> usize {
        self.loss.scores() * (self.width + 1)
    }

    /// The diagonal of the second derivative where all is 0, as if all rows weighed the same.
    fn curvature(&self) -> Vec<f64> {
        let rows = self.features.rows() as f64;
        let spread = self.loss.curvature();
        let penalty = self.l2 / self.loss.weight();
        let mut place = 0;
        let mut squares = Vec::with_capacity(self.width);
        for column in self.features.columns() {
            squares.extend(sums_of_squares(column, self.centers.get(place).copied().unwrap_or(0.0)));
            place += column.width();
        }
        let squares = squares.into_iter();
        let of_score = squares.map(|square| spread * square / rows + penalty).collect::<Vec<_>>();
        let most = of_score.iter().copied().fold(spread, f64::max);
        let coefficients = std::iter::repeat_n(of_score, self.loss.scores()).flatten();
        let all = coefficients.chain(std::iter::repeat_n(spread, self.loss.scores()));
        let least = (self.loss.least_curvature() * most).max(f64::MIN_POSITIVE);
        all.map(|curvature| curvature.max(least)).collect()
    }

    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let weight = self.loss.weight();
        let width = self.width;
        let coefficients = self.loss.scores() * width;
        let (weights, intercepts) = self.weights(at);
        let linear = LinearScores { coefficients: &weights, intercepts: &intercepts };
        gradient.fill(0.0);
        let mut loss = 0.0;
        for block in blocks(0..self.features.rows()) {
            linear.score_block(self.features, block.clone(), &mut self.block);
            loss += self.loss.residuals(block.clone(), &mut self.block);
            for (score, residuals) in self.block.chunks_exact(block.len()).enumerate() {
                let mut place = score * width;
                for column in self.features.columns() {
                    let part = &mut gradient[place..place + column.width()];
                    add_gradient(column, block.clone(), residuals, part);
                    place += column.width();
                }
                gradient[coefficients + score] += sum(residuals);
            }
        }
        let (of_weights, of_intercepts) = gradient.split_at_mut(coefficients);
        for (part, of_intercept) in of_weights.chunks_mut(width.max(1)).zip(of_intercepts) {
            part.iter_mut().zip(&self.centers).for_each(|(part, center)| *part -= center * *of_intercept);
        }
        gradient.iter_mut().for_each(|part| *part /= weight);
        let penalty = self.l2 / weight;
        for (part, weight) in gradient.iter_mut().zip(at).take(coefficients) {
            *part += penalty * weight;
        }
        loss / weight + penalty / 2.0 * at[..coefficients].iter().map(|weight| weight * weight).sum::<f64>()
    }
}
