//! What an evaluation answers: a small result, and a file that has it all.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Serialize;

use crate::confusion::Confusion;
use crate::limits::{REPORTED_CLASSES_MAX, REPORTED_NAME_MAX_CHARS};
use crate::metrics::{ClassFigures, accuracy, by_class, log_loss, macro_averages};
use crate::ranking::{CalibrationBin, Ranking, brier, calibration, ranking};

/// What the metrics file calls itself.
pub const FORMAT: &str = "dagwood.metrics";

/// The version of the metrics file.
pub const VERSION: u32 = 1;

/// The task's result. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// The share of rows that the model gets right.
    pub accuracy: f64,
    /// Mean over the classes: of the rows taken for a class, the share that is of it.
    pub precision: f64,
    /// Mean over the classes: of the rows of a class, the share taken for it.
    pub recall: f64,
    /// Mean over the classes: the harmonic mean of both.
    pub f1: f64,
    /// The chance that a row of a class has the greater probability of it than one of another: with two classes of the second, with
    /// more the mean over the classes. None if all rows are of one class.
    pub roc_auc: Option<f64>,
    /// The mean precision over the rows of a class, from the most probable on; with more than two classes their mean.
    pub pr_auc: Option<f64>,
    /// Mean log-loss in nats.
    pub log_loss: f64,
    /// The mean squared distance between the probabilities and the truth, 0 to 1; with more than two classes to 2.
    pub brier: f64,
    /// Rows evaluated.
    pub rows: usize,
    /// The figures of each class; none if there are more than a hundred.
    pub classes: Option<BTreeMap<String, ClassSummary>>,
}

/// One class's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ClassSummary {
    /// Of the rows taken for this class, the share that is of it.
    pub precision: f64,
    /// Of the rows of this class, the share taken for it.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// Rows of this class.
    pub support: u64,
}

/// The metrics file.
#[derive(Debug, Clone, Serialize)]
pub struct MetricsFile<'a> {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// Always [`VERSION`].
    pub version: u32,
    /// The plugin that wrote it, and its version.
    pub evaluated_by: &'static str,
    /// The column predicted.
    pub target: &'a str,
    /// Rows evaluated.
    pub rows: usize,
    /// The share of rows that the model gets right.
    pub accuracy: f64,
    /// Mean over the classes met.
    pub precision: f64,
    /// Mean over the classes met.
    pub recall: f64,
    /// Mean over the classes met.
    pub f1: f64,
    /// As in the result.
    pub roc_auc: Option<f64>,
    /// As in the result.
    pub pr_auc: Option<f64>,
    /// Mean log-loss in nats.
    pub log_loss: f64,
    /// As in the result.
    pub brier: f64,
    /// The figures of each class, in the model's order.
    pub classes: Vec<ClassEntry<'a>>,
    /// One row of counts for each true class, one count for each predicted class, in the order of `classes`.
    pub confusion_matrix: Vec<&'a [u64]>,
}

/// One class's figures, with its name.
#[derive(Debug, Clone, Serialize)]
pub struct ClassEntry<'a> {
    /// Its name.
    pub class: &'a str,
    /// The figures.
    #[serde(flatten)]
    pub figures: ClassSummary,
    /// Against all others; none if all rows are of it, or none is.
    pub roc_auc: Option<f64>,
    /// Against all others.
    pub pr_auc: Option<f64>,
    /// What its probabilities are worth, in bins of a tenth that have rows.
    pub calibration: Vec<CalibrationEntry>,
}

/// Rows of about the same probability.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CalibrationEntry {
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them that is of the class.
    pub observed: f64,
    /// How many they are.
    pub rows: u64,
}

/// What the probabilities say beyond which class is the likeliest.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    /// Of each class.
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

impl From<ClassFigures> for ClassSummary {
    fn from(figures: ClassFigures) -> Self {
        let ClassFigures { precision, recall, f1, support } = figures;
        Self { precision, recall, f1, support }
    }
}

impl Summary {
    /// The figures of these counts.
    pub fn new(classes: &[String], confusion: &Confusion, certainty: &Certainty, rows: usize) -> Self {
        let averages = macro_averages(confusion);
        let named = classes.iter().zip(by_class(confusion));
        let named = named.map(|(class, figures)| (cut(class), ClassSummary::from(figures)));
        Self {
            accuracy: accuracy(confusion),
            precision: averages.precision,
            recall: averages.recall,
            f1: averages.f1,
            roc_auc: certainty.roc_auc(),
            pr_auc: certainty.pr_auc(),
            log_loss: certainty.log_loss,
            brier: certainty.brier,
            rows,
            classes: (classes.len() <= REPORTED_CLASSES_MAX).then(|| named.collect()),
        }
    }
}

impl<'a> MetricsFile<'a> {
    /// The file's content.
    pub fn new(
        target: &'a str,
        classes: &'a [String],
        confusion: &'a Confusion,
        certainty: &Certainty,
        summary: &Summary,
    ) -> Self {
        let sure = certainty.rankings.iter().zip(&certainty.calibrations);
        let entries = classes.iter().zip(by_class(confusion)).zip(sure);
        Self {
            format: FORMAT,
            version: VERSION,
            evaluated_by: concat!("evaluate ", env!("CARGO_PKG_VERSION")),
            target,
            rows: summary.rows,
            accuracy: summary.accuracy,
            precision: summary.precision,
            recall: summary.recall,
            f1: summary.f1,
            roc_auc: summary.roc_auc,
            pr_auc: summary.pr_auc,
            log_loss: summary.log_loss,
            brier: summary.brier,
            classes: entries.map(|((class, figures), (ranking, bins))| entry(class, figures, *ranking, bins)).collect(),
            confusion_matrix: confusion.rows().collect(),
        }
    }
}

fn entry<'a>(
    class: &'a str,
    figures: ClassFigures,
    ranking: Option<Ranking>,
    bins: &[CalibrationBin],
) -> ClassEntry<'a> {
    let bin =
        |bin: &CalibrationBin| CalibrationEntry { predicted: bin.predicted, observed: bin.observed, rows: bin.rows };
    ClassEntry {
        class,
        figures: figures.into(),
        roc_auc: ranking.map(|ranking| ranking.roc_auc),
        pr_auc: ranking.map(|ranking| ranking.pr_auc),
        calibration: bins.iter().map(bin).collect(),
    }
}

fn cut(name: &str) -> String {
    name.chars().take(REPORTED_NAME_MAX_CHARS).collect()
}
