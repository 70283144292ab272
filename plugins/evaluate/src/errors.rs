//! How far estimates are from the numbers that they are for, defined as scikit-learn defines it.

/// The errors of estimates.
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
