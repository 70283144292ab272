//! Which rows are held back, so that boosting knows when to stop.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use super::boost::EarlyStopping;
use super::goal::Goal;

/// Rows, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) trained: Vec<u32>,
    pub(super) held: Vec<u32>,
}

/// Parts the rows by chance: of each class as large a share as of all, but never the last row of one.
pub(super) fn hold_back(goal: &Goal<'_>, stop: Option<EarlyStopping>) -> Parts {
    let mut order: Vec<u32> = (0..goal.rows() as u32).collect();
    let Some(stop) = stop else { return Parts { trained: order, held: Vec::new() } };
    order.shuffle(&mut Pcg64::seed_from_u64(stop.seed));
    let mut wanted = shares(&class_sizes(goal), stop.fraction);
    let (mut held, mut trained): (Vec<u32>, Vec<u32>) = order.into_iter().partition(|row| {
        let left = &mut wanted[class(goal, *row)];
        let is_held = *left > 0;
        *left -= usize::from(is_held);
        is_held
    });
    trained.sort_unstable();
    held.sort_unstable();
    Parts { trained, held }
}

fn class(goal: &Goal<'_>, row: u32) -> usize {
    match goal {
        Goal::Classes { labels, .. } => labels.codes[row as usize] as usize,
        Goal::Number(_) => 0,
    }
}

fn class_sizes(goal: &Goal<'_>) -> Vec<usize> {
    match goal {
        Goal::Classes { labels, .. } => labels.counts(),
        Goal::Number(values) => vec![values.len()],
    }
}

/// How many rows of each class are held back: what is rounded off one is given to the next; at least one of all.
fn shares(sizes: &[usize], fraction: f64) -> Vec<usize> {
    let mut rest = 0.0;
    let mut share = |size: &usize| {
        let exact = *size as f64 * fraction + rest;
        let whole = (exact as usize).min(size.saturating_sub(1));
        rest = exact - whole as f64;
        whole
    };
    let mut shares: Vec<usize> = sizes.iter().map(&mut share).collect();
    if shares.iter().all(|share| *share == 0) {
        let largest = (0..sizes.len()).max_by_key(|class| sizes[*class]).filter(|class| sizes[*class] > 1);
        largest.into_iter().for_each(|class| shares[class] = 1);
    }
    shares
}

#[cfg(test)]
mod tests {
    use dagwood_tabular::Labels;

    use super::*;
    use crate::weights::Weights;

    #[test]
    fn each_class_gives_its_share_and_keeps_a_row() {
        assert_eq!(shares(&[100, 1_000], 0.1), [10, 100]);
        assert_eq!(shares(&[5, 5, 5, 5], 0.1), [0, 1, 0, 1]);
        assert_eq!(shares(&[1, 1, 3], 0.1), [0, 0, 1], "one at least");
        assert_eq!(shares(&[1, 1], 0.9), [0, 0], "and of each class one stays");
    }

    #[test]
    fn rows_are_parted_by_chance_and_class_and_the_same_by_the_same_seed() {
        let texts: Vec<&str> = (0..1_000).map(|row| if row % 10 == 0 { "rare" } else { "often" }).collect();
        let labels = Labels::new(&texts);
        let goal = Goal::classes(&labels, &Weights::even(&labels));
        let part = |seed| hold_back(&goal, Some(EarlyStopping { fraction: 0.2, patience: 1, seed }));
        let parts = part(1);
        let rare = parts.held.iter().filter(|row| **row % 10 == 0).count();
        assert_eq!((parts.held.len(), rare, parts.trained.len()), (200, 20, 800));
        let mut all = [parts.held.clone(), parts.trained.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1_000));
        assert!(parts == part(1) && parts != part(2));
        assert!(hold_back(&goal, None).held.is_empty());
    }
}
