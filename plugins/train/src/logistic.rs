//! What logistic regression minimises, in nats per row: mean log-loss + `l2 / (2 · rows)` · Σ coefficient². Intercepts bear no
//! penalty. Times the number of rows and `C = 1 / l2` this is scikit-learn's objective, so the minimum is the same.
//!
//! Two classes have one score, the log-odds of the second; more have one score each (multinomial).

use dagwood_tabular::model::linear::{LinearScores, add_gradient, blocks, softmax};
use dagwood_tabular::{Feature, Labels, Matrix};

use crate::lbfgs::Objective;
use crate::limits::{CURVATURE_LEAST, FACTORS_MAX};

/// The objective over a table. The point that it takes: the coefficients score by score, then the intercepts.
#[derive(Debug)]
pub struct LogisticLoss<'a> {
    features: &'a Matrix,
    codes: &'a [u32],
    /// Features, each category counted.
    width: usize,
    scores: usize,
    l2: f64,
    /// Scores of a block of rows, then what the loss changes by with each of them.
    block: Vec<f64>,
    row: Vec<f64>,
}

impl<'a> LogisticLoss<'a> {
    /// The objective for a table with at least two classes.
    pub fn new(features: &'a Matrix, labels: &'a Labels, l2: f64) -> Self {
        let scores = if labels.classes.len() == 2 { 1 } else { labels.classes.len() };
        let width = features.width();
        Self { features, codes: &labels.codes, width, scores, l2, block: Vec::new(), row: vec![0.0; scores] }
    }

    /// The coefficients, one row for each score, and the intercepts at a point.
    pub fn weights<'p>(&self, at: &'p [f64]) -> (Vec<&'p [f64]>, &'p [f64]) {
        let width = self.width;
        let (coefficients, intercepts) = at.split_at((self.scores * width).min(at.len()));
        (coefficients.chunks(width.max(1)).collect(), intercepts)
    }

    /// Turns the scores of a block into the loss's change with each of them; the answer is the block's summed log-loss.
    fn residuals(&mut self, codes: &[u32]) -> f64 {
        if self.scores == 1 {
            return binary_residuals(&mut self.block, codes);
        }
        let height = codes.len();
        let mut loss = 0.0;
        for (place, code) in codes.iter().enumerate() {
            let wanted = *code as usize;
            for (score, value) in self.row.iter_mut().enumerate() {
                *value = self.block[score * height + place];
            }
            let of_wanted = self.row[wanted];
            loss += softmax(&mut self.row) - of_wanted;
            self.row[wanted] -= 1.0;
            for (score, value) in self.row.iter().enumerate() {
                self.block[score * height + place] = *value;
            }
        }
        loss
    }
}

/// For each feature of a column the sum of its squares.
fn sums_of_squares(column: &Feature) -> Vec<f64> {
    match column {
        Feature::Number { values, .. } => vec![values.iter().map(|value| value * value).sum()],
        Feature::OneHot { categories, codes, .. } => {
            let mut counts = vec![0.0; categories.len()];
            for code in codes {
                if let Some(count) = counts.get_mut(*code as usize) {
                    *count += 1.0;
                }
            }
            counts
        }
    }
}

/// As [`LogisticLoss::residuals`] for two classes, whose score is the log-odds of the second. One exponential for each row, and one
/// logarithm for many: the loss of a row is `ln(1 + e^-|x|)` and a linear part, and of those sums at most 2 in each factor, so many
/// have a product that is still a number.
fn binary_residuals(scores: &mut [f64], codes: &[u32]) -> f64 {
    let mut loss = 0.0;
    for (scores, codes) in scores.chunks_mut(FACTORS_MAX).zip(codes.chunks(FACTORS_MAX)) {
        let mut product = 1.0;
        for (score, code) in scores.iter_mut().zip(codes) {
            let (odds, wanted) = (*score, f64::from(*code));
            let e = (-odds.abs()).exp();
            let of_the_likelier = 1.0 / (1.0 + e);
            let probability = if odds >= 0.0 { of_the_likelier } else { e * of_the_likelier };
            *score = probability - wanted;
            product *= 1.0 + e;
            loss += odds.max(0.0) - wanted * odds;
        }
        loss += product.ln();
    }
    loss
}

impl Objective for LogisticLoss<'_> {
    fn dimension(&self) -> usize {
        self.scores * (self.width + 1)
    }

    /// The diagonal of the second derivative where all is 0 and every class as likely as the others.
    fn curvature(&self) -> Vec<f64> {
        let rows = self.features.rows() as f64;
        let likely = 1.0 / if self.scores == 1 { 2.0 } else { self.scores as f64 };
        let spread = likely * (1.0 - likely);
        let squares = self.features.columns().iter().flat_map(sums_of_squares);
        let of_score = squares.map(|square| (spread * square + self.l2) / rows).collect::<Vec<_>>();
        let most = of_score.iter().copied().fold(spread, f64::max);
        let coefficients = std::iter::repeat_n(of_score, self.scores).flatten();
        let all = coefficients.chain(std::iter::repeat_n(spread, self.scores));
        // A feature that is nearly always 0 would be sent anywhere.
        all.map(|curvature| curvature.max(CURVATURE_LEAST * most)).collect()
    }

    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let rows = self.features.rows() as f64;
        let width = self.width;
        let coefficients = self.scores * width;
        let (weights, intercepts) = self.weights(at);
        let linear = LinearScores { coefficients: &weights, intercepts };
        gradient.fill(0.0);
        let mut loss = 0.0;
        for block in blocks(self.features.rows()) {
            linear.score_block(self.features, block.clone(), &mut self.block);
            loss += self.residuals(&self.codes[block.clone()]);
            for (score, residuals) in self.block.chunks_exact(block.len()).enumerate() {
                let mut place = score * width;
                for column in self.features.columns() {
                    let part = &mut gradient[place..place + column.width()];
                    add_gradient(column, block.clone(), residuals, part);
                    place += column.width();
                }
                gradient[coefficients + score] += residuals.iter().sum::<f64>();
            }
        }
        gradient.iter_mut().for_each(|part| *part /= rows);
        let penalty = self.l2 / rows;
        for (part, weight) in gradient.iter_mut().zip(at).take(coefficients) {
            *part += penalty * weight;
        }
        loss / rows + penalty / 2.0 * at[..coefficients].iter().map(|weight| weight * weight).sum::<f64>()
    }
}

#[cfg(test)]
#[path = "logistic_tests.rs"]
mod tests;
