//! What probabilities say beyond which class is the likeliest.

use std::ops::Range;

use dagwood_tabular::metrics::ClassFit;
use dagwood_tabular::model::likeliest;

use crate::confusion::Confusion;
use crate::ranking::{CalibrationBin, Ranking, calibration, ranking, square};

/// What the probabilities of a model are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    /// Of each class; none if all rows are of it, or none is.
    pub rankings: Vec<Option<Ranking>>,
    /// Of each class.
    pub calibrations: Vec<Vec<CalibrationBin>>,
    /// Mean log-loss in nats.
    pub log_loss: f64,
    /// The Brier score.
    pub brier: f64,
}

/// Judges probabilities. `answer` hands them to what it is given: blocks of rows, and for each row the probability of each class. It is
/// asked as often as it takes to put the rows in order, class by class, with at most `at_once` probabilities in memory, or those of one
/// class.
///
/// # Errors
/// Those of `answer`.
pub fn judge<E>(
    classes: usize,
    truth: &[u32],
    at_once: usize,
    answer: impl Fn(&mut dyn FnMut(Range<usize>, &[f64])) -> Result<(), E>,
) -> Result<(Certainty, Confusion), E> {
    let mut confusion = Confusion::new(classes);
    let (mut fit, mut squares) = (ClassFit::default(), 0.0);
    let (mut rankings, mut calibrations) = (Vec::with_capacity(classes), Vec::with_capacity(classes));
    let together = (at_once / truth.len().max(1)).max(1);
    for first in (0..classes).step_by(together) {
        let group = first..(first + together).min(classes);
        let mut own: Vec<Vec<f64>> = group.clone().map(|_| Vec::with_capacity(truth.len())).collect();
        answer(&mut |rows, probabilities| {
            if first == 0 {
                fit.add(probabilities, classes, &truth[rows.clone()]);
            }
            for (row, truth) in probabilities.chunks_exact(classes).zip(&truth[rows]) {
                if first == 0 {
                    confusion.add(*truth, likeliest(row));
                    squares += square(row, *truth);
                }
                own.iter_mut().zip(&row[group.clone()]).for_each(|(own, probability)| own.push(*probability));
            }
        })?;
        for (class, own) in group.zip(own) {
            let is_positive: Vec<bool> = truth.iter().map(|truth| *truth as usize == class).collect();
            rankings.push(ranking(&own, &is_positive));
            calibrations.push(calibration(&own, &is_positive));
        }
    }
    let brier = squares / truth.len().max(1) as f64;
    Ok((Certainty { rankings, calibrations, log_loss: fit.log_loss(), brier }, confusion))
}

/// Of `classes` probabilities for each row.
#[cfg(test)]
pub(crate) fn judge_all(
    probabilities: &[f64],
    classes: usize,
    truth: &[u32],
    at_once: usize,
) -> (Certainty, Confusion) {
    let answer = |each: &mut dyn FnMut(Range<usize>, &[f64])| -> Result<(), std::convert::Infallible> {
        for (block, said) in probabilities.chunks(7 * classes).enumerate() {
            each(block * 7..block * 7 + said.len() / classes, said);
        }
        Ok(())
    };
    let Ok(judged) = judge(classes, truth, at_once, answer);
    judged
}

impl Certainty {
    /// Of two classes the second's, of more the mean of those that have one.
    fn overall(&self, of: fn(&Ranking) -> f64) -> Option<f64> {
        let counted = if self.rankings.len() == 2 { &self.rankings[1..] } else { &self.rankings[..] };
        let found: Vec<f64> = counted.iter().flatten().map(of).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    /// The area under the ROC curve.
    pub fn roc_auc(&self) -> Option<f64> {
        self.overall(|ranking| ranking.roc_auc)
    }

    /// The area under the precision-recall curve.
    pub fn pr_auc(&self) -> Option<f64> {
        self.overall(|ranking| ranking.pr_auc)
    }
}
