use dagwood_tabular::{Column, ColumnData, Feature, TextColumn};

use super::{Applied, Fitted, Transform, statistics};
use crate::columns::Reason;
use crate::error::PreprocessError;
use crate::params::{Coding, Constant, Params, Policy, Scale};

const GAP: f64 = f64::NAN;

fn numbers(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), data: ColumnData::Number(values.to_vec()) }
}

fn texts(name: &str, values: &[&str]) -> Column {
    let mut text = TextColumn::default();
    for value in values {
        let place = text.levels.iter().position(|level| level == value).unwrap_or_else(|| {
            text.levels.push((*value).to_owned());
            text.levels.len() - 1
        });
        text.codes.push(if value.is_empty() { TextColumn::GAP } else { place as u32 });
    }
    Column { name: name.into(), data: ColumnData::Text(text) }
}

fn numbers_of(applied: &Applied, column: usize) -> &[f64] {
    match &applied.features.columns()[column] {
        Feature::Number { values, .. } => values,
        Feature::OneHot { column, .. } => panic!("{column} is categories"),
    }
}

fn codes(applied: &Applied, column: usize) -> &[u32] {
    match &applied.features.columns()[column] {
        Feature::OneHot { codes, .. } => codes,
        Feature::Number { name, .. } => panic!("{name} is numbers"),
    }
}

fn params(policy: Policy) -> Params {
    let mut params = Params::new("y");
    params.missing.numeric = policy.clone();
    params.missing.categorical = policy;
    params
}

fn fill_of(policy: Policy) -> Option<f64> {
    let column = numbers("a", &[1.0, 1.0, 2.0, 6.0, GAP]);
    let learnt = Transform::fit(&[&column], &[0, 1, 2, 3, 4], &params(policy)).unwrap();
    match &learnt.transform.columns()[0] {
        Fitted::Numeric { fill, .. } => *fill,
        Fitted::Categorical { .. } => panic!("a is numbers"),
    }
}

#[test]
fn gaps_among_numbers_are_filled_as_the_policy_says() {
    assert_eq!(fill_of(Policy::Mean), Some(2.5));
    assert_eq!(fill_of(Policy::Median), Some(1.5));
    assert_eq!(fill_of(Policy::Mode), Some(1.0));
    assert_eq!(fill_of(Policy::Constant(Constant::Number(9.0))), Some(9.0));
    assert_eq!(fill_of(Policy::Drop), None);
}

#[test]
fn what_is_learnt_comes_from_the_training_rows_alone() {
    let column = numbers("a", &[1.0, 3.0, GAP, 1e9, -1e9]);
    let text = texts("b", &["x", "y", "x", "z", ""]);
    let learnt = Transform::fit(&[&column, &text], &[0, 1, 2], &Params::new("y")).unwrap();
    let [Fitted::Numeric { fill, center, width, .. }, Fitted::Categorical { categories, .. }] =
        learnt.transform.columns()
    else {
        panic!("one column of each kind");
    };
    assert_eq!((*fill, *center), (Some(2.0), Some(2.0)));
    assert!((width.unwrap() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    assert_eq!(categories, &["x", "y"]);
    let applied = learnt.transform.apply(&[&column, &text], &[3, 4]).unwrap();
    assert_eq!(applied.features.names(), ["a", "b=x", "b=y"]);
    assert_eq!(
        applied.unseen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["column \"b\": 1 row with a text not seen in training, first \"z\" in row 4"]
    );
    // "z" was not seen, so it is neither; the gap is filled with the mode, "x".
    assert_eq!(codes(&applied, 1), [Feature::NO_CATEGORY, 0]);
}

#[test]
fn scaled_numbers_have_mean_0_and_deviation_1_and_unscaled_ones_stay() {
    let column = numbers("a", &[1.0, 2.0, 3.0, 10.0]);
    let rows = [0, 1, 2, 3];
    let learnt = Transform::fit(&[&column], &rows, &Params::new("y")).unwrap();
    let applied = learnt.transform.apply(&[&column], &rows).unwrap();
    let values = numbers_of(&applied, 0);
    let mean = statistics::mean(values);
    assert!(mean.abs() < 1e-15 && (statistics::std(values, mean) - 1.0).abs() < 1e-15);
    let params = Params { scale: Scale::None, ..Params::new("y") };
    let learnt = Transform::fit(&[&column], &rows, &params).unwrap();
    assert_eq!(numbers_of(&learnt.transform.apply(&[&column], &rows).unwrap(), 0), [1.0, 2.0, 3.0, 10.0]);
}

#[test]
fn numbers_are_brought_between_the_least_and_the_greatest_of_the_training_part() {
    let column = numbers("a", &[1.0, 2.0, 5.0, 9.0, GAP]);
    let params = Params { scale: Scale::MinMax, ..params(Policy::Constant(Constant::Number(3.0))) };
    let learnt = Transform::fit(&[&column], &[0, 1, 2], &params).unwrap();
    let applied = learnt.transform.apply(&[&column], &[0, 1, 2, 3, 4]).unwrap();
    assert_eq!(numbers_of(&applied, 0), [0.0, 0.25, 1.0, 2.0, 0.5]);
}

#[test]
fn rare_categories_are_one_and_so_are_those_not_seen() {
    let text = texts("a", &["x", "x", "y", "y", "p", "q", "new"]);
    let mut params = Params::new("y");
    params.encode.min_count = 2;
    let learnt = Transform::fit(&[&text], &[0, 1, 2, 3, 4, 5], &params).unwrap();
    assert_eq!(learnt.transform.columns()[0].spec().names(), ["a=(rare)", "a=x", "a=y"]);
    let applied = learnt.transform.apply(&[&text], &[0, 2, 4, 5, 6]).unwrap();
    assert_eq!(codes(&applied, 0), [1, 2, 0, 0, 0]);
    let told: Vec<_> = applied.unseen.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["column \"a\": 3 rows with a text that counts as (rare), first \"p\" in row 5"]);
    assert_eq!(learnt.transform.apply(&[&text], &[0, 1, 2]).unwrap().unseen, []);
}

#[test]
fn a_category_may_be_its_place_among_the_others() {
    let text = texts("a", &["x", "z", "y", "new"]);
    let mut params = Params::new("y");
    params.encode.columns.insert("a*".into(), Coding::Ordinal);
    let learnt = Transform::fit(&[&text], &[0, 1, 2], &params).unwrap();
    assert_eq!(learnt.transform.columns()[0].spec().names(), ["a"]);
    let applied = learnt.transform.apply(&[&text], &[0, 1, 2, 3]).unwrap();
    assert_eq!(numbers_of(&applied, 0), [0.0, 2.0, 1.0, -1.0]);
    assert_eq!((applied.unseen[0].first_row, applied.unseen[0].text.as_deref()), (4, Some("new")));
}

#[test]
fn a_gap_filled_by_a_constant_is_a_category_of_its_own() {
    let column = texts("a", &["x", "", "y"]);
    let policy = Policy::Constant(Constant::Text("unknown".into()));
    let learnt = Transform::fit(&[&column], &[0, 1, 2], &params(policy)).unwrap();
    assert_eq!(learnt.transform.columns()[0].spec().names(), ["a=unknown", "a=x", "a=y"]);
}

#[test]
fn columns_that_say_nothing_in_the_training_part_are_dropped_with_the_reason() {
    let columns = [
        numbers("constant", &[1.0, 1.0, 2.0]),
        numbers("empty", &[GAP, GAP, 1.0]),
        texts("same", &["x", "x", "y"]),
        texts("void", &["", "", "y"]),
        numbers("good", &[1.0, 2.0, 3.0]),
    ];
    let learnt = Transform::fit(&columns.each_ref(), &[0, 1], &Params::new("y")).unwrap();
    let expected = [
        ("constant", Reason::Constant),
        ("empty", Reason::AllMissing),
        ("same", Reason::Constant),
        ("void", Reason::AllMissing),
    ];
    assert_eq!(learnt.dropped, expected.map(|(name, reason)| (name.to_owned(), reason)));
    let error = Transform::fit(&[&columns[0], &columns[1]], &[0, 1], &Params::new("y")).unwrap_err();
    assert_eq!(error.code(), "no-features");
}

#[test]
fn a_policy_that_does_not_fit_its_column_is_refused_by_name() {
    let text = texts("a", &["x", "y"]);
    let number = numbers("b", &[1.0, 2.0]);
    for (column, policy) in
        [(&text, Policy::Mean), (&text, Policy::Median), (&number, Policy::Constant(Constant::Text("x".into())))]
    {
        let error = Transform::fit(&[column], &[0, 1], &params(policy)).unwrap_err();
        assert_eq!(error.code(), "bad-params");
        assert!(error.to_string().contains(&format!("column \"{}\"", column.name)), "{error}");
    }
    let mut coded = Params::new("y");
    coded.encode.columns.insert("b".into(), Coding::Ordinal);
    let words = Transform::fit(&[&text, &number], &[0, 1], &coded).unwrap_err().to_string();
    assert!(words.contains("`encode.columns.b`") && words.contains("\"b\" = \"category\""), "{words}");
}

#[test]
fn too_many_categories_and_two_features_of_one_name_are_refused() {
    let text = texts("a", &["x", "y", "z"]);
    let few = Params { max_categories: 2, ..Params::new("y") };
    let error = Transform::fit(&[&text], &[0, 1, 2], &few).unwrap_err();
    assert!(matches!(error, PreprocessError::TooManyCategories { categories: 3, limit: 2, .. }));
    let mut by_place = few;
    by_place.encode.categories = Coding::Ordinal;
    assert!(Transform::fit(&[&text], &[0, 1, 2], &by_place).is_ok(), "places are one feature however many there are");
    let number = numbers("a=x", &[1.0, 2.0, 3.0]);
    let error = Transform::fit(&[&text, &number], &[0, 1, 2], &Params::new("y")).unwrap_err();
    assert_eq!(error.code(), "duplicate-feature");
}

#[test]
fn medians_and_modes_of_small_samples_are_right() {
    assert_eq!(statistics::median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(statistics::median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    assert!((statistics::mean(&[1.7e308, 1.7e308, 1.6e308, 1.6e308]) / 1.65e308 - 1.0).abs() < 1e-15);
    assert_eq!(statistics::mode(&[2.0, 1.0, 2.0, 1.0, 3.0]), 1.0);
}
