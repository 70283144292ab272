use super::Labels;

#[test]
fn classes_are_sorted_as_text_or_as_numbers() {
    assert_eq!(Labels::new(&["b", "a", "b"]).classes, ["a", "b"]);
    let labels = Labels::new(&["10", "2", "2", "-1"]);
    assert_eq!(labels.classes, ["-1", "2", "10"]);
    assert_eq!(labels.codes, [2, 1, 1, 0]);
    assert_eq!(labels.counts(), [1, 2, 1]);
    assert_eq!(labels.texts().collect::<Vec<_>>(), ["10", "2", "2", "-1"]);
}
