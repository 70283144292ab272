//! The profile as a picture: a histogram of each column.

use dagwood_plots::{Axis, Chart, Mark, Panel, Series, Ticks, draw};
use dagwood_tabular::time::{parse, shown};
use dagwood_tabular::wording::count;

use super::Profile;
use super::column::{ColumnProfile, Histogram, Values};
use crate::limits::{DRAWN_COLUMNS_MAX, DRAWN_FREQUENT_MAX};

/// Beside each other.
const COLUMNS: usize = 3;

/// Bars of a panel, and their axes.
struct Bars {
    title: String,
    names: Vec<String>,
    points: Vec<(f64, f64)>,
    range: std::ops::Range<f64>,
    ticks: Ticks<'static>,
}

/// Draws the first columns.
pub(super) fn draw_profile(profile: &Profile) -> String {
    let bars: Vec<Bars> = profile.columns.iter().take(DRAWN_COLUMNS_MAX).map(bars).collect();
    let all = profile.columns.len();
    let shown = if bars.len() < all { format!(", the first {} of them", bars.len()) } else { String::new() };
    let facts = format!("{}, {}{shown}", count(profile.rows, "row"), count(all, "column"));
    let described = profile.columns.iter().take(DRAWN_COLUMNS_MAX).map(in_words).collect::<Vec<_>>().join(" ");
    draw(&Chart {
        title: "Profile of the data",
        facts: &facts,
        description: &format!("{facts}. {described}"),
        panels: bars.iter().map(panel).collect(),
        columns: COLUMNS,
        panel_size: (300, 220),
    })
}

fn in_words(column: &ColumnProfile) -> String {
    let what = match &column.values {
        Values::Empty => "nothing but gaps".to_owned(),
        Values::Number { least, greatest, mean, .. } => format!("{least} to {greatest}, mean {mean:.4}"),
        Values::Time { least, greatest, .. } => format!("{least} to {greatest}"),
        Values::Category { most_frequent, .. } => {
            let first = most_frequent.first().map_or("", |frequency| frequency.value.as_str());
            format!("{}, most often {first}", count(column.distinct, "text"))
        }
    };
    format!("{}: {what}, {}.", column.column, count(column.gaps, "gap"))
}

fn bars(column: &ColumnProfile) -> Bars {
    let gaps = if column.gaps == 0 { String::new() } else { format!(" ({})", count(column.gaps, "gap")) };
    let title = format!("{}{gaps}", column.column);
    let empty = Vec::new();
    match &column.values {
        Values::Empty => Bars { title, names: empty, points: Vec::new(), range: 0.0..1.0, ticks: Ticks::Numbers },
        Values::Number { histogram, .. } => {
            let (points, range) = edges(histogram, |edge| *edge);
            Bars { title, names: empty, points, range, ticks: Ticks::Numbers }
        }
        Values::Time { histogram, .. } => {
            let (points, range) = edges(histogram, |edge| parse(edge).unwrap_or_default() as f64);
            Bars { title, names: empty, points, range, ticks: Ticks::By(date) }
        }
        Values::Category { most_frequent, .. } => {
            let drawn = most_frequent.iter().take(DRAWN_FREQUENT_MAX);
            let points: Vec<_> = drawn.clone().map(|frequency| (frequency.rows as f64, 0.0)).collect();
            let most = points.first().map_or(1.0, |point| point.0);
            let names = drawn.map(|frequency| frequency.value.clone()).collect();
            Bars { title, names, points, range: 0.0..most * 1.05, ticks: Ticks::Numbers }
        }
    }
}

/// The bars of a histogram, and what they cover.
fn edges<V>(histogram: &Histogram<V>, place: impl Fn(&V) -> f64) -> (Vec<(f64, f64)>, std::ops::Range<f64>) {
    let edges: Vec<f64> = histogram.edges.iter().map(place).collect();
    let points = edges.iter().copied().zip(histogram.rows.iter().map(|rows| *rows as f64)).collect();
    (points, edges[0]..edges[edges.len() - 1])
}

fn date(microseconds: f64) -> String {
    shown(microseconds as i64).map(|time| time.date().to_string()).unwrap_or_default()
}

fn panel(bars: &Bars) -> Panel<'_> {
    let most = bars.points.iter().map(|point| point.1).fold(0.0, f64::max);
    let x = Axis { label: "", range: bars.range.clone(), ticks: bars.ticks };
    let (y, mark) = if bars.names.is_empty() {
        (Axis { label: "", range: 0.0..(most * 1.05).max(1.0), ticks: Ticks::Numbers }, Mark::Bars)
    } else {
        let rows = bars.names.len().max(3) as f64;
        (Axis { label: "", range: 0.0..rows, ticks: Ticks::Names(&bars.names) }, Mark::Rows)
    };
    let series = vec![Series { name: "", points: bars.points.clone(), mark, colour: 0 }];
    Panel { title: Some(&bars.title), x, y, series }
}
