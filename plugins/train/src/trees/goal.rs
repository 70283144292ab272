//! What trees are to tell, and how far scores are from it.

use dagwood_tabular::Labels;
use dagwood_tabular::model::linear::{logistic, softmax};

use super::histogram::{Slope, Weight};
use super::sigmoid::{SIGMOID_BITS, Sigmoid, softplus};
use crate::limits::{TREE_ERROR_GRADIENT, WEIGHT_MAX};
use crate::weights::Weights;

/// What trees are to tell of each row.
#[derive(Debug)]
pub enum Goal<'a> {
    /// Its class.
    Classes {
        /// Which.
        labels: &'a Labels,
        /// What a row counts; see [`Goal::classes`].
        weights: Weights,
        /// What the weights were multiplied by, and penalties have to be as well.
        factor: f64,
        /// For two classes.
        sigmoid: Sigmoid,
    },
    /// A number, which is finite and not the same in all rows.
    Number(&'a [f64]),
}

/// How the loss changes with the scores of a round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The mean loss; see [`Goal::loss`].
    pub loss: f64,
    /// What a gradient of 1 is, in units of the target times those of the curvature.
    pub gradient_unit: f64,
}

/// Rows whose losses are added up in whole numbers: each is below 35 of 2^40 units.
const ROWS_AT_ONCE: usize = 4_096;

/// The curvature of a number's loss: what that of classes is at most.
const ERROR_CURVATURE: f64 = 0.25;

impl<'a> Goal<'a> {
    /// Classes, whose rows count by their weights; these are brought to a mean of 1, or what sums of whole numbers
    /// hold, which changes no tree.
    pub fn classes(labels: &'a Labels, weights: &Weights) -> Self {
        let mean = weights.total(labels) / labels.codes.len().max(1) as f64;
        let factor = 1.0 / mean.max(weights.greatest() / WEIGHT_MAX).max(f64::MIN_POSITIVE);
        Self::Classes { labels, weights: weights.times(factor), factor, sigmoid: Sigmoid::new() }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        match self {
            Self::Classes { labels, .. } => labels.codes.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// How many scores a row has.
    pub fn scores(&self) -> usize {
        match self {
            Self::Classes { labels, .. } if labels.classes.len() > 2 => labels.classes.len(),
            Self::Classes { .. } | Self::Number(_) => 1,
        }
    }

    /// The penalty that has the strength asked for.
    pub fn penalty(&self, l2: f64) -> f64 {
        match self {
            Self::Classes { factor, .. } => l2 * factor,
            Self::Number(_) => l2 * ERROR_CURVATURE,
        }
    }

    /// Where the scores begin: what they are without any tree.
    pub fn base(&self, rows: &[u32]) -> Vec<f64> {
        match self {
            Self::Classes { labels, weights, .. } => {
                // As if half a row more of each class had been met: none is impossible.
                let mut counts = vec![0.5; labels.classes.len()];
                for row in rows {
                    let code = labels.codes[*row as usize];
                    counts[code as usize] += weights.of(code);
                }
                let total: f64 = counts.iter().sum();
                match counts[..] {
                    [first, second] => vec![(second / first).ln()],
                    _ => counts.iter().map(|count| (count / total).ln()).collect(),
                }
            }
            Self::Number(values) => {
                vec![rows.iter().map(|row| values[*row as usize]).sum::<f64>() / rows.len().max(1) as f64]
            }
        }
    }

    /// The mean loss of these rows: log-loss in nats, or half the squared error in the target's own unit squared.
    pub fn loss(&self, scores: &[Vec<f64>], rows: &[u32]) -> f64 {
        match (self, scores) {
            (Self::Number(values), [scores]) => half_mean_square(values, scores, rows),
            _ => self.each_class(scores, rows, |_, _, _| {}),
        }
    }

    /// How the loss of each of these rows changes with each of its scores.
    pub fn slopes(&self, scores: &[Vec<f64>], rows: &[u32], slopes: &mut [Vec<Slope>]) -> Change {
        match (self, scores, &mut *slopes) {
            (Self::Number(values), [scores], [slopes]) => of_errors(values, scores, rows, slopes),
            _ => {
                let loss = self.each_class(scores, rows, |score, row, slope| slopes[score][row] = slope);
                Change { loss, gradient_unit: 1.0 }
            }
        }
    }

    /// Calls `tell` with each score's number, row and slope. Gives the mean loss; 0 if there are no classes.
    fn each_class(&self, scores: &[Vec<f64>], rows: &[u32], tell: impl FnMut(usize, usize, Slope)) -> f64 {
        match (self, scores) {
            (Self::Classes { labels, weights, sigmoid, .. }, [scores]) => {
                two(labels, (weights, sigmoid), scores, rows, tell)
            }
            (Self::Classes { labels, weights, .. }, _) => many(labels, weights, scores, rows, tell),
            (Self::Number(_), _) => 0.0,
        }
    }
}

fn slope(probability: f64, wanted: bool, weight: f64) -> Slope {
    let gradient = probability - f64::from(u8::from(wanted));
    Slope::new(weight * gradient, weight * probability * (1.0 - probability))
}

/// A function of its own, so that a guest's compiler has registers for all of it.
#[inline(never)]
fn two(
    labels: &Labels,
    (weights, sigmoid): (&Weights, &Sigmoid),
    scores: &[f64],
    rows: &[u32],
    mut tell: impl FnMut(usize, usize, Slope),
) -> f64 {
    let weight_of = [weights.of(0), weights.of(1)];
    let exact = weight_of.map(Weight::new);
    let (mut loss, mut seconds) = (0.0, 0);
    // So few that whole numbers hold their sum.
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let (mut of_all, mut of_seconds) = (0_i64, 0_i64);
        for row in rows {
            let row = *row as usize;
            let (odds, second) = (scores[row], labels.codes[row] >= 1);
            let place = usize::from(second);
            seconds += place;
            if let Some(found) = sigmoid.at(odds) {
                tell(0, row, Slope::of_class(found.logistic, second, exact[place]));
                let own = found.softplus - if second { found.odds } else { 0 };
                of_all += own;
                of_seconds += if second { own } else { 0 };
            } else {
                tell(0, row, slope(logistic(odds), second, weight_of[place]));
                loss += weight_of[place] * softplus(if second { -odds } else { odds });
            }
        }
        let losses = [of_all - of_seconds, of_seconds].map(|sum| sum as f64 / (1_u64 << SIGMOID_BITS) as f64);
        loss += weight_of[0] * losses[0] + weight_of[1] * losses[1];
    }
    let weight_of_all = weight_of[0] * (rows.len() - seconds) as f64 + weight_of[1] * seconds as f64;
    loss / f64::max(weight_of_all, f64::MIN_POSITIVE)
}

fn many(
    labels: &Labels,
    weights: &Weights,
    scores: &[Vec<f64>],
    rows: &[u32],
    mut tell: impl FnMut(usize, usize, Slope),
) -> f64 {
    let (mut loss, mut weight_of_all) = (0.0, 0.0);
    let mut row_scores = vec![0.0; scores.len()];
    for row in rows {
        let (row, wanted) = (*row as usize, labels.codes[*row as usize]);
        let weight = weights.of(wanted);
        row_scores.iter_mut().zip(scores).for_each(|(score, scores)| *score = scores[row]);
        let of_wanted = row_scores[wanted as usize];
        loss += weight * (softmax(&mut row_scores) - of_wanted);
        weight_of_all += weight;
        for (class, probability) in row_scores.iter().enumerate() {
            tell(class, row, slope(*probability, wanted as usize == class, weight));
        }
    }
    loss / f64::max(weight_of_all, f64::MIN_POSITIVE)
}

fn errors<'a>(values: &'a [f64], scores: &'a [f64], rows: &'a [u32]) -> impl Iterator<Item = f64> + 'a {
    rows.iter().map(|row| scores[*row as usize] - values[*row as usize])
}

fn half_mean_square(values: &[f64], scores: &[f64], rows: &[u32]) -> f64 {
    errors(values, scores, rows).map(|error| error * error).sum::<f64>() / rows.len().max(1) as f64 / 2.0
}

/// Gradients are shares of the largest: whole numbers stand for them, and errors get smaller from round to round.
fn of_errors(values: &[f64], scores: &[f64], rows: &[u32], slopes: &mut [Slope]) -> Change {
    let largest = errors(values, scores, rows).map(f64::abs).fold(f64::MIN_POSITIVE, f64::max);
    let (per_error, mut squares) = (TREE_ERROR_GRADIENT / largest, 0.0);
    for (error, row) in errors(values, scores, rows).zip(rows) {
        slopes[*row as usize] = Slope::new(error * per_error, ERROR_CURVATURE);
        squares += error * error;
    }
    let loss = squares / rows.len().max(1) as f64 / 2.0;
    Change { loss, gradient_unit: ERROR_CURVATURE / per_error }
}
