//! How well a model does on the rows that it was trained on, each of which counts once.

use std::ops::Range;

use dagwood_tabular::Labels;
use dagwood_tabular::metrics::{ClassFit, Errors};
use dagwood_tabular::model::{Fit, in_blocks, probabilities};

/// By what gives the scores of a block of rows, score by score: one for each class, or one if there are two.
pub fn of_classes(labels: &Labels, score_block: impl FnMut(Range<usize>, &mut Vec<f64>)) -> Fit {
    let classes = labels.classes.len();
    let (mut fit, mut said) = (ClassFit::default(), Vec::new());
    in_blocks(0..labels.codes.len(), score_block, |rows, scores| {
        probabilities(scores, classes, &mut said);
        fit.add(&said, classes, &labels.codes[rows]);
    });
    Fit::Classes { log_loss: fit.log_loss(), accuracy: fit.accuracy() }
}

/// By what gives the estimates of a block of rows.
pub fn of_number(values: &[f64], estimate_block: impl FnMut(Range<usize>, &mut Vec<f64>)) -> Fit {
    let mut all = Vec::with_capacity(values.len());
    in_blocks(0..values.len(), estimate_block, |_, estimates| all.extend_from_slice(estimates));
    let Errors { rmse, r2, .. } = Errors::new(&all, values);
    Fit::Number { rmse, r2 }
}
