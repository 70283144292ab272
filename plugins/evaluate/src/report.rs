//! What an evaluation answers: a small result, and a file that has it all.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Serialize;

use crate::confusion::Confusion;
use crate::limits::{REPORTED_CLASSES_MAX, REPORTED_NAME_MAX_CHARS};
use crate::metrics::{ClassFigures, accuracy, by_class, macro_averages};

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
    /// Mean log-loss in nats.
    pub log_loss: f64,
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
    /// Mean log-loss in nats.
    pub log_loss: f64,
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
}

impl From<ClassFigures> for ClassSummary {
    fn from(figures: ClassFigures) -> Self {
        let ClassFigures { precision, recall, f1, support } = figures;
        Self { precision, recall, f1, support }
    }
}

impl Summary {
    /// The figures of these counts.
    pub fn new(classes: &[String], confusion: &Confusion, log_loss: f64, rows: usize) -> Self {
        let averages = macro_averages(confusion);
        let named = classes.iter().zip(by_class(confusion));
        let named = named.map(|(class, figures)| (cut(class), ClassSummary::from(figures)));
        Self {
            accuracy: accuracy(confusion),
            precision: averages.precision,
            recall: averages.recall,
            f1: averages.f1,
            log_loss,
            rows,
            classes: (classes.len() <= REPORTED_CLASSES_MAX).then(|| named.collect()),
        }
    }
}

impl<'a> MetricsFile<'a> {
    /// The file's content.
    pub fn new(target: &'a str, classes: &'a [String], confusion: &'a Confusion, summary: &Summary) -> Self {
        let entries = classes.iter().zip(by_class(confusion));
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
            log_loss: summary.log_loss,
            classes: entries.map(|(class, figures)| ClassEntry { class, figures: figures.into() }).collect(),
            confusion_matrix: confusion.rows().collect(),
        }
    }
}

fn cut(name: &str) -> String {
    name.chars().take(REPORTED_NAME_MAX_CHARS).collect()
}
