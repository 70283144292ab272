//! What an evaluation answers: a small result, and a file that has it all.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Serialize;

use crate::confusion::Confusion;
use crate::figures::{Compared, Figure, Figures};
use crate::judgement::Judgement;
use crate::limits::{REPORTED_CLASSES_MAX, REPORTED_NAME_MAX_CHARS};
use crate::metrics::{ClassFigures, by_class};
use crate::ranking::{CalibrationBin, Ranking};

/// What the metrics file calls itself.
pub const FORMAT: &str = "dagwood.metrics";

/// The version of the metrics file.
pub const VERSION: u32 = 1;

/// The task's result.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// How good the model is.
    #[serde(flatten)]
    pub figures: Figures,
    /// Rows evaluated, or predicted.
    pub rows: usize,
    /// The figures of each class; none if there are more than a hundred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<BTreeMap<String, ClassSummary>>,
    /// Against the earlier model on the same rows, if there is one: figure by figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<BTreeMap<Figure, Compared>>,
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
    /// As in the result.
    #[serde(flatten)]
    pub figures: &'a Figures,
    /// As in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<&'a BTreeMap<Figure, Compared>>,
    /// The figures of each class, in the model's order; none if it estimates a number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassEntry<'a>>,
    /// One row of counts for each true class, one count for each predicted class, in the order of `classes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
    pub calibration: &'a [CalibrationBin],
}

impl From<ClassFigures> for ClassSummary {
    fn from(figures: ClassFigures) -> Self {
        let ClassFigures { precision, recall, f1, support } = figures;
        Self { precision, recall, f1, support }
    }
}

impl Summary {
    /// The result of a judgement.
    pub fn new(classes: &[String], judgement: &Judgement, rows: usize) -> Self {
        let named = |confusion: &Confusion| {
            let named = classes.iter().zip(by_class(confusion));
            named.map(|(class, figures)| (cut(class), ClassSummary::from(figures))).collect()
        };
        let classes = match judgement {
            Judgement::Classes { confusion, .. } if classes.len() <= REPORTED_CLASSES_MAX => Some(named(confusion)),
            Judgement::Classes { .. } | Judgement::Number { .. } => None,
        };
        Self { figures: judgement.figures(), rows, classes, comparison: None }
    }
}

impl<'a> MetricsFile<'a> {
    /// The file's content.
    pub fn new(target: &'a str, classes: &'a [String], judgement: &'a Judgement, summary: &'a Summary) -> Self {
        let (classes, confusion_matrix) = match judgement {
            Judgement::Classes { confusion, certainty } => {
                let sure = certainty.rankings.iter().zip(&certainty.calibrations);
                let entries = classes.iter().zip(by_class(confusion)).zip(sure);
                let entry =
                    |((class, figures), (ranking, calibration)): ((&'a String, _), (&Option<Ranking>, &'a Vec<_>))| {
                        entry(class, figures, ranking.as_ref(), calibration)
                    };
                (entries.map(entry).collect(), confusion.rows().collect())
            }
            Judgement::Number { .. } => (Vec::new(), Vec::new()),
        };
        Self {
            format: FORMAT,
            version: VERSION,
            evaluated_by: concat!("evaluate ", env!("CARGO_PKG_VERSION")),
            target,
            rows: summary.rows,
            figures: &summary.figures,
            comparison: summary.comparison.as_ref(),
            classes,
            confusion_matrix,
        }
    }
}

fn entry<'a>(
    class: &'a str,
    figures: ClassFigures,
    ranking: Option<&Ranking>,
    calibration: &'a [CalibrationBin],
) -> ClassEntry<'a> {
    ClassEntry {
        class,
        figures: figures.into(),
        roc_auc: ranking.map(|ranking| ranking.roc_auc),
        pr_auc: ranking.map(|ranking| ranking.pr_auc),
        calibration,
    }
}

fn cut(name: &str) -> String {
    name.chars().take(REPORTED_NAME_MAX_CHARS).collect()
}
