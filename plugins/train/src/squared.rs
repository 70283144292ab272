//! The loss of linear regression: half the squared error. Times twice the number of rows and with `alpha = l2` its objective is that
//! of scikit-learn's `Ridge`.

use std::ops::Range;

use crate::linear::RowLoss;

/// Half the squared error of rows that are numbers.
#[derive(Debug)]
pub struct SquaredLoss<'a> {
    values: &'a [f64],
}

impl<'a> SquaredLoss<'a> {
    /// For numbers that are standardised, so that tolerances mean the same for all.
    pub fn new(values: &'a [f64]) -> Self {
        Self { values }
    }
}

impl RowLoss for SquaredLoss<'_> {
    fn scores(&self) -> usize {
        1
    }

    fn weight(&self) -> f64 {
        self.values.len() as f64
    }

    fn curvature(&self) -> f64 {
        1.0
    }

    fn least_curvature(&self) -> f64 {
        0.0
    }

    /// The fit is the same in whichever units features are.
    fn is_scaled(&self) -> bool {
        true
    }

    fn residuals(&mut self, rows: Range<usize>, scores: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (score, value) in scores.iter_mut().zip(&self.values[rows]) {
            *score -= value;
            loss += *score * *score / 2.0;
        }
        loss
    }
}
