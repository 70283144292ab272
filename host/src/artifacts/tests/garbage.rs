use std::collections::HashSet;
use std::fs;
use std::time::Duration;

use super::*;
use crate::ids::Digest;

const NONE: Duration = Duration::ZERO;
/// The clock of these tests runs an hour ahead.
const TWO_HOURS: Duration = Duration::from_secs(7_200);

fn published(home: &Home, text: &str) -> crate::contract::ArtifactRef {
    let out = home.folder(text);
    fs::write(out.join("file"), text).unwrap();
    home.store.collect(&out, &[port("file", Cardinality::One)]).unwrap()[0].artifact
}

#[test]
fn what_nobody_refers_to_is_removed_and_what_is_used_stays() {
    let home = Home::new();
    let [kept, gone] = ["kept", "gone"].map(|text| published(&home, text));
    let used: HashSet<Digest> = [kept.digest].into();
    let swept = home.store.collect_garbage(&|digest| used.contains(digest), NONE).unwrap();
    assert_eq!((swept.objects, swept.bytes), (1, 4));
    assert!(home.store.locate(&kept).is_ok());
    assert!(home.store.locate(&gone).is_err());
    home.store.verify(&kept).unwrap();
}

#[test]
fn what_was_published_or_found_just_now_stays_though_no_row_names_it_yet() {
    let home = Home::new();
    let young = published(&home, "young");
    assert_eq!(home.store.collect_garbage(&|_| false, TWO_HOURS).unwrap().objects, 0);
    assert!(home.store.locate(&young).is_ok());
}

#[test]
fn folders_are_removed_whole_and_a_second_sweep_finds_nothing() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir_all(out.join("plots/deep")).unwrap();
    fs::write(out.join("plots/deep/a.svg"), "<svg/>").unwrap();
    let folder = home.store.collect(&out, &[port("plots", Cardinality::One)]).unwrap()[0].artifact;
    assert_eq!(home.store.collect_garbage(&|_| false, NONE).unwrap().objects, 1);
    assert!(home.store.locate(&folder).is_err());
    assert_eq!(home.store.collect_garbage(&|_| false, NONE).unwrap().objects, 0);
}
