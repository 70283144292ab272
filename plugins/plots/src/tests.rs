use crate::axis::{Axis, Ticks};
use crate::chart::{Chart, Mark, Panel, Series, draw};
use crate::colour::{of_share, on_share};
use crate::document::{INK, escape, shortened, without_controls};

fn panel<'a>(title: Option<&'a str>, mark: Mark, name: &'a str) -> Panel<'a> {
    let points = vec![(0.0, 0.1), (0.25, 0.5), (0.5, f64::NAN), (0.75, 0.9)];
    let series = Series { name, points, mark, colour: 0 };
    Panel { title, x: Axis::share("Threshold"), y: Axis::share("Share"), series: vec![series] }
}

fn chart<'a>(panels: Vec<Panel<'a>>) -> Chart<'a> {
    Chart { title: "ROC of <late>", facts: "12 rows", description: "A & B", panels, columns: 2, panel_size: (400, 300) }
}

#[test]
fn a_chart_says_in_words_what_it_shows() {
    let svg = draw(&chart(vec![panel(None, Mark::Line, "model")]));
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"448\"") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("<title id=\"title\">ROC of &lt;late&gt;</title>"));
    assert!(svg.contains("<desc id=\"description\">A &amp; B</desc>"));
    for text in ["12 rows", "Threshold", "Share", "model", "0.4"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    assert_eq!(svg, draw(&chart(vec![panel(None, Mark::Line, "model")])));
}

#[test]
fn each_mark_is_drawn_and_points_that_are_none_are_left_out() {
    let count = |mark, tag: &str| draw(&chart(vec![panel(None, mark, "")])).matches(tag).count();
    let lines = count(Mark::Line, "<polyline");
    assert_eq!(count(Mark::Cloud, "<circle"), 3);
    assert_eq!(count(Mark::LineAndDots, "<circle"), 3);
    assert_eq!(count(Mark::LineAndDots, "<polyline"), lines);
    assert_eq!(count(Mark::Bars, "<rect") - count(Mark::Cloud, "<rect"), 3);
    assert!(count(Mark::Reference, "<polyline") > lines, "dashes");
}

#[test]
fn names_stand_at_their_rows_from_above_to_below() {
    let names = ["ATL", "a name that is too long for its place"].map(str::to_owned);
    let mut rows = panel(None, Mark::Rows, "");
    rows.y = Axis { label: "", range: 0.0..2.0, ticks: Ticks::Names(&names) };
    rows.series[0].points = vec![(0.75, 0.0), (0.25, 0.0)];
    let svg = draw(&chart(vec![rows]));
    let place = |text: &str| {
        let at = svg.find(text).unwrap();
        let from = svg[..at].rfind(" y=\"").unwrap() + 4;
        svg[from..].split('"').next().unwrap().parse::<i32>().unwrap()
    };
    assert!(place("ATL") < place("a name that is …"), "{svg}");
}

#[test]
fn places_are_written_as_their_axis_says() {
    let mut by = panel(None, Mark::Line, "");
    by.x.ticks = Ticks::By(|place| format!("<{place}>"));
    by.y = Axis { label: "", range: 0.0..3.0, ticks: Ticks::Whole };
    let svg = draw(&chart(vec![by]));
    assert!(svg.contains("&lt;0.5&gt;") && !svg.contains(">0.5<"), "{svg}");
}

#[test]
fn numbers_have_the_digits_that_tell_them_apart_and_a_letter_where_they_are_large() {
    let labels = |range: std::ops::Range<f64>| {
        let mut panel = panel(None, Mark::Line, "");
        panel.x = Axis { label: "", range, ticks: Ticks::Numbers };
        draw(&chart(vec![panel]))
    };
    let has = |svg: &str, text: &str| svg.lines().any(|line| line == text);
    assert!(has(&labels(0.0..1.0), "0.4"));
    assert!(has(&labels(0.48..0.5), "0.49"));
    assert!(has(&labels(0.0..600_000.0), "200k"));
    assert!(has(&labels(0.0..2.5e6), "0.5M"));
    assert!(has(&labels(-2e9..2e9), "-1G"));
    assert!(has(&labels(0.0..5e-5), "2.0e-5"));
    assert!(has(&labels(0.0..9_000.0), "2000"));
}

#[test]
fn panels_share_a_legend_that_names_each_series_once() {
    let panels = ["a", "b", "c"].map(|title| panel(Some(title), Mark::Bars, "training part"));
    let svg = draw(&chart(panels.to_vec()));
    assert_eq!(svg.matches("training part").count(), 1);
    assert!(svg.contains("width=\"848\""), "two beside each other");
}

#[test]
fn names_from_data_cannot_leave_their_place() {
    let nasty = "</text><script>alert(1)</script>\u{0}\u{202e}";
    let mut hurt = panel(Some(nasty), Mark::Line, nasty);
    hurt.x.label = nasty;
    let svg = draw(&Chart { title: nasty, facts: nasty, description: nasty, ..chart(vec![hurt]) });
    assert!(!svg.contains("<script") && !svg.contains('\u{0}') && !svg.contains('\u{202e}'), "{svg}");
    assert_eq!(escape("<a b=\"c\">&'\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}");
    assert_eq!(without_controls("a\nb\u{7}"), "a b\u{fffd}");
}

#[test]
fn no_figures_are_too_odd_to_be_drawn() {
    let odd = [0.0, -0.0, 1.0, -1.0, 1e-320, 1e17, 1e17 + 16.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NAN];
    for start in odd {
        for end in odd {
            for mark in [Mark::Line, Mark::Reference, Mark::LineAndDots, Mark::Cloud, Mark::Bars, Mark::Rows] {
                let mut panel = panel(None, mark, "odd");
                panel.x = Axis { label: "", range: start..end, ticks: Ticks::Numbers };
                panel.y = Axis::over("", [start, end].into_iter());
                panel.series[0].points = vec![(start, end), (end, start), (start, start)];
                assert!(draw(&chart(vec![panel])).ends_with("</svg>\n"), "{start} {end} {mark:?}");
            }
        }
    }
}

#[test]
fn an_axis_covers_what_it_is_given() {
    let axis = Axis::over("", [3.0, f64::NAN, -1.0].into_iter());
    assert!(axis.range.start < -1.0 && axis.range.end > 3.0);
    assert_eq!(Axis::over("", std::iter::empty()).range, 0.0..1.0);
    assert!(!Axis::over("", [5.0].into_iter()).range.is_empty());
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
