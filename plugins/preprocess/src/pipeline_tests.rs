use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dagwood_tabular::parquet::read_dataset;
use dagwood_tabular::{Dataset, Target};
use tempfile::TempDir;

use super::{Files, preprocess};
use crate::error::PreprocessError;
use crate::params::{ColumnType, DatePart, Params, Policy, TargetKind};
use crate::report::Prepared;

struct Tried {
    folder: TempDir,
    answer: Result<Prepared, PreprocessError>,
}

impl Tried {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        ["train", "test", "transform", "profile", "profile_plot"]
            .map(|name| std::fs::read(self.path(name)).unwrap())
            .to_vec()
    }

    fn refusal(self) -> (&'static str, String) {
        let error = self.answer.unwrap_err();
        (error.code(), dagwood_tabular::wording::with_causes(&error))
    }
}

fn run(data: &Path, params: &Params, seed: u64) -> Tried {
    let folder = TempDir::new().unwrap();
    let [train, test, transform, profile, profile_plot] =
        ["train", "test", "transform", "profile", "profile_plot"].map(|name| folder.path().join(name));
    let files =
        Files { train: &train, test: &test, transform: &transform, profile: &profile, profile_plot: &profile_plot };
    let answer = preprocess(data, files, params, seed);
    Tried { folder, answer }
}

fn run_text(text: &str, params: &Params) -> Tried {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data.csv");
    std::fs::write(&data, text).unwrap();
    run(&data, params, 1)
}

fn penguins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ml_pipeline/data/penguins.csv")
}

/// `a,b,y`, with `rows` rows of two classes.
fn table(rows: usize) -> String {
    let row =
        |row: usize| format!("{},{},{}\n", (row * 7) % 5, row % 3, if row.is_multiple_of(2) { "no" } else { "yes" });
    std::iter::once("a,b,y\n".to_owned()).chain((0..rows).map(row)).collect()
}

#[test]
fn penguins_become_two_parts_of_numbers() {
    let tried = run(&penguins(), &Params::new("species"), 1);
    let summary = &tried.answer.as_ref().unwrap().summary;
    assert_eq!((summary.rows, summary.train_rows, summary.test_rows, summary.dropped_rows), (344, 258, 86, 0));
    assert_eq!((summary.features, summary.classes), (10, Some(3)));
    let train = read_dataset(&tried.path("train"), None).unwrap();
    let names = [
        "island=Biscoe",
        "island=Dream",
        "island=Torgersen",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex=female",
        "sex=male",
        "year",
    ];
    assert_eq!(train.features.names(), names);
    assert_eq!(train.target_name, "species");
    assert!(matches!(train.target, Target::Classes(labels) if labels.classes == ["Adelie", "Chinstrap", "Gentoo"]));
    assert_eq!(read_dataset(&tried.path("test"), None).unwrap().features.names(), names);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let params = Params::new("species");
    let first = run(&penguins(), &params, 7).bytes();
    assert_eq!(first, run(&penguins(), &params, 7).bytes());
    assert_ne!(first, run(&penguins(), &params, 8).bytes());
    let named = Params { seed: Some(7), ..params };
    assert_eq!(first, run(&penguins(), &named, 8).bytes());
}

#[test]
fn rows_with_gaps_are_dropped_where_asked_and_rows_without_a_target_always() {
    let mut params = Params::new("species");
    params.missing.categorical = Policy::Drop;
    assert_eq!(run(&penguins(), &params, 1).answer.unwrap().summary.dropped_rows, 11);
    let tried = run(&penguins(), &Params::new("sex"), 1).answer.unwrap();
    assert_eq!(tried.summary.dropped_rows, 11);
    assert!(tried.warnings.iter().any(|line| line.contains("11 rows dropped: no target \"sex\"")));
}

#[test]
fn an_empty_column_drops_no_rows_and_those_that_drop_them_all_are_named() {
    let row = |row: usize| {
        let digit = ["1", "2", "3"][row / 2 % 3];
        let (b, c) = if row.is_multiple_of(2) { (digit, "NA") } else { ("NA", digit) };
        format!("{},NA,{b},{c},{}\n", row * 7 % 5, if row < 20 { "no" } else { "yes" })
    };
    let text: String = std::iter::once("a,empty,b,c,y\n".to_owned()).chain((0..40).map(row)).collect();
    let mut params = Params { drop: vec!["c".into()], ..Params::new("y") };
    params.missing.numeric = Policy::Drop;
    assert_eq!(run_text(&text, &params).answer.unwrap().summary.dropped_rows, 20);
    let params = Params { drop: vec![], ..params };
    let (code, words) = run_text(&text, &params).refusal();
    assert_eq!(code, "too-few-rows");
    assert!(words.contains("gaps: \"b\" in 20 rows, \"c\" in 20 rows"), "{words}");
    let only = Params { features: Some(vec!["empty".into()]), ..params };
    let (code, words) = run_text(&text, &only).refusal();
    assert!(code == "no-features" && words.contains("\"empty\": it is empty"), "{words}");
}

#[test]
fn a_column_that_is_no_feature_in_the_end_drops_no_rows() {
    let row = |row: usize| {
        let (c, b) = (if row.is_multiple_of(10) { "1" } else { "NA" }, if row == 7 { "NA" } else { "2" });
        format!("{},{c},{b}{},{}\n", row * 7 % 5, row % 3, if row < 30 { "no" } else { "yes" })
    };
    let text: String = std::iter::once("a,c,b,y\n".to_owned()).chain((0..60).map(row)).collect();
    let mut params = Params::new("y");
    params.missing.numeric = Policy::Drop;
    let prepared = run_text(&text.replace("NA1", "NA"), &params).answer.unwrap();
    assert_eq!(prepared.summary.dropped_rows, 1, "only that of `b`: {:?}", prepared.warnings);
    assert!(prepared.summary.dropped_columns.iter().any(|dropped| dropped.column == "c"));
}

#[test]
fn a_column_that_says_nothing_in_fewer_rows_may_say_something_in_all() {
    // `a` is constant where it is not a gap, and `b` varies only where `a` is one.
    let row = |row: usize| {
        let (a, b) = if row.is_multiple_of(2) { ("7".to_owned(), 1) } else { ("NA".to_owned(), row % 5) };
        format!("{a},{b},{}\n", if row < 30 { "no" } else { "yes" })
    };
    let text: String = std::iter::once("a,b,y\n".to_owned()).chain((0..60).map(row)).collect();
    let mut params = Params::new("y");
    params.missing.numeric = Policy::Drop;
    let prepared = run_text(&text, &params).answer.unwrap().summary;
    assert_eq!((prepared.dropped_rows, prepared.features, prepared.dropped_columns.len()), (0, 1, 1));
    // Rows with a value of `c` are of one class.
    let row = |row: usize| {
        let c = if row < 4 { row.to_string() } else { "NA".into() };
        format!("{c},{},{}\n", row % 7, if row < 30 { "no" } else { "yes" })
    };
    let text: String = std::iter::once("c,b,y\n".to_owned()).chain((0..60).map(row)).collect();
    let (code, words) = run_text(&text, &params).refusal();
    assert_eq!(code, "one-class");
    assert!(words.contains("56 rows dropped before for gaps: \"c\" in 56 rows"), "{words}");
}

#[test]
fn a_target_of_numbers_with_a_text_among_them_is_refused_with_its_line() {
    let row = |row: usize| format!("{},{}\n", row % 5, if row == 20 { "POA".into() } else { (row * 3).to_string() });
    let text: String = std::iter::once("a,price\n".to_owned()).chain((0..40).map(row)).collect();
    let refused = |target_kind| run_text(&text, &Params { target_kind, ..Params::new("price") }).refusal();
    let (code, words) = refused(None);
    assert_eq!(code, "target-is-mixed");
    assert!(words.contains("line 22 holds \"POA\""), "{words}");
    let (code, words) = refused(Some(TargetKind::Numeric));
    assert!(code == "not-of-kind" && words.starts_with("line 22, column \"price\": \"POA\""), "{words}");
    let marked = Params { missing_values: vec!["POA".into()], ..Params::new("price") };
    assert_eq!(run_text(&text, &marked).answer.unwrap().summary.dropped_rows, 1);
}

#[test]
fn what_is_kept_stays_as_it_is_written() {
    let ids = ["9007199254740993", "9007199254740995", "00001", "1.50"];
    let row = |row: usize| format!("{},{},{}\n", ids[row % 4], row * 7 % 5, if row < 20 { "no" } else { "yes" });
    let text: String = std::iter::once("id,a,y\n".to_owned()).chain((0..40).map(row)).collect();
    let tried = run_text(&text, &Params { keep: vec!["id".into()], ..Params::new("y") });
    assert!(tried.answer.is_ok());
    let kept = dagwood_tabular::parquet::read_kept(&tried.path("train")).unwrap();
    let dagwood_tabular::ColumnData::Text(text) = &kept[0].data else { panic!("texts") };
    let mut levels = text.levels.clone();
    levels.sort();
    assert_eq!(levels, ["00001", "1.50", "9007199254740993", "9007199254740995"]);
    assert_eq!(part(&tried, "train").features.names(), ["a"]);
}

#[test]
fn times_are_read_as_they_are_written_here() {
    let text = flights(48).replace("2001-01-01 ", "1.1.2001 um ").replace("2001-01-02 ", "2.1.2001 um ");
    let params = Params {
        time_formats: vec!["%d.%m.%Y um %H:%M".into()],
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::Hour, DatePart::Day])]),
        ..late()
    };
    let names = part(&run_text(&text, &params), "train").features.names();
    assert!(names.contains(&"date_hour".to_owned()) && names.contains(&"date_day".to_owned()), "{names:?}");
    let wrong = Params { time_formats: vec!["dd.mm.yyyy".into()], ..late() };
    let (code, words) = run_text(&text, &wrong).refusal();
    assert!(code == "bad-params" && words.contains("`time_formats` has \"dd.mm.yyyy\""), "{words}");
    // Without a format they are texts.
    let (_, words) = run_text(&text, &Params { time_formats: vec![], ..params }).refusal();
    assert!(words.starts_with("line 2, column \"date\": \"1.1.2001 um 00:30\" is not a date"), "{words}");
}

#[test]
fn expressions_do_not_use_each_other_and_a_list_can_be_dropped() {
    let derive = BTreeMap::from([("m".into(), "a + 1".into()), ("n".into(), "m > b".into())]);
    let (code, words) = run_text(&table(40), &Params { derive, ..Params::new("y") }).refusal();
    assert!(code == "bad-params" && words.contains("`derive.n` uses \"m\", which is derived too"), "{words}");
    let others = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tabular/tests/pyarrow/others.parquet");
    let params = Params { drop: vec!["list*".into(), "bytes".into(), "any_bytes".into()], ..Params::new("time") };
    let (_, words) = run(&others, &params, 1).refusal();
    assert!(words.contains("no column beside the target"), "{words}");
}

#[test]
fn a_time_is_no_target_whatever_is_asked() {
    let refused = |target_kind| run_text(&flights(48), &Params { target_kind, ..Params::new("date") }).refusal();
    for target_kind in [None, Some(TargetKind::Categorical)] {
        let (code, words) = refused(target_kind);
        assert!(code == "target-is-time" && words.contains("is a time"), "{words}");
    }
    let (code, words) = refused(Some(TargetKind::Numeric));
    assert!(code == "not-of-kind" && words.starts_with("line 2, column \"date\""), "{words}");
}

#[test]
fn a_column_that_numbers_or_names_the_rows_is_left_out_unless_asked_for() {
    let mut text = "id,name,a,y\n".to_owned();
    for row in 0..30 {
        text += &format!("{},n{row},{},{}\n", row + 1, (row * 7) % 5, if row < 15 { "no" } else { "yes" });
    }
    let prepared = run_text(&text, &Params::new("y")).answer.unwrap();
    let dropped = prepared.summary.dropped_columns.iter().map(|dropped| dropped.column.as_str());
    assert_eq!(dropped.collect::<Vec<_>>(), ["id", "name"]);
    assert_eq!((prepared.summary.features, prepared.warnings.len()), (1, 2));
    let asked = Params { features: Some(vec!["id".into(), "a".into()]), ..Params::new("y") };
    assert_eq!(run_text(&text, &asked).answer.unwrap().summary.features, 2);
}

#[test]
fn columns_are_dropped_and_read_as_categories_where_asked() {
    let params = Params {
        drop: vec!["b".into()],
        types: BTreeMap::from([("a".into(), ColumnType::Category)]),
        ..Params::new("y")
    };
    assert_eq!(run_text(&table(40), &params).answer.unwrap().summary.features, 5);
}

/// `date,delay,distance,origin`: a flight every hour from New Year on.
fn flights(rows: usize) -> String {
    let row = |row: usize| {
        let (day, hour) = (row / 24 + 1, row % 24);
        let delay = if row.is_multiple_of(3) { "NA".to_owned() } else { ((row * 7) % 40).to_string() };
        format!("2001-01-{day:02} {hour:02}:30,{delay},{},{}\n", (row * 13) % 100, ["ATL", "SFO", "JFK"][row % 3])
    };
    std::iter::once("date,delay,distance,origin\n".to_owned()).chain((0..rows).map(row)).collect()
}

fn late() -> Params {
    Params { derive: BTreeMap::from([("late".into(), "delay > 15".into())]), ..Params::new("late") }
}

fn part(tried: &Tried, name: &str) -> Dataset {
    read_dataset(&tried.path(name), None).unwrap()
}

#[test]
fn a_target_is_made_by_an_expression_and_what_it_is_made_of_is_no_feature() {
    let tried = run_text(&flights(240), &late());
    let prepared = tried.answer.as_ref().unwrap();
    assert_eq!((prepared.summary.dropped_rows, prepared.summary.classes), (80, Some(2)));
    let dropped = prepared.summary.dropped_columns.iter().map(|dropped| dropped.column.as_str());
    assert_eq!(dropped.collect::<Vec<_>>(), ["delay", "date"], "the one gives the target away, the other is a time");
    let train = part(&tried, "train");
    assert_eq!(train.features.names(), ["distance", "origin=JFK", "origin=SFO"]);
    assert!(matches!(train.target, Target::Classes(labels) if labels.classes == ["false", "true"]));
    let leaks = Params { features: Some(vec!["delay".into()]), ..late() };
    let (code, words) = run_text(&flights(240), &leaks).refusal();
    assert!(code == "bad-params" && words.contains("what the target is made of"), "{words}");
    let all = Params { features: Some(vec!["d*".into()]), ..late() };
    assert_eq!(part(&run_text(&flights(240), &all), "train").features.names(), ["distance"]);
}

#[test]
fn what_is_made_of_what_the_target_is_made_of_is_no_feature_unless_it_is_named() {
    let params = Params {
        derive: BTreeMap::from([
            ("late".into(), "delay > 15".into()),
            ("minutes".into(), "delay * 1".into()),
            ("far".into(), "distance > 50".into()),
        ]),
        ..Params::new("late")
    };
    let tried = run_text(&flights(240), &params);
    let dropped = tried.answer.as_ref().unwrap().summary.dropped_columns.clone();
    assert!(dropped.iter().any(|dropped| dropped.column == "minutes" && dropped.reason.contains("naming it")));
    let names = ["distance", "origin=JFK", "origin=SFO", "far=false", "far=true"];
    assert_eq!(part(&tried, "train").features.names(), names);
    let named = Params { features: Some(vec!["minutes".into(), "d*".into()]), ..params };
    assert_eq!(part(&run_text(&flights(240), &named), "train").features.names(), ["minutes", "distance"]);
    // A part of the date that the target is a part of.
    let by_hour = Params {
        derive: BTreeMap::from([("morning".into(), "date_hour < 12".into())]),
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::Hour, DatePart::HourCyclic])]),
        ..Params::new("morning")
    };
    let names = part(&run_text(&flights(240), &by_hour), "train").features.names();
    assert_eq!(names.iter().filter(|name| name.starts_with("date")).count(), 0, "{names:?}");
}

#[test]
fn a_profile_is_written_unless_nobody_wants_it() {
    let tried = run_text(&flights(240), &late());
    let profile: serde_json::Value = serde_json::from_slice(&std::fs::read(tried.path("profile")).unwrap()).unwrap();
    let column = |name: &str| {
        let columns = profile["columns"].as_array().unwrap();
        columns.iter().find(|column| column["column"] == name).unwrap().clone()
    };
    assert_eq!((profile["rows"].as_u64(), column("delay")["gaps"].as_u64()), (Some(240), Some(80)));
    assert_eq!(
        column("late")["most_frequent"][0]["rows"].as_u64().unwrap()
            + column("late")["most_frequent"][1]["rows"].as_u64().unwrap(),
        160
    );
    assert!(std::fs::read_to_string(tried.path("profile_plot")).unwrap().contains("delay (80 gaps)"));
    let tried = run_text(&flights(240), &Params { profile: false, ..late() });
    assert!(tried.answer.is_ok() && !tried.path("profile").exists());
}

#[test]
fn parts_of_dates_are_columns_like_any_other() {
    let params = Params {
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::HourCyclic, DatePart::Weekday, DatePart::Hour])]),
        types: BTreeMap::from([("date_weekday".into(), ColumnType::Category)]),
        derive: BTreeMap::from([("late".into(), "delay > 15".into()), ("is_morning".into(), "date_hour < 12".into())]),
        drop: vec!["origin".into(), "distance".into()],
        ..Params::new("late")
    };
    let names = part(&run_text(&flights(480), &params), "train").features.names();
    let weekdays = (0..7).map(|day| format!("date_weekday={day}"));
    let expected = ["date_hour_sin".to_owned(), "date_hour_cos".to_owned()].into_iter().chain(weekdays);
    let rest = ["date_hour", "is_morning=false", "is_morning=true"].map(str::to_owned);
    assert_eq!(names, expected.chain(rest).collect::<Vec<_>>());
}

#[test]
fn the_latest_rows_are_for_testing_where_rows_are_split_by_time() {
    let params = Params {
        split_by: Some("date".into()),
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::Day])]),
        features: Some(vec!["date_day".into()]),
        scale: crate::params::Scale::None,
        ..late()
    };
    let tried = run_text(&flights(240), &params);
    let summary = &tried.answer.as_ref().unwrap().summary;
    assert_eq!((summary.train_rows, summary.test_rows), (120, 40));
    let days = |name: &str| match &part(&tried, name).features.columns()[0] {
        dagwood_tabular::Feature::Number { values, .. } => values.clone(),
        dagwood_tabular::Feature::OneHot { .. } => panic!("a day is a number"),
    };
    let last = days("train").into_iter().fold(0.0, f64::max);
    assert!(days("test").into_iter().all(|day| day >= last), "nothing of the test lies before the end of the training");
    let transform = std::fs::read_to_string(tried.path("transform")).unwrap();
    assert!(transform.contains("\"by\"") && transform.contains("\"delay > 15\""), "{transform}");
    let same = "date,a,y\n2001-01-01,1,p\n2001-01-01,2,q\n2001-01-01,3,p\n";
    let params = Params { split_by: Some("date".into()), ..Params::new("y") };
    assert_eq!(run_text(same, &params).refusal().0, "one-time");
}

#[test]
fn a_target_of_numbers_is_classes_if_there_are_few_whole_ones() {
    let text = table(40);
    assert_eq!(run_text(&text, &Params::new("b")).answer.unwrap().summary.classes, Some(3));
    let as_number = Params { target_kind: Some(TargetKind::Numeric), ..Params::new("b") };
    assert_eq!(run_text(&text, &as_number).answer.unwrap().summary.classes, None);
    let fractions = "a,y\n".to_owned() + &(0..9).map(|row| format!("{},{}.5\n", row % 2, row % 4)).collect::<String>();
    assert_eq!(run_text(&fractions, &Params::new("y")).answer.unwrap().summary.classes, None);
}

#[test]
fn an_absent_target_lists_the_columns_and_guesses() {
    let (code, message) = run(&penguins(), &Params::new("speceis"), 1).refusal();
    assert_eq!(code, "absent-target");
    assert!(message.contains("did you mean \"species\"?") && message.contains("\"flipper_length_mm\""), "{message}");
    let (_, message) = run_text("a;y\n1;2\n", &Params::new("y")).refusal();
    assert!(message.contains("is `delimiter` right?"), "{message}");
}

#[test]
fn a_file_whose_first_line_is_data_is_told_so() {
    let text = std::fs::read_to_string(penguins()).unwrap();
    let (_, body) = text.split_once('\n').unwrap();
    let (code, message) = run_text(body, &Params::new("species")).refusal();
    assert_eq!(code, "no-header");
    assert!(message.contains("\"39.1\""), "{message}");
}

#[test]
fn params_that_name_absent_columns_or_contradict_each_other_are_refused() {
    let base = || Params::new("y");
    let gone = || vec!["gone".to_owned()];
    let y = || vec!["y".to_owned()];
    for (params, code) in [
        (Params { features: Some(gone()), ..base() }, "absent-column"),
        (Params { drop: gone(), ..base() }, "absent-column"),
        (Params { types: BTreeMap::from([("gone".into(), ColumnType::Category)]), ..base() }, "absent-column"),
        (Params { split_by: Some("gone".into()), ..base() }, "absent-column"),
        (Params { split_by: Some("a".into()), ..base() }, "bad-params"),
        (Params { derive: BTreeMap::from([("a".into(), "b + 1".into())]), ..base() }, "bad-params"),
        (Params { derive: BTreeMap::from([("c".into(), "gone + 1".into())]), ..base() }, "absent-column"),
        (Params { date_parts: BTreeMap::from([("a".into(), vec![DatePart::Hour])]), ..base() }, "not-of-kind"),
        (Params { drop: y(), ..base() }, "bad-params"),
        (Params { features: Some(y()), ..base() }, "bad-params"),
        (Params { features: Some(vec!["a".into(), "a".into()]), ..base() }, "bad-params"),
        (Params { features: Some(Vec::new()), ..base() }, "no-features"),
        (Params { test_fraction: 1.0, ..base() }, "bad-params"),
        (Params { test_fraction: f64::NAN, ..base() }, "bad-params"),
        (Params { delimiter: "::".into(), ..base() }, "bad-params"),
        (Params { target_kind: Some(TargetKind::Numeric), ..base() }, "not-of-kind"),
    ] {
        assert_eq!(run_text(&table(20), &params).refusal().0, code, "{params:?}");
    }
}

#[test]
fn targets_that_cannot_be_learnt_are_refused() {
    assert_eq!(run_text("a,y\n1,x\n2,x\n3,x\n", &Params::new("y")).refusal().0, "one-class");
    assert_eq!(run_text("a,y\n1,p\n2,q\n3,r\n", &Params::new("y")).refusal().0, "too-many-classes");
    assert_eq!(run_text("a,y\n1,NA\n2,NA\n3,x\n", &Params::new("y")).refusal().0, "too-few-rows");
    assert_eq!(run_text("a,y\n1,NA\n2,\n", &Params::new("y")).refusal().0, "too-few-rows");
}

#[test]
fn texts_that_only_the_test_part_has_are_warned_of() {
    let mut text = "a,b,y\n".to_owned();
    for row in 0..40 {
        text += &format!("{},t{},{}\n", (row * 3) % 7, row.max(1), row % 2);
    }
    let prepared = run_text(&text, &Params::new("y")).answer.unwrap();
    assert!(prepared.warnings.iter().any(|line| line.contains("not seen in training")), "{:?}", prepared.warnings);
}

#[test]
fn columns_that_say_nothing_or_are_mixed_are_named_with_what_becomes_of_them() {
    let mut text = "empty,same,mixed,useful,y\n".to_owned();
    for row in 0..40 {
        let mixed = if row == 7 { "?".to_owned() } else { (row % 4).to_string() };
        text += &format!("NA,5,{mixed},{},{}\n", (row * 3) % 11, row % 2);
    }
    let tried = run_text(&text, &Params::new("y"));
    let warnings = tried.answer.as_ref().unwrap().warnings.join("\n");
    for line in [
        "column \"empty\" is left out: it is empty in the training part",
        "column \"same\" is left out: it has one value only in the training part",
        "column \"mixed\" is taken for texts, though most of it is numbers: line 9 holds \"?\"",
    ] {
        assert!(warnings.contains(line), "{warnings}");
    }
    let (code, words) = run_text("a,y\n1,NA\n2,\n", &Params::new("y")).refusal();
    assert!(code == "too-few-rows" && words.starts_with("0 rows with a value of the target \"y\""), "{words}");
    let as_numbers = Params { types: BTreeMap::from([("mixed".into(), ColumnType::Number)]), ..Params::new("y") };
    let (code, words) = run_text(&text, &as_numbers).refusal();
    assert!(code == "not-of-kind" && words.contains("line 9, column \"mixed\": \"?\""), "{words}");
}

#[test]
fn what_is_made_of_a_target_that_is_in_the_file_is_no_feature_either() {
    let params = Params { target: "delay".into(), ..late() };
    let tried = run_text(&flights(240), &params);
    let dropped = &tried.answer.as_ref().unwrap().summary.dropped_columns;
    assert!(dropped.iter().any(|dropped| dropped.column == "late"), "{dropped:?}");
    assert!(!part(&tried, "train").features.names().iter().any(|name| name.starts_with("late")));
    let hour = Params {
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::Hour, DatePart::HourCyclic])]),
        ..Params::new("date_hour")
    };
    assert!(
        !part(&run_text(&flights(240), &hour), "train").features.names().iter().any(|name| name.starts_with("date"))
    );
}

#[test]
fn parts_of_one_date_by_name_and_by_pattern_are_all_in_the_transformation() {
    let params = Params {
        date_parts: BTreeMap::from([("dat*".into(), vec![DatePart::Hour]), ("date".into(), vec![DatePart::Weekday])]),
        ..late()
    };
    let text = std::fs::read_to_string(run_text(&flights(240), &params).path("transform")).unwrap();
    let transform: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(transform["date_parts"], serde_json::json!({"date": ["hour", "weekday"]}));
}

#[test]
fn gaps_that_are_filled_with_a_category_count_as_its_rows() {
    let mut params = Params::new("y");
    params.missing.categorical = Policy::Constant(crate::params::Constant::Text("unknown".into()));
    params.encode.min_count = 5;
    let row = |row: usize| format!("{},{}\n", if row.is_multiple_of(2) { "NA" } else { "known" }, row % 3);
    let text: String = std::iter::once("a,y\n".to_owned()).chain((0..60).map(row)).collect();
    assert_eq!(part(&run_text(&text, &params), "train").features.names(), ["a=known", "a=unknown"]);
}

#[test]
fn a_target_that_names_hundreds_of_thousands_of_rows_is_refused_at_once() {
    let text: String =
        std::iter::once("a,y\n".to_owned()).chain((0..300_000).map(|row| format!("1,t{row}\n"))).collect();
    assert_eq!(run_text(&text, &Params { profile: false, ..Params::new("y") }).refusal().0, "too-many-classes");
}

#[test]
fn all_that_is_wrong_with_the_params_is_told_at_once() {
    let all = Params {
        drop: vec!["c".into()],
        derive: BTreeMap::from([("m".into(), "a +".into())]),
        date_parts: BTreeMap::from([("when".into(), vec![DatePart::Hour])]),
        ..Params::new("yy")
    };
    let (_, words) = run_text(&table(40), &all).refusal();
    for part in ["\"yy\"", "\"c\"", "`derive.m`", "\"when\""] {
        assert!(words.starts_with("4 mistakes") && words.contains(part), "{words}");
    }
    let params = Params {
        features: Some(vec!["a".into(), "bb".into(), "y".into()]),
        drop: vec!["c".into()],
        types: BTreeMap::from([("zip".into(), ColumnType::Category)]),
        ..Params::new("y")
    };
    let (code, words) = run_text(&table(40), &params).refusal();
    assert_eq!(code, "absent-column");
    assert!(words.starts_with("4 mistakes: (1) there is no column \"zip\""), "{words}");
    for part in
        ["(2) there is no column \"c\"", "(3) there is no column \"bb\"", "(4) the param `features` names the target"]
    {
        assert!(words.contains(part), "{words}");
    }
    let derive = BTreeMap::from([("m".into(), "a +".into()), ("n".into(), "aa > b".into())]);
    let (_, words) = run_text(&table(40), &Params { derive, ..Params::new("y") }).refusal();
    assert!(words.contains("(1) the param `derive.m` is no expression"), "{words}");
    assert!(words.contains("(2) there is no column \"aa\""), "{words}");
    let reading = Params { delimiter: ",,".into(), encoding: "klingon".into(), test_fraction: 1.0, ..Params::new("y") };
    let (_, words) = run_text(&table(40), &reading).refusal();
    assert!(
        words.contains("`delimiter`") && words.contains("`encoding`") && words.contains("`test_fraction`"),
        "{words}"
    );
}
