use super::colour::{of_share, on_share};
use super::document::{INK, escape, shortened};
use super::draw_confusion;
use crate::confusion::Confusion;

fn classes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_picture_says_in_words_what_it_shows() {
    let confusion = Confusion::new(2, &[0, 0, 0, 1], &[0, 0, 1, 1]);
    let svg = draw_confusion("late", &classes(&["no", "yes"]), &confusion);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("role=\"img\" aria-labelledby=\"title description\""));
    assert!(svg.contains("4 rows, 75.0 % right. no, 3 rows: 2 as no, 1 as yes. yes, 1 row: 1 as yes."), "{svg}");
    assert!(svg.contains("<title>1 row of no predicted as yes (33.3 %)</title>"));
}

#[test]
fn names_from_the_data_cannot_leave_their_place() {
    let nasty = classes(&["<script>alert(1)</script>", "\"/><a href='x'>&\u{0}\u{202e}"]);
    let confusion = Confusion::new(2, &[0, 1], &[0, 1]);
    let svg = draw_confusion("]]><x onload=\"y\">", &nasty, &confusion);
    for tag in ["<script", "<a ", "<x "] {
        assert!(!svg.contains(tag), "{tag}");
    }
    assert!(!svg.contains('\u{0}') && !svg.contains('\u{202e}'));
    assert_eq!(escape("<a b=\"c\">&'\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}");
}

#[test]
fn many_classes_are_drawn_with_less_and_less_beside_them() {
    for (count, numbers, names) in [(20, true, true), (40, false, true), (80, false, false), (300, false, false)] {
        let every = (0..count as u32).collect::<Vec<_>>();
        let confusion = Confusion::new(count, &every, &every);
        let names_of = (0..count).map(|class| format!("class {class}")).collect::<Vec<_>>();
        let svg = draw_confusion("y", &names_of, &confusion);
        assert_eq!(svg.contains(">1</text>"), numbers, "{count}");
        assert_eq!(svg.contains(">class 3</text>"), names, "{count}");
        assert_eq!(svg.contains("the 100 most frequent of 300 classes"), count == 300);
        assert!(svg.len() < 4_000_000);
    }
}

#[test]
fn a_model_without_rows_to_try_it_on_still_gives_a_picture() {
    let svg = draw_confusion("y", &classes(&["a", "b"]), &Confusion::new(2, &[], &[]));
    assert!(svg.contains("0 rows, 0.0 % right. a, 0 rows: none."));
}

#[test]
fn colours_go_from_light_to_dark_and_their_text_from_dark_to_light() {
    assert_eq!((of_share(0.0).as_str(), of_share(1.0).as_str()), ("#f3f7fc", "#0c4279"));
    assert_eq!((on_share(0.0), on_share(1.0)), (INK, "#ffffff"));
    assert_eq!(of_share(f64::MAX), of_share(1.0));
}

#[test]
fn a_long_name_ends_in_an_ellipsis() {
    assert_eq!(shortened("Adelie", 6), "Adelie");
    assert_eq!(shortened("Chinstrap", 6), "Chins…");
}
