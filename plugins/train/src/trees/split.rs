//! Where a node is best parted.

use super::bins::{Bins, Meaning};
use super::histogram::{Histogram, Packed, Sums};
use crate::limits::{CATEGORY_SMOOTHING, LEAF_CURVATURE_LEAST};

/// What a split has to keep to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) l2: f64,
    pub(super) leaf_rows: u32,
}

/// A node in two.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub(super) column: usize,
    /// How much the loss falls, times two.
    pub(super) gain: f64,
    pub(super) left: Packed,
    pub(super) right: Packed,
    /// For each bin whether it goes to the left.
    pub(super) goes_left: Vec<bool>,
}

impl Rules {
    /// How much a node is worth by itself.
    fn worth(&self, sums: Sums) -> f64 {
        sums.gradient * sums.gradient / (sums.curvature + self.l2)
    }

    fn allow(&self, sums: Sums) -> bool {
        sums.rows >= self.leaf_rows && sums.curvature >= LEAF_CURVATURE_LEAST
    }
}

/// The best split of a node, if one is better than none.
pub(super) fn best(bins: &Bins, histogram: &Histogram, total: Packed, rules: Rules) -> Option<Split> {
    let mut best: Option<Split> = None;
    for (column, binned) in bins.columns.iter().enumerate() {
        let sums = histogram.column(column);
        let order: Vec<usize> = match &binned.meaning {
            Meaning::Number { .. } => (0..sums.len()).collect(),
            Meaning::Category { .. } => by_need(sums),
        };
        let Some((gain, last, left)) = along(&order, sums, total, rules) else { continue };
        if best.as_ref().is_none_or(|best| gain > best.gain) {
            let mut goes_left = vec![false; sums.len()];
            order[..=last].iter().for_each(|bin| goes_left[*bin] = true);
            best = Some(Split { column, gain, left, right: total - left, goes_left });
        }
    }
    best
}

/// Categories that have rows, by the score that they would want (Fisher 1958): the best split in two is then along this order.
fn by_need(sums: &[Packed]) -> Vec<usize> {
    let need = |bin: usize| {
        let sums = sums[bin].sums();
        (bin, sums.gradient / (sums.curvature + CATEGORY_SMOOTHING))
    };
    let mut order: Vec<_> = (0..sums.len()).filter(|bin| !sums[*bin].is_empty()).map(need).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    order.into_iter().map(|(bin, _)| bin).collect()
}

/// The best place to part the bins in this order: the gain, the last place of the left side, and its sums.
fn along(order: &[usize], sums: &[Packed], total: Packed, rules: Rules) -> Option<(f64, usize, Packed)> {
    let whole = rules.worth(total.sums());
    let mut left = Packed::default();
    let mut best: Option<(f64, usize, Packed)> = None;
    for (place, bin) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
        if sums[*bin].is_empty() {
            continue;
        }
        left = left + sums[*bin];
        let sides = [left.sums(), (total - left).sums()];
        if !rules.allow(sides[0]) {
            continue;
        }
        if !rules.allow(sides[1]) {
            break;
        }
        let gain = rules.worth(sides[0]) + rules.worth(sides[1]) - whole;
        if gain > best.map_or(0.0, |(gain, ..)| gain) {
            best = Some((gain, place, left));
        }
    }
    best
}
