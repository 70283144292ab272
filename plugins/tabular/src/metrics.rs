//! The figures that `train` and `evaluate` both state, defined as scikit-learn defines them.

use crate::model::likeliest;

/// How well probabilities tell classes apart, counted block by block.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClassFit {
    rows: u64,
    right: u64,
    losses: f64,
}

impl ClassFit {
    /// Adds rows: `classes` probabilities for each, row by row, and its true class.
    pub fn add(&mut self, probabilities: &[f64], classes: usize, truth: &[u32]) {
        for (row, truth) in probabilities.chunks_exact(classes.max(1)).zip(truth) {
            self.rows += 1;
            self.right += u64::from(likeliest(row) == *truth);
            self.losses += loss(row.get(*truth as usize).copied().unwrap_or(0.0));
        }
    }

    /// The mean of `-ln p` of each row's true class, in nats (`log_loss`); 0 without rows.
    pub fn log_loss(&self) -> f64 {
        self.losses / self.rows.max(1) as f64
    }

    /// The share of rows that are taken for what they are (`accuracy_score`); 0 without rows.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.rows.max(1) as f64
    }
}

/// Probabilities are kept at least one rounding error (2⁻⁵²) away from 0 and 1.
fn loss(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

/// How far estimates are from the numbers that they are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// The root of the mean squared error, in the target's unit (`root_mean_squared_error`).
    pub rmse: f64,
    /// The mean of the errors' sizes, in the target's unit (`mean_absolute_error`).
    pub mae: f64,
    /// The share of the target's variance that the model explains, at most 1; where the target is the same in all rows 1 if all
    /// estimates are right, else 0 (`r2_score`).
    pub r2: f64,
}

impl Errors {
    /// Of one estimate for each number; all 0 without any.
    pub fn new(estimates: &[f64], truth: &[f64]) -> Self {
        let rows = truth.len().max(1) as f64;
        let mean = truth.iter().sum::<f64>() / rows;
        let errors = || estimates.iter().zip(truth).map(|(estimate, truth)| estimate - truth);
        let squares: f64 = errors().map(|error| error * error).sum();
        let spread: f64 = truth.iter().map(|truth| (truth - mean).powi(2)).sum();
        let r2 = match (squares == 0.0, spread == 0.0) {
            (true, true) => 1.0,
            (false, true) => 0.0,
            (_, false) => 1.0 - squares / spread,
        };
        Self { rmse: (squares / rows).sqrt(), mae: errors().map(f64::abs).sum::<f64>() / rows, r2 }
    }
}
