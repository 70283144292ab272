//! Round after round of trees.

use dagwood_tabular::model::linear::softmax;
use dagwood_tabular::model::trees::Tree;
use dagwood_tabular::{Labels, Matrix};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use super::bins::Bins;
use super::grow::{Growth, grow};
use super::histogram::Slope;
use super::split::Rules;
use crate::limits::FACTORS_MAX;

/// How trees are boosted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boosting {
    /// Rounds at most.
    pub rounds: usize,
    /// What each tree counts.
    pub learning_rate: f64,
    /// Leaves of a tree at most.
    pub leaves: usize,
    /// Rows of a leaf at least.
    pub leaf_rows: u32,
    /// Strength of the penalty on squared leaves.
    pub l2: f64,
    /// When to stop before the last round.
    pub early_stopping: Option<EarlyStopping>,
}

/// Rows are held back, and boosting stops when the loss on them does not get better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// The share of the rows that is held back.
    pub fraction: f64,
    /// Rounds that may pass without getting better.
    pub patience: usize,
    /// Decides which rows.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    /// Where each score begins.
    pub base: Vec<f64>,
    /// In each round one tree for each score.
    pub rounds: Vec<Vec<Tree>>,
    /// The mean log-loss at the end, on the rows held back if there are any; in nats.
    pub loss: f64,
    /// The mean log-loss of all rows that it was trained on, in nats.
    pub log_loss: f64,
    /// The share of those rows that it gets right, 0 to 1.
    pub accuracy: f64,
    /// For each column its share of what all splits gained; 0 to 1.
    pub importance: Vec<f64>,
    /// Whether it stopped before the last round.
    pub stopped: bool,
}

/// Scores under way.
struct State<'a> {
    labels: &'a Labels,
    /// Score by score, one for each row.
    scores: Vec<Vec<f64>>,
}

/// Boosts trees that tell the classes apart. `watch` is called with each round's number, from 0, and the mean log-loss after it.
pub fn boost(features: &Matrix, labels: &Labels, how: Boosting, mut watch: impl FnMut(usize, f64)) -> Boosted {
    let bins = Bins::new(features);
    let (trained, held) = hold_back(labels, how.early_stopping);
    let base = base(labels, &trained);
    let mut state = State { labels, scores: base.iter().map(|base| vec![*base; labels.codes.len()]).collect() };
    let growth = Growth {
        rules: Rules { l2: how.l2, leaf_rows: how.leaf_rows },
        leaves: how.leaves,
        learning_rate: how.learning_rate,
    };
    let mut gains = vec![0.0; bins.columns.len()];
    let mut slopes = vec![vec![Slope::default(); labels.codes.len()]; base.len()];
    let mut rounds: Vec<Vec<Tree>> = Vec::new();
    let mut best = (0, f64::INFINITY);
    for round in 0..how.rounds {
        let of_trained = state.slopes(&trained, &mut slopes);
        let loss = if held.is_empty() { of_trained } else { state.loss(&held) };
        watch(round, loss);
        if loss < best.1 {
            best = (round, loss);
        } else if how.early_stopping.is_some_and(|stop| round - best.0 >= stop.patience) {
            break;
        }
        let mut trees = Vec::with_capacity(base.len());
        let mut grew = false;
        for (score, slopes) in state.scores.iter_mut().zip(&slopes) {
            let grown = grow(&bins, &trained, slopes, growth, &mut gains);
            grown.add_to(score);
            for row in &held {
                score[*row as usize] += grown.tree.value(features.columns(), *row as usize);
            }
            grew |= grown.leaves() > 1;
            trees.push(grown.tree);
        }
        if !grew {
            break;
        }
        rounds.push(trees);
    }
    let stopped = rounds.len() < how.rounds;
    let mut loss = state.loss(if held.is_empty() { &trained } else { &held });
    if rounds.len() == how.rounds {
        watch(how.rounds, loss);
        if loss < best.1 {
            best = (how.rounds, loss);
        }
    }
    if how.early_stopping.is_some() {
        // The scores are those of all rounds.
        for row in 0..labels.codes.len() {
            for trees in rounds.iter().skip(best.0) {
                for (score, tree) in state.scores.iter_mut().zip(trees) {
                    score[row] -= tree.value(features.columns(), row);
                }
            }
        }
        rounds.truncate(best.0);
        loss = best.1;
    }
    let all: Vec<u32> = (0..labels.codes.len() as u32).collect();
    let (log_loss, accuracy) = (state.loss(&all), state.accuracy());
    let total: f64 = gains.iter().sum();
    let importance = gains.into_iter().map(|gain| if total > 0.0 { gain / total } else { 0.0 }).collect();
    Boosted { base, rounds, loss, log_loss, accuracy, importance, stopped }
}

/// The rows to train on and those held back, each in order.
fn hold_back(labels: &Labels, stop: Option<EarlyStopping>) -> (Vec<u32>, Vec<u32>) {
    let all: Vec<u32> = (0..labels.codes.len() as u32).collect();
    let Some(stop) = stop else { return (all, Vec::new()) };
    let mut order = all;
    order.shuffle(&mut Pcg64::seed_from_u64(stop.seed));
    let count = ((order.len() as f64 * stop.fraction).ceil() as usize).min(order.len().saturating_sub(1));
    let mut trained = order.split_off(count);
    trained.sort_unstable();
    order.sort_unstable();
    (trained, order)
}

/// The scores that say how often each class is met.
fn base(labels: &Labels, rows: &[u32]) -> Vec<f64> {
    // As if half a row more of each class had been met: none is impossible.
    let mut counts = vec![0.5; labels.classes.len()];
    rows.iter().for_each(|row| counts[labels.codes[*row as usize] as usize] += 1.0);
    let total: f64 = counts.iter().sum();
    match counts[..] {
        [first, second] => vec![(second / first).ln()],
        _ => counts.iter().map(|count| (count / total).ln()).collect(),
    }
}

impl State<'_> {
    /// The mean log-loss of these rows.
    fn loss(&self, rows: &[u32]) -> f64 {
        if let [scores] = &self.scores[..] {
            let odds = |row: &u32| {
                let odds = scores[*row as usize];
                (odds, f64::from(self.labels.codes[*row as usize]), (-odds.abs()).exp())
            };
            return binary_loss(rows.iter().map(odds)) / rows.len().max(1) as f64;
        }
        let mut row_scores = vec![0.0; self.scores.len()];
        let of_row = |row: &u32| {
            let (row, wanted) = (*row as usize, self.labels.codes[*row as usize]);
            row_scores.iter_mut().zip(&self.scores).for_each(|(score, scores)| *score = scores[row]);
            let of_wanted = row_scores[wanted as usize];
            softmax(&mut row_scores) - of_wanted
        };
        rows.iter().map(of_row).sum::<f64>() / rows.len().max(1) as f64
    }

    /// The share of all rows that is right.
    fn accuracy(&self) -> f64 {
        let is_right = |(row, wanted): (usize, &u32)| match &self.scores[..] {
            // Of equals the first.
            [scores] => (scores[row] > 0.0) == (*wanted == 1),
            all => {
                let of_wanted = all[*wanted as usize][row];
                all.iter().enumerate().all(|(class, scores)| {
                    scores[row] < of_wanted || (scores[row] == of_wanted && class >= *wanted as usize)
                })
            }
        };
        let right = self.labels.codes.iter().enumerate().filter(|row| is_right(*row)).count();
        right as f64 / self.labels.codes.len().max(1) as f64
    }

    /// How the loss of each of these rows changes with each of its scores. Gives their mean log-loss.
    fn slopes(&self, rows: &[u32], slopes: &mut [Vec<Slope>]) -> f64 {
        let slope = |probability: f64, wanted: bool| {
            Slope::new(probability - f64::from(u8::from(wanted)), probability * (1.0 - probability))
        };
        if let ([scores], [slopes]) = (&self.scores[..], &mut slopes[..]) {
            let likely = |row: &u32| {
                let (row, wanted) = (*row as usize, self.labels.codes[*row as usize] == 1);
                let odds = scores[row];
                let e = (-odds.abs()).exp();
                let probability = if odds >= 0.0 { 1.0 } else { e } / (1.0 + e);
                slopes[row] = slope(probability, wanted);
                (odds, f64::from(u8::from(wanted)), e)
            };
            return binary_loss(rows.iter().map(likely)) / rows.len().max(1) as f64;
        }
        let mut loss = 0.0;
        let mut row_scores = vec![0.0; self.scores.len()];
        for row in rows {
            let (row, wanted) = (*row as usize, self.labels.codes[*row as usize]);
            row_scores.iter_mut().zip(&self.scores).for_each(|(score, scores)| *score = scores[row]);
            let of_wanted = row_scores[wanted as usize];
            loss += softmax(&mut row_scores) - of_wanted;
            for (class, (probability, slopes)) in row_scores.iter().zip(slopes.iter_mut()).enumerate() {
                slopes[row] = slope(*probability, wanted as usize == class);
            }
        }
        loss / rows.len().max(1) as f64
    }
}

/// The log-loss, added up, of log-odds, what was wanted of them, and `e` to minus their size, with one logarithm for many rows.
fn binary_loss(rows: impl Iterator<Item = (f64, f64, f64)>) -> f64 {
    let (mut loss, mut product, mut factors) = (0.0, 1.0_f64, 0);
    for (odds, wanted, e) in rows {
        loss += odds.max(0.0) - wanted * odds;
        product *= 1.0 + e;
        factors += 1;
        if factors == FACTORS_MAX {
            loss += product.ln();
            (product, factors) = (1.0, 0);
        }
    }
    loss + product.ln()
}
