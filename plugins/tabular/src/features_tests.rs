use super::{Feature, FeatureSpec, Matrix};

const NONE: u32 = Feature::NO_CATEGORY;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn matrix() -> Matrix {
    let mut matrix = Matrix::with_rows(3);
    matrix.push("a".into(), vec![1.0, 2.0]);
    matrix.push_one_hot("island".into(), texts(&["Biscoe", "Dream"]), vec![1, 7, 0]);
    matrix.push("b".into(), vec![3.0, 4.0, 5.0]);
    matrix
}

#[test]
fn a_column_of_categories_is_a_feature_for_each() {
    let matrix = matrix();
    assert_eq!(matrix.names(), ["a", "island=Biscoe", "island=Dream", "b"]);
    assert_eq!((matrix.width(), matrix.rows()), (4, 3));
    let Feature::OneHot { codes, .. } = &matrix.columns()[1] else { panic!("the island is a category") };
    assert_eq!(codes, &[1, NONE, 0], "what is no category is none");
    let Feature::Number { values, .. } = &matrix.columns()[0] else { panic!("a is a number") };
    assert_eq!(values, &[1.0, 2.0, 0.0]);
}

#[test]
fn a_specification_is_a_name_or_a_column_with_its_categories() {
    let text = r#"["a",{"column":"island","categories":["Biscoe","Dream"]},"b"]"#;
    assert_eq!(serde_json::to_string(&matrix().specs()).unwrap(), text);
    assert_eq!(serde_json::from_str::<Vec<FeatureSpec>>(text).unwrap(), matrix().specs());
}
