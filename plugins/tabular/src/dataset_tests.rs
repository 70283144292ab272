use super::{Labels, Matrix};
use crate::error::DataError;

#[test]
fn classes_are_sorted_as_text_or_as_numbers() {
    assert_eq!(Labels::new(&["b", "a", "b"]).classes, ["a", "b"]);
    let labels = Labels::new(&["10", "2", "2", "-1"]);
    assert_eq!(labels.classes, ["-1", "2", "10"]);
    assert_eq!(labels.codes, [2, 1, 1, 0]);
    assert_eq!(labels.counts(), [1, 2, 1]);
    assert_eq!(labels.texts().collect::<Vec<_>>(), ["10", "2", "2", "-1"]);
}

#[test]
fn columns_are_selected_by_name_in_the_order_asked_for() {
    let mut matrix = Matrix::with_rows(2);
    matrix.push("a".into(), vec![1.0, 2.0]);
    matrix.push("b".into(), vec![3.0, 4.0]);
    let selected = matrix.clone().select(&["b".into(), "a".into()]).unwrap();
    assert_eq!(selected.columns(), [[3.0, 4.0], [1.0, 2.0]]);
    let error = matrix.select(&["c".into(), "a".into(), "d".into()]).unwrap_err();
    assert!(matches!(error, DataError::FeaturesAbsent { missing } if missing == ["c", "d"]));
}
