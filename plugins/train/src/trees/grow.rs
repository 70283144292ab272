//! One tree: the leaf that gains most is parted next.

use dagwood_tabular::model::trees::{Node, Tree};

use super::bins::{Bins, Meaning};
use super::histogram::{Histogram, Packed, Slope};
use super::split::{Rules, Split, best};
use crate::limits::AT_ONCE;

/// How a tree is grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) rules: Rules,
    pub(super) leaves: usize,
    pub(super) learning_rate: f64,
    /// See [`super::goal::Change`].
    pub(super) gradient_unit: f64,
}

/// A tree, and which rows came to which of its leaves.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// Rows, leaf by leaf.
    rows: Vec<u32>,
    /// Where in `rows` each leaf's begin and end, and what it says.
    leaves: Vec<(usize, usize, f64)>,
}

/// A node that may yet be parted.
struct Leaf {
    node: usize,
    begin: usize,
    end: usize,
    sums: Packed,
    histogram: Histogram,
    split: Option<Split>,
}

impl Grown {
    /// Adds what the tree says to the scores of the rows that it was grown on.
    pub(super) fn add_to(&self, scores: &mut [f64]) {
        for (begin, end, value) in &self.leaves {
            let (many, last) = self.rows[*begin..*end].as_chunks::<AT_ONCE>();
            many.iter().for_each(|rows| rows.iter().for_each(|row| scores[*row as usize] += value));
            last.iter().for_each(|row| scores[*row as usize] += value);
        }
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves.len()
    }
}

/// Grows a tree over `rows`, and adds to `gains` what its splits gained, column by column.
pub(super) fn grow(bins: &Bins, rows: &[u32], slopes: &[Slope], growth: Growth, gains: &mut [f64]) -> Grown {
    let mut rows = rows.to_vec();
    let mut aside = Vec::with_capacity(rows.len());
    let mut near: Vec<Slope> = Vec::with_capacity(rows.len());
    let mut nodes = vec![Node::Leaf { value: 0.0 }];
    let histogram = Histogram::new(bins, &rows, gathered(&rows, slopes, &mut near));
    let sums = histogram.total();
    let split = best(bins, &histogram, sums, growth.rules);
    let mut leaves = vec![Leaf { node: 0, begin: 0, end: rows.len(), sums, histogram, split }];
    while leaves.len() < growth.leaves {
        let Some(place) = most_to_gain(&leaves) else { break };
        let leaf = leaves.swap_remove(place);
        let Some(split) = leaf.split else {
            leaves.push(leaf);
            break;
        };
        gains[split.column] += split.gain * growth.gradient_unit * growth.gradient_unit;
        let span = &mut rows[leaf.begin..leaf.end];
        let middle = leaf.begin + part(span, &bins.columns[split.column].codes, &split.goes_left, &mut aside);
        let (left, right) = (nodes.len(), nodes.len() + 1);
        nodes.extend([Node::Leaf { value: 0.0 }, Node::Leaf { value: 0.0 }]);
        nodes[leaf.node] = node(bins, &leaf.histogram, &split, left, right);
        let spans = [(left, leaf.begin, middle, split.left), (right, middle, leaf.end, split.right)];
        let counted = usize::from(middle - leaf.begin > leaf.end - middle);
        let (_, begin, end, _) = spans[counted];
        let counted_rows = &rows[begin..end];
        let smaller = Histogram::new(bins, counted_rows, gathered(counted_rows, slopes, &mut near));
        let larger = leaf.histogram.without(&smaller);
        let histograms = if counted == 0 { [smaller, larger] } else { [larger, smaller] };
        for ((node, begin, end, sums), histogram) in spans.into_iter().zip(histograms) {
            let split = best(bins, &histogram, sums, growth.rules);
            leaves.push(Leaf { node, begin, end, sums, histogram, split });
        }
    }
    // As they lie in `rows`, whichever came first.
    leaves.sort_by_key(|leaf| leaf.begin);
    let ends = leaves.iter().map(|leaf| {
        let sums = leaf.sums.sums();
        let gradient = sums.gradient * growth.gradient_unit;
        let value = -growth.learning_rate * gradient / (sums.curvature + growth.rules.l2);
        (leaf, if value.is_finite() { value } else { 0.0 })
    });
    let mut spans = Vec::with_capacity(leaves.len());
    for (leaf, value) in ends {
        nodes[leaf.node] = Node::Leaf { value };
        spans.push((leaf.begin, leaf.end, value));
    }
    Grown { tree: Tree { nodes }, rows, leaves: spans }
}

/// The slopes of these rows next to each other, since every column asks for them.
#[inline(never)]
fn gathered<'a>(rows: &[u32], slopes: &'a [Slope], near: &'a mut Vec<Slope>) -> &'a [Slope] {
    if rows.len() == slopes.len() {
        return slopes;
    }
    near.clear();
    let (many, last) = rows.as_chunks::<AT_ONCE>();
    many.iter().for_each(|rows| near.extend_from_slice(&rows.map(|row| slopes[row as usize])));
    near.extend(last.iter().map(|row| slopes[*row as usize]));
    near
}

/// Of equals the one whose node is older.
fn most_to_gain(leaves: &[Leaf]) -> Option<usize> {
    let gain = |leaf: &Leaf| leaf.split.as_ref().map(|split| split.gain);
    let mut best: Option<(usize, f64)> = None;
    for (place, leaf) in leaves.iter().enumerate() {
        let Some(gain) = gain(leaf) else { continue };
        let is_better =
            best.is_none_or(|(other, most)| gain > most || (gain == most && leaf.node < leaves[other].node));
        if is_better {
            best = Some((place, gain));
        }
    }
    best.map(|(place, _)| place)
}

/// Puts the rows that go to the left before the others, each side in its order. Gives how many go to the left.
fn part(rows: &mut [u32], codes: &[u8], goes_left: &[bool], aside: &mut Vec<u32>) -> usize {
    let mut goes = [0_u8; 256];
    goes.iter_mut().zip(goes_left).for_each(|(goes, left)| *goes = u8::from(*left));
    aside.resize(rows.len(), 0);
    let kept = divide(rows, codes, &goes, aside);
    let others = rows.len() - kept;
    rows[kept..].copy_from_slice(&aside[..others]);
    kept
}

/// Leaves the rows that go to the left at the beginning of `rows`, and writes the others to `aside`, which is as long. Every row is
/// written to both sides, and one of them is then kept: which it is cannot be foretold, so a branch would cost more. A function of its
/// own, so that a guest's compiler has registers for all of it.
#[inline(never)]
fn divide(rows: &mut [u32], codes: &[u8], goes: &[u8; 256], aside: &mut [u32]) -> usize {
    let (mut kept, mut others) = (0, 0);
    let mut put = |rows: &mut [u32], row: u32| {
        let left = usize::from(goes[usize::from(codes[row as usize])]);
        rows[kept] = row;
        aside[others] = row;
        kept += left;
        others += 1 - left;
    };
    // What is written lies before what is still to be read.
    let mut place = 0;
    while let Some(many) = rows.get(place..).and_then(<[u32]>::first_chunk::<AT_ONCE>).copied() {
        many.into_iter().for_each(|row| put(rows, row));
        place += AT_ONCE;
    }
    for place in place..rows.len() {
        let row = rows[place];
        put(rows, row);
    }
    kept
}

fn node(bins: &Bins, histogram: &Histogram, split: &Split, left: usize, right: usize) -> Node {
    let column = split.column;
    match &bins.columns[column].meaning {
        Meaning::Number { thresholds } => {
            let last = split.goes_left.iter().rposition(|goes| *goes).unwrap_or_default();
            let threshold = thresholds.get(last).copied().unwrap_or(f64::MAX);
            Node::Number { column, threshold, left, right }
        }
        Meaning::Category { categories } => {
            let sums = histogram.column(column);
            let side = |wanted: bool| {
                let bins = categories.iter().enumerate().filter(|(bin, _)| !sums[*bin].is_empty());
                bins.filter(|(bin, _)| split.goes_left[*bin] == wanted).map(|(_, place)| *place).collect()
            };
            let other = categories.len();
            let more_left = split.left.sums().rows > split.right.sums().rows;
            let unseen_left = if sums[other].is_empty() { more_left } else { split.goes_left[other] };
            Node::Category { column, to_left: side(true), unseen_left, to_right: side(false), left, right }
        }
    }
}
