use dagwood_tabular::Labels;

use super::{random, shares, stratified};

fn labels(counts: &[usize]) -> Labels {
    let texts = counts.iter().enumerate().flat_map(|(class, count)| vec![class.to_string(); *count]);
    Labels::new(&texts.collect::<Vec<_>>())
}

#[test]
fn every_row_is_in_exactly_one_part() {
    for seed in 0..50 {
        for split in [random(101, 0.25, seed), stratified(&labels(&[60, 30, 11]), 0.25, seed)] {
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..101).collect::<Vec<_>>());
            assert_eq!(split.test.len(), 26);
            assert!(split.train.is_sorted() && split.test.is_sorted());
        }
    }
}

#[test]
fn the_seed_decides_and_another_seed_decides_otherwise() {
    let labels = labels(&[60, 41]);
    assert_eq!(stratified(&labels, 0.25, 7), stratified(&labels, 0.25, 7));
    assert_ne!(stratified(&labels, 0.25, 7), stratified(&labels, 0.25, 8));
    assert_ne!(random(101, 0.25, 7), random(101, 0.25, 8));
}

#[test]
fn classes_keep_their_shares_to_within_a_row() {
    let counts = [152, 68, 124];
    let labels = labels(&counts);
    for seed in 0..20 {
        let split = stratified(&labels, 0.25, seed);
        assert_eq!(split.test.len(), 86);
        let mut found = [0_usize; 3];
        split.test.iter().for_each(|row| found[labels.codes[*row] as usize] += 1);
        for (found, count) in found.iter().zip(counts) {
            assert!((*found as f64 - count as f64 * 0.25).abs() <= 1.0);
        }
    }
}

#[test]
fn no_class_gives_its_last_row_away() {
    assert_eq!(shares(&[10, 1, 1], 11), [9, 0, 0]);
    assert_eq!(shares(&[1, 2], 1), [0, 1]);
    assert_eq!(shares(&[2, 2], 1), [1, 0]);
    assert_eq!(shares(&[0, 4], 2), [0, 2]);
}

#[test]
fn both_parts_have_a_row_however_small_the_table() {
    for fraction in [1e-9, 0.5, 1.0 - 1e-9] {
        let split = random(2, fraction, 1);
        assert_eq!((split.train.len(), split.test.len()), (1, 1));
    }
}

#[test]
fn every_row_is_tested_about_equally_often() {
    let mut tested = [0_u32; 40];
    for seed in 0..2000 {
        random(40, 0.25, seed).test.iter().for_each(|row| tested[*row] += 1);
    }
    // 500 expected, standard deviation 19: five of them on either side.
    assert!(tested.iter().all(|count| (405..595).contains(count)), "{tested:?}");
}
