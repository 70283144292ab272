use dagwood_tabular::{Column, ColumnData, Table, TextColumn};

use super::{ColumnProfile, Profile, Values, picture};

fn number(values: Vec<f64>) -> ColumnProfile {
    let rows = values.len();
    ColumnProfile::new(&Column { name: "a".into(), data: ColumnData::Number(values) }, rows)
}

#[test]
fn numbers_are_counted_and_summed_up() {
    let found = number(vec![3.0, f64::NAN, 1.0, 2.0, 2.0]);
    assert_eq!((found.gaps, found.distinct), (1, 3));
    let Values::Number { least, greatest, mean, std, quantiles, histogram } = found.values else { panic!("numbers") };
    assert_eq!((least, greatest, mean, std), (1.0, 3.0, 2.0, 0.5_f64.sqrt()));
    let at = |share: f64| quantiles.iter().find(|quantile| quantile.share == share).unwrap().value;
    assert_eq!((at(0.25), at(0.5), at(0.75), at(0.99)), (1.0, 2.0, 2.0, 3.0));
    assert_eq!((histogram.edges, histogram.rows), (vec![0.5, 1.5, 2.5, 3.5], vec![1, 2, 1]));
}

#[test]
fn every_row_is_in_a_bin_or_beyond_them() {
    let long_tail: Vec<f64> = (0..2_000).map(|row| f64::from(row % 100) / 7.0).chain([1e9, -1e9]).collect();
    for values in [
        long_tail,
        vec![0.5; 40],
        vec![1e300, -1e300, 0.1],
        vec![f64::MAX, f64::MIN],
        vec![7.0],
        vec![1e17],
        vec![1e17, 1e17 + 64.0],
        vec![-1e-300, 1e-300],
        vec![0.0, f64::MIN_POSITIVE],
        (0..500).map(f64::from).collect(),
    ] {
        let rows = values.len() as u64;
        let table = Table::new(vec![Column { name: "a".into(), data: ColumnData::Number(values.clone()) }]);
        assert!(picture::draw_profile(&Profile::new(&table)).contains("</svg>"));
        let Values::Number { histogram, .. } = number(values).values else { panic!("numbers") };
        assert_eq!(histogram.rows.iter().sum::<u64>() + histogram.below + histogram.above, rows, "{histogram:?}");
        assert_eq!(histogram.edges.len(), histogram.rows.len() + 1);
        assert!(histogram.edges.is_sorted_by(|a, b| a < b), "{histogram:?}");
    }
}

#[test]
fn texts_times_and_columns_of_gaps_have_their_own() {
    let texts = (0..60).map(|row| if row == 0 { None } else { Some(format!("t{}", row % 30)) });
    let data = ColumnData::Text(TextColumn::of(texts));
    let found = ColumnProfile::new(&Column { name: "c".into(), data }, 60);
    assert_eq!((found.gaps, found.distinct), (1, 30));
    let Values::Category { most_frequent, others } = found.values else { panic!("texts") };
    assert_eq!((most_frequent[0].value.as_str(), most_frequent[0].rows, others), ("t1", 2, 19));

    let day = 24 * 3_600 * 1_000_000;
    let data = ColumnData::Time(vec![0, day, ColumnData::NO_TIME]);
    let found = ColumnProfile::new(&Column { name: "t".into(), data }, 3);
    let Values::Time { least, greatest, .. } = &found.values else { panic!("times") };
    assert_eq!((least.as_str(), greatest.as_str(), found.gaps), ("1970-01-01T00:00:00", "1970-01-02T00:00:00", 1));

    let empty = number(vec![f64::NAN; 3]);
    assert_eq!((empty.gaps, empty.distinct, empty.values), (3, 0, Values::Empty));
}

#[test]
fn the_picture_has_a_panel_for_each_column_up_to_a_limit() {
    let column = |place: usize| Column {
        name: format!("column {place}"),
        data: match place % 3 {
            0 => ColumnData::Number(vec![1.5, f64::NAN, 2.5]),
            1 => ColumnData::Text(TextColumn::of([Some("ATL"), Some("<SFO>"), None])),
            _ => ColumnData::Time(vec![0, 1_000_000, 2_000_000]),
        },
    };
    let table = Table::new((0..40).map(column).collect());
    let svg = picture::draw_profile(&Profile::new(&table));
    for text in ["3 rows, 40 columns, the first 30 of them", "column 0 (1 gap)", "ATL", "&lt;SFO&gt;", "1970-01-01"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    assert!(svg.contains("column 29") && !svg.contains("column 30"));
}

#[test]
fn a_long_text_is_cut() {
    let text = TextColumn::of([Some("ü".repeat(900_000)), None]);
    let found = ColumnProfile::new(&Column { name: "a".into(), data: ColumnData::Text(text) }, 2);
    let Values::Category { most_frequent, .. } = found.values else { panic!("texts") };
    assert_eq!(most_frequent[0].value, format!("{}…", "ü".repeat(200)));
}
