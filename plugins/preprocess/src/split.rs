//! Which rows are for training and which for testing: by time, or seeded, and class by class if wanted.
//!
//! The number of rows for testing is `test_fraction` of all, rounded up, as scikit-learn has it. The rows of a part stay in the
//! file's order.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use dagwood_tabular::Labels;

/// The rows of both parts, in order, as places among the rows that were split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// For training; never empty.
    pub train: Vec<usize>,
    /// For testing; never empty.
    pub test: Vec<usize>,
}

/// Splits `rows` rows (2 at least) at random.
pub fn random(rows: usize, test_fraction: f64, seed: u64) -> Split {
    let mut order = (0..rows).collect::<Vec<_>>();
    order.shuffle(&mut Pcg64::seed_from_u64(seed));
    let is_test = marked(rows, &order[..test_rows(rows, test_fraction)]);
    by_mark(&is_test)
}

/// The latest rows (of 2 at least) are for testing: at least the share asked for, and all that have the time of the first of them.
/// None if all have the same time.
pub fn by_time(times: &[i64], test_fraction: f64) -> Option<Split> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = times.len() - test_rows(times.len(), test_fraction);
    // Where that would leave none for training, the second time begins the test.
    let first = *sorted.first()?;
    let from =
        *sorted.get(place).filter(|from| **from > first).or_else(|| sorted.iter().find(|time| **time > first))?;
    Some(by_mark(&times.iter().map(|time| *time >= from).collect::<Vec<_>>()))
}

/// Splits the labels' rows (2 at least) at random, so that each class has the same share in both parts, give or take a row.
/// Every class keeps at least one row for training.
pub fn stratified(labels: &Labels, test_fraction: f64, seed: u64) -> Split {
    let rows = labels.codes.len();
    let counts = labels.counts();
    let shares = shares(&counts, test_rows(rows, test_fraction));
    let mut members = counts.iter().map(|count| Vec::with_capacity(*count)).collect::<Vec<Vec<usize>>>();
    for (row, code) in labels.codes.iter().enumerate() {
        members[*code as usize].push(row);
    }
    let mut random = Pcg64::seed_from_u64(seed);
    let mut chosen = Vec::new();
    for (rows, share) in members.iter_mut().zip(shares) {
        rows.shuffle(&mut random);
        chosen.extend_from_slice(&rows[..share]);
    }
    by_mark(&marked(rows, &chosen))
}

/// Rounded up; at least one row, and one is left.
fn test_rows(rows: usize, test_fraction: f64) -> usize {
    ((rows as f64 * test_fraction).ceil() as usize).clamp(1, rows.saturating_sub(1).max(1))
}

/// How many rows of each class are for testing: shares by largest remainder; of equal remainders the larger class comes first.
/// No class gives its last row.
fn shares(counts: &[usize], test_rows: usize) -> Vec<usize> {
    let rows = counts.iter().sum::<usize>().max(1);
    let exact = |class: usize| counts[class] as f64 * test_rows as f64 / rows as f64;
    let mut shares =
        (0..counts.len()).map(|class| (exact(class) as usize).min(counts[class].saturating_sub(1))).collect::<Vec<_>>();
    let mut order = (0..counts.len()).collect::<Vec<_>>();
    order.sort_by(|a, b| {
        exact(*b).fract().total_cmp(&exact(*a).fract()).then(counts[*b].cmp(&counts[*a])).then(a.cmp(b))
    });
    let mut left = test_rows - shares.iter().sum::<usize>();
    while left > 0 {
        let before = left;
        for class in &order {
            if left > 0 && shares[*class] + 1 < counts[*class] {
                shares[*class] += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    shares
}

fn marked(rows: usize, chosen: &[usize]) -> Vec<bool> {
    let mut is_chosen = vec![false; rows];
    for row in chosen {
        is_chosen[*row] = true;
    }
    is_chosen
}

fn by_mark(is_test: &[bool]) -> Split {
    let rows = 0..is_test.len();
    let (test, train) = rows.partition(|row| is_test[*row]);
    Split { train, test }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
