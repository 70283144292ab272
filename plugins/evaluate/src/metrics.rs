//! The figures, each defined as scikit-learn defines it, so that they can be compared.

use crate::confusion::Confusion;

/// One class's figures, all 0 to 1 but the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassFigures {
    /// Of the rows taken for this class, the share that is of it; 0 if there are none (`zero_division=0`).
    pub precision: f64,
    /// Of the rows of this class, the share taken for it; 0 if there are none.
    pub recall: f64,
    /// The harmonic mean of both; 0 if both are.
    pub f1: f64,
    /// Rows of this class.
    pub support: u64,
}

/// The figures averaged over classes (`average="macro"`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall; also known as balanced accuracy if every class has a row.
    pub recall: f64,
    /// Mean F1, which is not the F1 of the means.
    pub f1: f64,
}

/// The share of rows taken for what they are (`accuracy_score`); 0 without rows.
pub fn accuracy(confusion: &Confusion) -> f64 {
    ratio(confusion.correct(), confusion.total())
}

/// The figures of each class (`precision_recall_fscore_support(zero_division=0)`).
pub fn by_class(confusion: &Confusion) -> Vec<ClassFigures> {
    let figures = |class| {
        let (hits, support, predicted) =
            (confusion.count(class, class), confusion.support(class), confusion.predicted(class));
        ClassFigures {
            precision: ratio(hits, predicted),
            recall: ratio(hits, support),
            f1: ratio(2 * hits, support + predicted),
            support,
        }
    };
    (0..confusion.classes()).map(figures).collect()
}

/// The mean over the classes that have a row or were predicted for one: scikit-learn's labels when none are given.
pub fn macro_averages(confusion: &Confusion) -> Averages {
    let figures = by_class(confusion).into_iter().enumerate();
    let met = figures.filter(|(class, figures)| figures.support + confusion.predicted(*class) > 0);
    let met = met.map(|(_, figures)| figures).collect::<Vec<_>>();
    let mean = |of: fn(&ClassFigures) -> f64| met.iter().map(of).sum::<f64>() / met.len().max(1) as f64;
    Averages { precision: mean(|f| f.precision), recall: mean(|f| f.recall), f1: mean(|f| f.f1) }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
