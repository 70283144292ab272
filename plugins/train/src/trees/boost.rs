//! Round after round of trees.

use dagwood_tabular::Matrix;
use dagwood_tabular::model::trees::Tree;

use super::bins::Bins;
use super::goal::{Change, Goal};
use super::grow::{Growth, grow};
use super::held::{Parts, hold_back};
use super::histogram::Slope;
use super::split::Rules;

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
    /// The mean loss at the end, on the rows held back if there are any.
    pub loss: f64,
    /// Score by score, those of each row, held back or not.
    pub scores: Vec<Vec<f64>>,
    /// For each column its share of what all splits gained; 0 to 1.
    pub importance: Vec<f64>,
    /// Whether it stopped before the last round.
    pub stopped: bool,
}

/// How far it has come after a round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Rounds so far.
    pub round: usize,
    /// The mean loss of the rows trained on.
    pub loss: f64,
    /// Of those held back; none if there are none.
    pub held_back: Option<f64>,
}

/// Boosts trees towards the goal. `watch` is called before the first round and after each. Losses and scores are those of [`Goal`].
pub fn boost(features: &Matrix, goal: &Goal<'_>, how: Boosting, mut watch: impl FnMut(Step)) -> Boosted {
    let Parts { trained, held } = hold_back(goal, how.early_stopping);
    let bins = Bins::new(features, &trained);
    let base = goal.base(&trained);
    let mut scores: Vec<Vec<f64>> = base.iter().map(|base| vec![*base; goal.rows()]).collect();
    let rules = Rules { l2: goal.penalty(how.l2), leaf_rows: how.leaf_rows };
    // Round by round, what splits gained of each column.
    let mut gains: Vec<Vec<f64>> = Vec::new();
    let mut slopes = vec![vec![Slope::default(); goal.rows()]; base.len()];
    let mut rounds: Vec<Vec<Tree>> = Vec::new();
    let mut best = (0, f64::INFINITY);
    loop {
        let round = rounds.len();
        let Change { loss, gradient_unit } = goal.slopes(&scores, &trained, &mut slopes);
        let held_back = (!held.is_empty()).then(|| goal.loss(&scores, &held));
        watch(Step { round, loss, held_back });
        let counted = held_back.unwrap_or(loss);
        if counted < best.1 {
            best = (round, counted);
        } else if how.early_stopping.is_some_and(|stop| round - best.0 >= stop.patience) {
            break;
        }
        if round == how.rounds {
            break;
        }
        let growth = Growth { rules, leaves: how.leaves, learning_rate: how.learning_rate, gradient_unit };
        let mut gained = vec![0.0; bins.columns.len()];
        let grown: Vec<_> = slopes.iter().map(|slopes| grow(&bins, &trained, slopes, growth, &mut gained)).collect();
        if grown.iter().all(|grown| grown.leaves() < 2) {
            break;
        }
        for (score, grown) in scores.iter_mut().zip(&grown) {
            grown.add_to(score);
            for row in &held {
                score[*row as usize] += grown.tree.value(features.columns(), *row as usize);
            }
        }
        gains.push(gained);
        rounds.push(grown.into_iter().map(|grown| grown.tree).collect());
    }
    let stopped = rounds.len() < how.rounds;
    if how.early_stopping.is_some() {
        take_back(&mut scores, &rounds[best.0..], features);
        rounds.truncate(best.0);
        gains.truncate(best.0);
    }
    let loss = if how.early_stopping.is_some() { best.1 } else { goal.loss(&scores, &trained) };
    let importance = shares(&gains, bins.columns.len());
    Boosted { base, rounds, loss, scores, importance, stopped }
}

/// For each column its share of what all rounds gained.
fn shares(gains: &[Vec<f64>], columns: usize) -> Vec<f64> {
    let total: f64 = gains.iter().flatten().sum();
    let of_column = |column: usize| gains.iter().map(|gained| gained[column]).sum::<f64>();
    (0..columns).map(|column| if total > 0.0 { of_column(column) / total } else { 0.0 }).collect()
}

/// Takes out of the scores what these rounds gave to them.
fn take_back(scores: &mut [Vec<f64>], rounds: &[Vec<Tree>], features: &Matrix) {
    for trees in rounds {
        for (scores, tree) in scores.iter_mut().zip(trees) {
            scores.iter_mut().enumerate().for_each(|(row, score)| *score -= tree.value(features.columns(), row));
        }
    }
}
