//! How well a model does on the rows that it was trained on, each of which counts once.

use dagwood_tabular::Labels;
use dagwood_tabular::model::{Fit, most_likely, probabilities};

use crate::limits::QUALITY_BLOCK_ROWS;

/// By scores, row by row: one for each class, or one if there are two.
pub fn of_classes(scores: &[f64], labels: &Labels) -> Fit {
    let classes = labels.classes.len();
    let width = if classes == 2 { 1 } else { classes };
    let (mut loss, mut right) = (0.0, 0);
    let blocks = scores.chunks(width * QUALITY_BLOCK_ROWS).zip(labels.codes.chunks(QUALITY_BLOCK_ROWS));
    for (scores, codes) in blocks {
        let probabilities = probabilities(scores.to_vec(), classes);
        let rows = probabilities.chunks_exact(classes).zip(codes);
        loss += rows.map(|(row, code)| -row[*code as usize].max(f64::MIN_POSITIVE).ln()).sum::<f64>();
        right += most_likely(&probabilities, classes).iter().zip(codes).filter(|(found, code)| found == code).count();
    }
    let rows = labels.codes.len() as f64;
    Fit::Classes { log_loss: loss / rows, accuracy: right as f64 / rows }
}

/// By estimates, one for each row.
pub fn of_number(estimates: &[f64], values: &[f64]) -> Fit {
    let rows = values.len() as f64;
    let mean = values.iter().sum::<f64>() / rows;
    let errors: f64 = estimates.iter().zip(values).map(|(estimate, value)| (estimate - value).powi(2)).sum();
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Fit::Number { rmse: (errors / rows).sqrt(), r2: 1.0 - errors / spread }
}
