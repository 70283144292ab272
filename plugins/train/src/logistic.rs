//! What logistic regression minimises, in nats per row: mean log-loss + `l2 / (2 · rows)` · Σ coefficient². Intercepts bear no
//! penalty. Times the number of rows and `C = 1 / l2` this is scikit-learn's objective, so the minimum is the same.
//!
//! Two classes have one score, the log-odds of the second; more have one score each (multinomial).

use dagwood_tabular::model::linear::{LinearScores, blocks, logistic, softmax};
use dagwood_tabular::{Labels, Matrix};

use crate::lbfgs::Objective;

/// The objective over a table. The point that it takes: the coefficients score by score, then the intercepts.
#[derive(Debug)]
pub struct LogisticLoss<'a> {
    features: &'a Matrix,
    codes: &'a [u32],
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
        Self { features, codes: &labels.codes, scores, l2, block: Vec::new(), row: vec![0.0; scores] }
    }

    /// The coefficients, one row for each score, and the intercepts at a point.
    pub fn weights<'p>(&self, at: &'p [f64]) -> (Vec<&'p [f64]>, &'p [f64]) {
        let width = self.features.names().len();
        let (coefficients, intercepts) = at.split_at((self.scores * width).min(at.len()));
        (coefficients.chunks(width.max(1)).collect(), intercepts)
    }

    /// Turns the scores of a block into the loss's change with each of them; the answer is the block's summed log-loss.
    fn residuals(&mut self, codes: &[u32]) -> f64 {
        let height = codes.len();
        let mut loss = 0.0;
        for (place, code) in codes.iter().enumerate() {
            if let [score] = &mut self.row[..] {
                let (wanted, odds) = (f64::from(*code), self.block[place]);
                *score = logistic(odds) - wanted;
                loss += softplus(odds) - wanted * odds;
            } else {
                let wanted = *code as usize;
                for (score, value) in self.row.iter_mut().enumerate() {
                    *value = self.block[score * height + place];
                }
                let of_wanted = self.row[wanted];
                loss += softmax(&mut self.row) - of_wanted;
                self.row[wanted] -= 1.0;
            }
            for (score, value) in self.row.iter().enumerate() {
                self.block[score * height + place] = *value;
            }
        }
        loss
    }
}

impl Objective for LogisticLoss<'_> {
    fn dimension(&self) -> usize {
        self.scores * (self.features.names().len() + 1)
    }

    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let rows = self.features.rows() as f64;
        let width = self.features.names().len();
        let coefficients = self.scores * width;
        let (weights, intercepts) = self.weights(at);
        let linear = LinearScores { coefficients: &weights, intercepts };
        gradient.fill(0.0);
        let mut loss = 0.0;
        for block in blocks(self.features.rows()) {
            linear.score_block(self.features, block.clone(), &mut self.block);
            loss += self.residuals(&self.codes[block.clone()]);
            for (score, residuals) in self.block.chunks_exact(block.len()).enumerate() {
                for (place, column) in self.features.columns().iter().enumerate() {
                    gradient[score * width + place] += dot(residuals, &column[block.clone()]);
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

/// `ln(1 + e^x)`, without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Four sums side by side, so that the processor's vector unit is used.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

#[cfg(test)]
#[path = "logistic_tests.rs"]
mod tests;
