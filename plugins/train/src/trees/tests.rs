use dagwood_tabular::model::trees::Node;
use dagwood_tabular::{Feature, Labels, Matrix};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::boost::{Boosted, Boosting, EarlyStopping, Step};
use super::goal::Goal;
use crate::weights::Weights;

fn boost(features: &Matrix, labels: &Labels, how: Boosting, watch: impl FnMut(Step)) -> Boosted {
    super::boost::boost(features, &Goal::classes(labels, &Weights::even(labels)), how, watch)
}

fn how() -> Boosting {
    Boosting { rounds: 20, learning_rate: 0.3, leaves: 8, leaf_rows: 1, l2: 0.0, early_stopping: None }
}

fn labels(is_second: &[bool]) -> Labels {
    Labels { classes: vec!["no".into(), "yes".into()], codes: is_second.iter().map(|yes| u32::from(*yes)).collect() }
}

/// The log-odds of each row, by the trees alone.
fn odds(boosted: &Boosted, features: &Matrix) -> Vec<f64> {
    let trees = || boosted.rounds.iter().map(|trees| &trees[0]);
    let of_row = |row| boosted.base[0] + trees().map(|tree| tree.value(features.columns(), row)).sum::<f64>();
    (0..features.rows()).map(of_row).collect()
}

fn log_loss(odds: &[f64], labels: &Labels) -> f64 {
    let loss = |(odds, code): (&f64, &u32)| (1.0 + odds.exp()).ln() - f64::from(*code) * odds;
    odds.iter().zip(&labels.codes).map(loss).sum::<f64>() / odds.len() as f64
}

#[test]
fn the_first_split_is_the_best_of_all() {
    let mut random = Pcg64::seed_from_u64(1);
    for _ in 0..200 {
        let rows = 12 + random.random_range(0..30_usize);
        let values: Vec<Vec<f64>> =
            (0..3).map(|_| (0..rows).map(|_| f64::from(random.random_range(0..9_i32))).collect()).collect();
        let wanted: Vec<bool> = (0..rows).map(|_| random.random_bool(0.4)).collect();
        if wanted.iter().all(|yes| *yes == wanted[0]) {
            continue;
        }
        let mut features = Matrix::with_rows(rows);
        values.iter().enumerate().for_each(|(at, values)| features.push(format!("x{at}"), values.clone()));
        let labels = labels(&wanted);
        let one = Boosting { rounds: 1, leaves: 2, learning_rate: 1.0, ..how() };
        let boosted = boost(&features, &labels, one, |_| {});
        let probability = 1.0 / (1.0 + (-boosted.base[0]).exp());
        // Every threshold of every column, tried.
        let worth = |side: &dyn Fn(usize) -> bool| {
            let rows: Vec<usize> = (0..rows).filter(|row| side(*row)).collect();
            let gradient: f64 = rows.iter().map(|row| probability - f64::from(u8::from(wanted[*row]))).sum();
            let curvature = rows.len() as f64 * probability * (1.0 - probability);
            if rows.is_empty() { f64::NEG_INFINITY } else { gradient * gradient / curvature }
        };
        let gain = |column: usize, threshold: f64| {
            worth(&|row| values[column][row] <= threshold) + worth(&|row| values[column][row] > threshold)
        };
        let all = (0..3).flat_map(|column| (0..8).map(move |at| (column, f64::from(at) + 0.5)));
        let best = all.map(|(column, threshold)| gain(column, threshold)).fold(f64::NEG_INFINITY, f64::max);
        let Some(Node::Number { column, threshold, .. }) = boosted.rounds.first().map(|trees| &trees[0].nodes[0])
        else {
            panic!("a tree has a split");
        };
        // The derivatives are kept with 24 bits.
        assert!((gain(*column, *threshold) - best).abs() < 1e-4 * best.abs().max(1.0), "{best}");
    }
}

#[test]
fn what_only_two_columns_together_tell_is_learnt() {
    let mut features = Matrix::with_rows(400);
    let bit = |row: usize, of: usize| row / of % 2;
    // Not quite balanced, or no first split would be better than none.
    features.push("a".into(), (0..400).map(|row| bit(row, 1) as f64 + (row % 7) as f64 / 100.0).collect());
    features.push("b".into(), (0..400).map(|row| bit(row, 2) as f64).collect());
    let labels = labels(&(0..400).map(|row| (bit(row, 1) != bit(row, 2)) != (row == 3)).collect::<Vec<_>>());
    let boosted = boost(&features, &labels, how(), |_| {});
    let right =
        odds(&boosted, &features).into_iter().zip(&labels.codes).filter(|(odds, code)| (*odds > 0.0) == (**code == 1));
    assert!(right.count() >= 399);
    let total: f64 = boosted.importance.iter().sum();
    assert!(
        (total - 1.0).abs() < 1e-9 && boosted.importance.iter().all(|share| *share > 0.1),
        "{:?}",
        boosted.importance
    );
}

/// Rows of 400 categories, each with a chance of its own.
fn by_category(rows: usize, seed: u64) -> (Matrix, Labels) {
    let mut random = Pcg64::seed_from_u64(seed);
    let codes: Vec<u32> = (0..rows).map(|_| random.random_range(0..400)).collect();
    let wanted: Vec<bool> =
        codes.iter().map(|code| random.random_bool(if code * 7919 % 10 < 3 { 0.9 } else { 0.1 })).collect();
    let mut features = Matrix::with_rows(rows);
    features.push("noise".into(), (0..rows).map(|_| random.random()).collect());
    features.push_one_hot("c".into(), (0..400).map(|place: u32| place.to_string()).collect(), codes);
    (features, labels(&wanted))
}

#[test]
fn categories_are_parted_in_sets_and_those_not_seen_go_with_the_more() {
    let (features, labels) = by_category(20_000, 1);
    let boosted = boost(&features, &labels, how(), |_| {});
    assert!(boosted.importance[1] > 0.9, "{:?}", boosted.importance);
    let (fresh, truth) = by_category(5_000, 2);
    let loss = log_loss(&odds(&boosted, &fresh), &truth);
    // As good as 255 bins for 400 categories can be; without the categories it is 0.64.
    assert!(loss < 0.5, "{loss}");
    let mut unseen = Matrix::with_rows(1);
    unseen.push("noise".into(), vec![0.5]);
    unseen.push_one_hot("c".into(), vec!["0".into()], vec![Feature::NO_CATEGORY]);
    assert!(odds(&boosted, &unseen)[0] < 0.0, "most are of the first class");
}

#[test]
fn trees_say_of_the_rows_what_was_counted_while_they_were_grown() {
    let (features, labels) = by_category(3_000, 3);
    let mut watched = Vec::new();
    let boosted = boost(&features, &labels, how(), |step| watched.push((step.round, step.loss)));
    let loss = log_loss(&odds(&boosted, &features), &labels);
    assert!((loss - boosted.loss).abs() < 1e-9, "{loss} {}", boosted.loss);
    assert_eq!(watched.last(), Some(&(20, boosted.loss)));
    assert!(watched.windows(2).all(|pair| pair[1].1 < pair[0].1), "each round makes it better where it was trained");
}

#[test]
fn leaves_have_as_many_rows_as_they_must_and_trees_as_many_leaves_as_they_may() {
    let (features, labels) = by_category(2_000, 4);
    let few = Boosting { leaf_rows: 300, leaves: 5, rounds: 3, ..how() };
    let boosted = boost(&features, &labels, few, |_| {});
    for tree in boosted.rounds.iter().flatten() {
        let leaves = tree.nodes.iter().filter(|node| matches!(node, Node::Leaf { .. })).count();
        assert!((2..=5).contains(&leaves), "{leaves}");
        let mut rows = std::collections::BTreeMap::new();
        for row in 0..2_000 {
            *rows.entry(tree.value(features.columns(), row).to_bits()).or_insert(0) += 1;
        }
        assert!(rows.values().all(|count| *count >= 300), "{rows:?}");
    }
}

#[test]
fn boosting_stops_where_it_helps_no_more_and_forgets_the_rest() {
    let mut random = Pcg64::seed_from_u64(5);
    let mut features = Matrix::with_rows(2_000);
    features.push("noise".into(), (0..2_000).map(|_| random.random()).collect());
    let labels = labels(&(0..2_000).map(|_| random.random_bool(0.5)).collect::<Vec<_>>());
    let stopping = Some(EarlyStopping { fraction: 0.2, patience: 5, seed: 1 });
    let stop = Boosting { rounds: 500, early_stopping: stopping, ..how() };
    let mut watched = Vec::new();
    let boosted = boost(&features, &labels, stop, |step| watched.push(step.held_back.unwrap()));
    assert!(boosted.stopped && watched.len() < 100, "noise teaches nothing: {}", watched.len());
    let least = watched.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!((boosted.loss, watched[boosted.rounds.len()]), (least, least), "the best round is the last");
}

#[test]
fn three_classes_have_a_tree_each_in_every_round() {
    let rows = 240;
    let mut features = Matrix::with_rows(rows);
    features.push("a".into(), (0..rows).map(|row| row as f64).collect());
    let classes = ["x", "y", "z"].map(str::to_owned).to_vec();
    let labels = Labels { classes, codes: (0..rows).map(|row| (row / 80) as u32).collect() };
    let boosted = boost(&features, &labels, how(), |_| {});
    assert!(boosted.base.len() == 3 && boosted.rounds.iter().all(|trees| trees.len() == 3));
    let score = |row: usize, class: usize| {
        boosted.base[class]
            + boosted.rounds.iter().map(|trees| trees[class].value(features.columns(), row)).sum::<f64>()
    };
    let likeliest = |row| (0..3).max_by(|a, b| score(row, *a).total_cmp(&score(row, *b))).unwrap();
    assert!((0..rows).all(|row| likeliest(row) == row / 80));
    assert!(boosted.loss < 0.05, "{}", boosted.loss);
}

#[test]
fn a_number_is_estimated_with_its_categories_and_stops_early_too() {
    let mut random = Pcg64::seed_from_u64(6);
    let rows = 3_000;
    let codes: Vec<u32> = (0..rows).map(|_| random.random_range(0..5)).collect();
    let values: Vec<f64> = codes.iter().map(|code| f64::from(*code) * -2e6 + random.random::<f64>()).collect();
    let mut features = Matrix::with_rows(rows);
    features.push_one_hot("c".into(), ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(), codes);
    let stopping = Some(EarlyStopping { fraction: 0.2, patience: 5, seed: 1 });
    let how = Boosting { rounds: 500, early_stopping: stopping, ..how() };
    let boosted = super::boost::boost(&features, &Goal::Number(&values), how, |_| {});
    assert!(boosted.stopped && boosted.rounds.len() > 5, "{}", boosted.rounds.len());
    let of_row =
        |row| boosted.base[0] + boosted.rounds.iter().map(|trees| trees[0].value(features.columns(), row)).sum::<f64>();
    for (row, value) in values.iter().enumerate() {
        assert!((of_row(row) - value).abs() < 10.0, "{} is not {value}", of_row(row));
        assert!((of_row(row) - boosted.scores[0][row]).abs() < 1e-3);
    }
}

#[test]
fn one_number_far_out_does_not_hide_the_others() {
    let rows = 2_000;
    let values: Vec<f64> = (0..rows).map(|row| if row == 7 { 1e7 } else { f64::from(row % 5) }).collect();
    let mut features = Matrix::with_rows(rows as usize);
    features.push("far".into(), (0..rows).map(|row| f64::from(u8::from(row == 7))).collect());
    features.push("a".into(), (0..rows).map(|row| f64::from(row % 5)).collect());
    let boosted = super::boost::boost(&features, &Goal::Number(&values), Boosting { rounds: 100, ..how() }, |_| {});
    for (score, value) in boosted.scores[0].iter().zip(&values) {
        assert!((score - value).abs() < 0.01, "{score} is not {value}");
    }
}

#[test]
fn what_rounds_gained_that_were_given_up_does_not_count() {
    let mut random = Pcg64::seed_from_u64(8);
    let mut features = Matrix::with_rows(1_000);
    features.push("noise".into(), (0..1_000).map(|_| random.random()).collect());
    features.push("a".into(), (0..1_000).map(|row| f64::from(row % 2)).collect());
    let labels = labels(&(0..1_000).map(|row| row % 2 == 1).collect::<Vec<_>>());
    let early_stopping = Some(EarlyStopping { fraction: 0.2, patience: 5, seed: 1 });
    let all = boost(&features, &labels, Boosting { rounds: 3, leaves: 2, ..how() }, |_| {});
    assert_eq!(all.importance, [0.0, 1.0]);
    let noise = Labels { codes: (0..1_000).map(|_| random.random_range(0..2)).collect(), ..labels };
    let stopped = boost(&features, &noise, Boosting { rounds: 50, early_stopping, ..how() }, |_| {});
    assert!(stopped.stopped);
    let splits = |column: usize| {
        let nodes = stopped.rounds.iter().flatten().flat_map(|tree| &tree.nodes);
        nodes.filter(|node| matches!(node, Node::Number { column: of, .. } if *of == column)).count()
    };
    for column in 0..2 {
        assert_eq!(stopped.importance[column] > 0.0, splits(column) > 0, "{:?}", stopped.importance);
    }
}

#[test]
fn a_table_with_nothing_to_tell_by_gives_no_trees() {
    let mut features = Matrix::with_rows(10);
    features.push("same".into(), vec![1.0; 10]);
    let labels = labels(&(0..10).map(|row| row < 3).collect::<Vec<_>>());
    let boosted = boost(&features, &labels, how(), |_| {});
    assert!(boosted.rounds.is_empty());
    assert_eq!(boosted.scores[0], odds(&boosted, &features), "what is not in the model is not in the scores");
    assert!(odds(&boosted, &features).iter().all(|odds| *odds < 0.0));
}
