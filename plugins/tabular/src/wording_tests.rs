use super::{closest, listed, quoted, with_causes};

#[test]
fn a_quoted_cell_is_escaped_and_cut() {
    assert_eq!(quoted("a\u{1b}[31m\n"), "\"a\\u{1b}[31m\\n\"");
    assert_eq!(quoted(&"x".repeat(100)).chars().count(), 63);
}

#[test]
fn a_long_list_says_how_many_more_there_are() {
    let names = (0..25).map(|n| format!("c{n}")).collect::<Vec<_>>();
    assert!(listed(&names).ends_with("\"c19\" and 5 more"));
    assert_eq!(listed(&names[..2]), "\"c0\", \"c1\"");
}

#[test]
fn a_misspelt_name_finds_its_neighbour_and_a_strange_one_does_not() {
    let names = ["species", "island", "sex"];
    assert_eq!(closest("Spieces", &names), Some("species"));
    assert_eq!(closest("price", &names), None);
}

#[test]
fn causes_follow_the_error_they_caused() {
    let source = std::io::Error::other("the disk is gone");
    let error = crate::DataError::Unreadable { file: "a.csv".into(), source };
    assert!(with_causes(&error).ends_with(": the disk is gone"));
}
