//! What probabilities say beyond which class is the likeliest.

use crate::metrics::log_loss;
use crate::ranking::{CalibrationBin, Ranking, brier, calibration, ranking};

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

impl Certainty {
    /// Of `classes` probabilities for each row.
    pub fn new(probabilities: &[f64], classes: usize, truth: &[u32]) -> Self {
        let (mut rankings, mut calibrations) = (Vec::new(), Vec::new());
        for class in 0..classes {
            let own: Vec<f64> = probabilities.iter().copied().skip(class).step_by(classes.max(1)).collect();
            let is_positive: Vec<bool> = truth.iter().map(|truth| *truth as usize == class).collect();
            rankings.push(ranking(&own, &is_positive));
            calibrations.push(calibration(&own, &is_positive));
        }
        let (log_loss, brier) = (log_loss(probabilities, classes, truth), brier(probabilities, classes, truth));
        Self { rankings, calibrations, log_loss, brier }
    }

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
