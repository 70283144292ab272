use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dagwood_tabular::parquet::{read_dataset, read_features, read_kept, transform_of};
use dagwood_tabular::{ColumnData, Feature, FeatureSpec, Matrix, Target};
use tempfile::TempDir;

use super::treat;
use crate::error::PreprocessError;
use crate::params::{DatePart, HeaderParam, Missing, Params, Policy};
use crate::pipeline::{Files, preprocess};
use crate::report::Prepared;

/// A flight every hour; of every third the delay is not known.
fn flights(rows: usize) -> String {
    let row = |row: usize| {
        let (day, hour) = (row / 24 + 1, row % 24);
        let delay = if row.is_multiple_of(3) { "NA".to_owned() } else { ((row * 7) % 40).to_string() };
        let distance = if row.is_multiple_of(11) { "NA".to_owned() } else { ((row * 13) % 100).to_string() };
        format!("2001-01-{day:02} {hour:02}:30,{delay},{distance},{}\n", ["ATL", "SFO", "JFK"][row % 4 % 3])
    };
    std::iter::once("date,delay,distance,origin\n".to_owned()).chain((0..rows).map(row)).collect()
}

fn late() -> Params {
    Params {
        derive: BTreeMap::from([
            ("late".into(), "delay > 15".into()),
            ("far".into(), "'far' if distance > 50 else 'near'".into()),
        ]),
        date_parts: BTreeMap::from([("date".into(), vec![DatePart::Hour, DatePart::WeekdayCyclic])]),
        ..Params::new("late")
    }
}

struct Fitted {
    folder: TempDir,
}

impl Fitted {
    /// Fits a transformation on 240 flights.
    fn new(params: &Params) -> Self {
        Self::of(&flights(240), params)
    }

    fn of(table: &str, params: &Params) -> Self {
        let fitted = Self { folder: TempDir::new().unwrap() };
        let path = |name| fitted.path(name);
        std::fs::write(path("data.csv"), table).unwrap();
        let files = Files {
            train: &path("train"),
            test: &path("test"),
            transform: &path("transform"),
            profile: &path("profile"),
            profile_plot: &path("profile_plot"),
        };
        preprocess(&path("data.csv"), files, params, 1).unwrap();
        fitted
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn treat(&self, table: &str, params: &Params) -> Result<Prepared, PreprocessError> {
        std::fs::write(self.path("new.csv"), table).unwrap();
        treat(&self.path("new.csv"), &self.path("transform"), &self.path("prepared"), params)
    }

    fn refusal(&self, table: &str, params: &Params) -> (&'static str, String) {
        let error = self.treat(table, params).unwrap_err();
        (error.code(), dagwood_tabular::wording::with_causes(&error))
    }
}

/// The rows of a table, as what they hold.
fn rows(features: &Matrix) -> Vec<Vec<u64>> {
    let cell = |column: &Feature, row: usize| match column {
        Feature::Number { values, .. } => values[row].to_bits(),
        Feature::OneHot { codes, .. } => codes[row].into(),
    };
    (0..features.rows()).map(|row| features.columns().iter().map(|column| cell(column, row)).collect()).collect()
}

fn features_of(path: &Path, specs: &[FeatureSpec]) -> Matrix {
    read_features(path, specs).unwrap().features
}

#[test]
fn rows_are_treated_as_they_were_when_it_was_fitted() {
    let fitted = Fitted::new(&late());
    let answer = fitted.treat(&flights(240), &Params::new("late")).unwrap();
    assert_eq!((answer.summary.prepared_rows, answer.summary.dropped_rows), (Some(240), 0));
    assert_eq!(answer.warnings, ["the target \"late\" is left out: 80 rows without it"]);
    let train = read_dataset(&fitted.path("train"), None).unwrap().features;
    let specs = train.specs();
    let all = rows(&features_of(&fitted.path("prepared"), &specs));
    // What was split is found again, bit by bit and in its order.
    for part in [train, features_of(&fitted.path("test"), &specs)] {
        let mut left = all.iter();
        assert!(rows(&part).iter().all(|row| left.any(|other| other == row)));
    }
    assert_eq!(specs.iter().map(FeatureSpec::column).collect::<Vec<_>>().len(), 6, "{specs:?}");
}

#[test]
fn the_target_is_kept_where_every_row_has_it_and_may_be_gone() {
    let fitted = Fitted::new(&late());
    let known = "date,delay,distance,origin\n2001-02-01 06:30,16,70,ATL\n2001-02-01 07:30,5,20,SFO\n";
    fitted.treat(known, &Params::new("late")).unwrap();
    let data = read_dataset(&fitted.path("prepared"), None).unwrap();
    let Target::Classes(labels) = &data.target else { panic!("classes") };
    assert_eq!((data.target_name.as_str(), labels.texts().collect::<Vec<_>>()), ("late", vec!["true", "false"]));

    // No delay yet, other columns, another order, another form of file.
    let fresh = "SFO;x;2001-02-01 06:30;70\nLAX;y;2001-02-01 07:30;NA\n";
    let names = ["origin", "note", "date", "distance"].map(str::to_owned).to_vec();
    let params = Params { delimiter: ";".into(), header: HeaderParam::Names(names), ..Params::new("late") };
    let answer = fitted.treat(fresh, &params).unwrap();
    assert_eq!(answer.summary.prepared_rows, Some(2));
    assert_eq!(answer.warnings, ["column \"origin\": 1 row with a text not seen in training, first \"LAX\" in row 2"]);
    let error = read_dataset(&fitted.path("prepared"), None).unwrap_err();
    assert_eq!(error.code(), "target-unknown", "there is no target in it");
}

#[test]
fn rows_with_gaps_are_dropped_where_they_were() {
    let params = Params { missing: Missing { numeric: Policy::Drop, ..Missing::default() }, ..late() };
    let fitted = Fitted::new(&params);
    let table = "date,distance,origin\n2001-02-01 06:30,70,ATL\n2001-02-01 07:30,NA,SFO\n";
    let answer = fitted.treat(table, &Params::new("late")).unwrap();
    assert_eq!((answer.summary.prepared_rows, answer.summary.dropped_rows), (Some(1), 1));
    let (code, _) = fitted.refusal("date,distance,origin\n2001-02-01 07:30,NA,SFO\n", &Params::new("late"));
    assert_eq!(code, "too-few-rows");
}

#[test]
fn what_does_not_fit_the_transformation_is_named() {
    let fitted = Fitted::new(&late());
    let plain = Params::new("late");
    let (code, words) = fitted.refusal("date,weight\n2001-02-01,1\n2001-02-02,2\n", &plain);
    assert_eq!(code, "transform-data-mismatch");
    assert!(words.contains("lacks 2 columns") && words.contains("\"distance\", \"origin\""), "{words}");
    let (code, words) = fitted.refusal("date,distance,origin\n2001-02-01,many,ATL\n", &plain);
    assert!(code == "not-of-kind" && words.contains("line 2, column \"distance\": \"many\""), "{words}");
    let (code, words) = fitted.refusal(&flights(24), &Params { drop: vec!["origin".into()], ..plain.clone() });
    assert!(code == "bad-params" && words.contains("`drop` does not go with"), "{words}");
    let (code, words) = fitted.refusal(&flights(24), &Params::new("delay"));
    assert!(code == "bad-params" && words.contains("is for \"late\""), "{words}");

    std::fs::write(fitted.path("transform"), "{\"format\": \"dagwood.transform\", \"version\": 2}").unwrap();
    let (code, words) = fitted.refusal(&flights(24), &plain);
    assert!(code == "not-a-transform" && words.contains("prepare the training data again"), "{words}");
    std::fs::write(fitted.path("transform"), "a,b\n").unwrap();
    assert_eq!(fitted.refusal(&flights(24), &plain).0, "not-a-transform");
}

#[test]
fn gaps_are_marked_as_they_were_and_rows_that_all_have_one_are_told_where() {
    let marked = flights(240).replace("NA", "-");
    let missing = Missing { numeric: Policy::Drop, ..Missing::default() };
    let params = Params { missing_values: vec!["-".into()], missing, ..late() };
    let fitted = Fitted::of(&marked, &params);
    let prepared = fitted.treat(&marked, &Params::new("late")).unwrap();
    assert_eq!(prepared.summary.dropped_rows, 22, "every eleventh distance is a gap");
    let header = "date,delay,distance,origin\n";
    let gone = format!("{header}2001-01-01 00:30,1,-,ATL\n2001-01-01 00:30,1,-,SFO\n");
    let (code, words) = fitted.refusal(&gone, &Params::new("late"));
    assert_eq!(code, "too-few-rows");
    assert!(words.contains("\"distance\" in 2 rows"), "{words}");
    // Another mark may be added, and is then one beside the first.
    let other = Params { missing_values: vec!["null".into()], ..Params::new("late") };
    let prepared = fitted.treat(&marked.replace(",5,", ",null,"), &other).unwrap();
    assert!(prepared.summary.dropped_rows >= 22);
    assert!(fitted.refusal(&marked.replace(",5,", ",null,"), &Params::new("late")).1.contains("`missing_values`"));
}

#[test]
fn a_target_of_new_rows_that_is_none_is_left_out() {
    let fitted = Fitted::new(&late());
    for strange in [flights(24).replace(",7,", ",soon,"), flights(24)] {
        let prepared = fitted.treat(&strange, &Params::new("late")).unwrap();
        assert!(prepared.warnings.iter().any(|line| line.contains("the target \"late\" is left out")));
        assert_eq!(read_dataset(&fitted.path("prepared"), None).unwrap_err().code(), "target-unknown");
    }
    let (_, words) = fitted.refusal(&flights(24).replace(",13,", ",far,"), &Params::new("late"));
    assert!(words.contains("column \"distance\""), "a feature is needed: {words}");
}

#[test]
fn a_transformation_that_contradicts_itself_is_refused() {
    let fitted = Fitted::new(&late());
    let text = std::fs::read_to_string(fitted.path("transform")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let original = json.clone();
    let distance = original["columns"].as_array().unwrap().iter().position(|c| c["column"] == "distance").unwrap();
    let origin = original["columns"].as_array().unwrap().iter().position(|c| c["column"] == "origin").unwrap();
    let mut refused = |change: &dyn Fn(&mut serde_json::Value)| {
        json = original.clone();
        change(&mut json);
        std::fs::write(fitted.path("transform"), json.to_string()).unwrap();
        let (code, words) = fitted.refusal(&flights(24), &Params::new("late"));
        assert_eq!(code, "not-a-transform", "{words}");
        words
    };
    assert!(refused(&|json| json["columns"][distance]["width"] = 0.0.into()).contains("\"distance\" cannot be scaled"));
    refused(&|json| json["columns"][distance]["width"] = 1e-320.into());
    let unsorted = serde_json::json!(["SFO", "ATL"]);
    assert!(refused(&|json| json["columns"][origin]["categories"] = unsorted.clone()).contains("not in order"));
    refused(&|json| json["columns"] = serde_json::json!([]));
    refused(&|json| json["columns"][origin] = json["columns"][distance].clone());
}

#[test]
fn columns_are_kept_beside_the_features_in_the_rows_that_stay() {
    let numbered = |table: &str| {
        let lines = table.lines().enumerate();
        lines
            .map(|(row, line)| format!("{line},{}\n", if row == 0 { "id".into() } else { format!("f{row}") }))
            .collect::<String>()
    };
    let missing = Missing { numeric: Policy::Drop, ..Missing::default() };
    let params = Params { keep: vec!["id".into(), "date".into()], missing, ..late() };
    let fitted = Fitted::of(&numbered(&flights(240)), &params);
    let train = read_dataset(&fitted.path("train"), None).unwrap();
    assert!(train.features.specs().iter().all(|spec| !["id", "date"].contains(&spec.column())));
    let kept = read_kept(&fitted.path("train")).unwrap();
    assert_eq!(kept.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "date"]);
    assert_eq!(kept[0].data.pick(0..train.features.rows()), kept[0].data, "as many rows");

    let keep = Params { keep: vec!["i*".into()], ..Params::new("late") };
    let prepared = fitted.treat(&numbered(&flights(33)), &keep).unwrap();
    assert_eq!(prepared.summary.dropped_rows, 3);
    let kept = read_kept(&fitted.path("prepared")).unwrap();
    let ColumnData::Text(ids) = &kept[0].data else { panic!("ids are texts") };
    // Of the rows 0, 11 and 22 the distance is a gap.
    let ids: Vec<_> = (0..30).filter_map(|row| ids.get(row)).collect();
    assert_eq!((ids.len(), ids[0], ids[9], ids[10]), (30, "f2", "f11", "f13"));
    let made_by = transform_of(&fitted.path("prepared")).unwrap();
    assert!(made_by.is_some() && made_by == transform_of(&fitted.path("train")).unwrap());
    let made = Params { keep: vec!["date_hour".into(), "far".into()], ..Params::new("late") };
    let (code, words) = fitted.refusal(&numbered(&flights(33)), &made);
    assert!(code == "bad-params" && words.contains("is a feature of the transformation"), "{words}");
    let gone = Params { keep: vec!["gone".into()], ..Params::new("late") };
    assert_eq!(fitted.refusal(&flights(33), &gone).0, "absent-column");
}
