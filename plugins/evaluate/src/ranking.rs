//! How well probabilities put rows in order, and how far they can be believed: class by class against all others.

use serde::Serialize;

use crate::limits::CURVE_STEPS;

/// One class's probabilities against what the rows were.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The chance that a row of the class has the greater probability than one that is not (`roc_auc_score`).
    pub roc_auc: f64,
    /// The mean precision over the rows of the class, from the most probable on (`average_precision_score`).
    pub pr_auc: f64,
    /// For thresholds from the greatest down: the share of rows of other classes that is taken for this one, and of its own.
    pub roc: Vec<(f64, f64)>,
    /// For the same thresholds: the share of the class's rows that is found, and of those taken for it that is right.
    pub precision_recall: Vec<(f64, f64)>,
}

/// Rows of about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them that is of the class.
    pub observed: f64,
    /// How many they are.
    pub rows: u64,
}

/// Bins of equal width from 0 to 1.
pub const CALIBRATION_BINS: usize = 10;

/// Rows of one probability.
struct Tie {
    positive: u64,
    negative: u64,
}

/// The ranking of a class; none if all rows are of it, or none is.
pub fn ranking(probabilities: &[f64], is_positive: &[bool]) -> Option<Ranking> {
    let ties = ties(probabilities, is_positive);
    let positive: u64 = ties.iter().map(|tie| tie.positive).sum();
    let negative: u64 = ties.iter().map(|tie| tie.negative).sum();
    if positive == 0 || negative == 0 {
        return None;
    }
    let (mut seen_positive, mut seen_negative) = (0_u64, 0_u64);
    // Twice the pairs that are in order, so that half ones are whole.
    let mut pairs = 0_u128;
    let mut precision = 0.0;
    let (mut roc, mut precision_recall) = (vec![(0.0, 0.0)], Vec::new());
    for tie in ties {
        pairs += u128::from(tie.negative) * u128::from(2 * seen_positive + tie.positive);
        seen_positive += tie.positive;
        seen_negative += tie.negative;
        let right = seen_positive as f64 / (seen_positive + seen_negative) as f64;
        precision += right * tie.positive as f64 / positive as f64;
        let recall = seen_positive as f64 / positive as f64;
        let is_last = seen_positive + seen_negative == positive + negative;
        extend(&mut roc, (seen_negative as f64 / negative as f64, recall), is_last);
        extend(&mut precision_recall, (recall, right), is_last);
    }
    let roc_auc = pairs as f64 / (2.0 * positive as f64 * negative as f64);
    Some(Ranking { roc_auc, pr_auc: precision, roc, precision_recall })
}

/// Adds a point to a curve if it is far enough from the last one to be seen, or is the end.
fn extend(curve: &mut Vec<(f64, f64)>, point: (f64, f64), is_last: bool) {
    let far = 1.0 / CURVE_STEPS;
    let is_near = curve.last().is_some_and(|last| (point.0 - last.0).abs() < far && (point.1 - last.1).abs() < far);
    if is_last || !is_near {
        curve.push(point);
    }
}

/// The rows by their probability, the greatest first.
fn ties(probabilities: &[f64], is_positive: &[bool]) -> Vec<Tie> {
    let mut rows: Vec<(f64, bool)> = probabilities.iter().copied().zip(is_positive.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let tie = |rows: &[(f64, bool)]| {
        let positive = rows.iter().filter(|(_, is_positive)| *is_positive).count() as u64;
        Tie { positive, negative: rows.len() as u64 - positive }
    };
    rows.chunk_by(|a, b| a.0 == b.0).map(tie).collect()
}

/// The bins that have rows, from the least probable on (`calibration_curve(n_bins=10, strategy="uniform")`).
pub fn calibration(probabilities: &[f64], is_positive: &[bool]) -> Vec<CalibrationBin> {
    let mut sums = [(0.0, 0_u64, 0_u64); CALIBRATION_BINS];
    for (probability, is_positive) in probabilities.iter().zip(is_positive) {
        // scikit-learn's bins include their right edge, and the edges are rounded as these are.
        let width = 1.0 / CALIBRATION_BINS as f64;
        let bin = (1..CALIBRATION_BINS).filter(|edge| *probability > *edge as f64 * width).count();
        let (sum, positive, rows) = &mut sums[bin];
        *sum += probability;
        *positive += u64::from(*is_positive);
        *rows += 1;
    }
    let bin = |(sum, positive, rows): (f64, u64, u64)| CalibrationBin {
        predicted: sum / rows as f64,
        observed: positive as f64 / rows as f64,
        rows,
    };
    sums.into_iter().filter(|(_, _, rows)| *rows > 0).map(bin).collect()
}

/// The squared distance between a row's probabilities and the truth, whose mean is the Brier score (`brier_score_loss`): with two
/// classes of the second's probability, with more summed over the classes.
pub fn square(row: &[f64], class: u32) -> f64 {
    let all = row.iter().enumerate();
    let sum: f64 = all.map(|(place, p)| (p - f64::from(u8::from(place == class as usize))).powi(2)).sum();
    if row.len() == 2 { sum / 2.0 } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_probability_count_half() {
        let found = ranking(&[0.5; 4], &[true, false, true, false]).unwrap();
        assert_eq!((found.roc_auc, found.pr_auc), (0.5, 0.5));
        assert_eq!((found.roc, found.precision_recall), (vec![(0.0, 0.0), (1.0, 1.0)], vec![(1.0, 0.5)]));
        let found = ranking(&[0.9, 0.8, 0.1], &[true, true, false]).unwrap();
        assert_eq!((found.roc_auc, found.pr_auc), (1.0, 1.0));
        assert_eq!(found.roc, [(0.0, 0.0), (0.0, 0.5), (0.0, 1.0), (1.0, 1.0)]);
        assert_eq!(found.precision_recall, [(0.5, 1.0), (1.0, 1.0), (1.0, 2.0 / 3.0)]);
        assert_eq!(ranking(&[0.9, 0.8, 0.1], &[false, false, true]).unwrap().roc_auc, 0.0);
    }

    #[test]
    fn a_curve_of_many_rows_keeps_the_points_that_can_be_told_apart() {
        let probabilities: Vec<f64> = (0..100_000).map(|row| f64::from(row) / 1e5).collect();
        let is_positive: Vec<bool> = (0..100_000).map(|row| row % 3 == 0 || row > 90_000).collect();
        let found = ranking(&probabilities, &is_positive).unwrap();
        assert!((300..1_500).contains(&found.roc.len()), "{}", found.roc.len());
        assert_eq!((found.roc[0], found.roc.last()), ((0.0, 0.0), Some(&(1.0, 1.0))));
        assert_eq!(found.precision_recall.last().map(|point| point.0), Some(1.0));
        let area: f64 = found.roc.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum();
        assert!((area - found.roc_auc).abs() < 1e-3, "{area} {}", found.roc_auc);
    }

    #[test]
    fn a_class_that_all_rows_or_none_are_of_has_no_ranking() {
        assert_eq!(ranking(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(ranking(&[0.1, 0.2], &[false, false]), None);
        assert_eq!(ranking(&[], &[]), None);
    }

    #[test]
    fn the_edges_of_calibration_have_their_bins() {
        let found = calibration(&[0.0, 0.1, 1.0], &[false, true, true]);
        assert_eq!(found.iter().map(|bin| bin.rows).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((found[0].predicted, found[0].observed), (0.05, 0.5));
    }
}
