//! Charts: series of points over two axes, in one panel or in a grid of them.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::axis::{Axis, Ticks, number, sound};
use crate::colour::SERIES;
use crate::document::{escape, shortened, without_controls};

/// plotters draws on whole pixels: so many make one of the picture.
const SCALE: i32 = 4;
const MARGIN: i32 = 24;
const HEAD: i32 = 78;
const LEGEND: i32 = 24;
/// The width of a character at the size of the legend, about.
const CHARACTER: i32 = 7;
/// Names at an axis are cut to this many characters.
const NAME_MAX_CHARS: usize = 16;
/// Fewer points are larger.
const CLOUD_POINTS: usize = 500;
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const INK: RGBColor = RGBColor(31, 41, 51);
const FAINT: RGBColor = RGBColor(91, 104, 117);
const GRID: RGBColor = RGBColor(228, 232, 237);

/// A picture of charts.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// Its name.
    pub title: &'a str,
    /// What else is to be known, in a line.
    pub facts: &'a str,
    /// What it shows, in words.
    pub description: &'a str,
    /// One or more, each of the same size, from left to right and then down.
    pub panels: Vec<Panel<'a>>,
    /// How many stand beside each other.
    pub columns: usize,
    /// Of each, in pixels.
    pub panel_size: (u32, u32),
}

/// Series over two axes.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// Its own name; none if it is the only one.
    pub title: Option<&'a str>,
    /// From left to right.
    pub x: Axis<'a>,
    /// From below to above.
    pub y: Axis<'a>,
    /// In the order in which they are drawn. Those with a name stand in the legend.
    pub series: Vec<Series<'a>>,
}

/// Points that belong together.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// As the legend has it; empty if it does not stand there.
    pub name: &'a str,
    /// In the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// How they are drawn.
    pub mark: Mark,
    /// Which of the colours of [`SERIES`]; taken from the start again when they run out.
    pub colour: usize,
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A line through them.
    Line,
    /// A thin grey dashed line, for comparison.
    Reference,
    /// A line, and a dot for each.
    LineAndDots,
    /// A dot for each, that others shine through; smaller and fainter where they are many.
    Cloud,
    /// A bar from 0 up to each: `x` is its left edge, and the next one's its right edge.
    Bars,
    /// A bar from 0 to the right, for each name of the vertical axis from above to below; only `x` counts.
    Rows,
}

/// The picture as an SVG document. Points that are not finite are left out.
pub fn draw(chart: &Chart<'_>) -> String {
    let columns = chart.columns.clamp(1, chart.panels.len().max(1)) as u32;
    let rows = (chart.panels.len() as u32).div_ceil(columns).max(1);
    let legend = legend(chart);
    let head = HEAD + if legend.is_empty() { 0 } else { LEGEND };
    let width = columns * chart.panel_size.0 + 2 * MARGIN as u32;
    let height = rows * chart.panel_size.1 + head as u32 + MARGIN as u32;
    let scale = SCALE as u32;
    let mut body = String::new();
    // Writing to a text cannot fail.
    let _ = paint(chart, &mut body, (width * scale, height * scale), (head, columns, rows), &legend);
    framed(chart, &body, (width, height))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Painted<'a> = Result<(), Box<dyn std::error::Error + 'a>>;

fn paint<'b>(
    chart: &Chart<'_>,
    body: &'b mut String,
    size: (u32, u32),
    (head, columns, rows): (i32, u32, u32),
    legend: &[&Series<'_>],
) -> Painted<'b> {
    let root = SVGBackend::with_string(body, size).into_drawing_area();
    root.fill(&WHITE)?;
    let title = font(18).style(FontStyle::Bold).color(&INK);
    text(&root, &shortened(chart.title, 60), (MARGIN, 32), title)?;
    text(&root, &shortened(chart.facts, 110), (MARGIN, 56), font(13).color(&FAINT))?;
    let mut at = MARGIN;
    for series in legend {
        let name = shortened(series.name, 32);
        key(&root, series, at)?;
        text(&root, &name, (at + 28, 80), font(13).color(&INK))?;
        at += 28 + CHARACTER * name.chars().count() as i32 + 22;
    }
    let (x, y) = (MARGIN * SCALE, head * SCALE);
    let area = root.margin(y, MARGIN * SCALE, x, x);
    for (panel, area) in chart.panels.iter().zip(area.split_evenly((rows as usize, columns as usize))) {
        paint_panel(panel, &area)?;
    }
    root.present()?;
    Ok(())
}

fn paint_panel<'b>(panel: &Panel<'_>, area: &Area<'b>) -> Painted<'b> {
    let panel = &drawable(panel);
    let top = if panel.title.is_some() { 26 } else { 6 };
    let (_, height) = area.dim_in_pixel();
    let mut builder = ChartBuilder::on(area);
    builder.margin_top(top * SCALE).margin_right(18 * SCALE).margin_bottom(8 * SCALE);
    builder.x_label_area_size(if panel.x.label.is_empty() { 26 } else { 46 } * SCALE);
    builder.y_label_area_size(names_width(&panel.y).unwrap_or(if panel.y.label.is_empty() { 48 } else { 66 }) * SCALE);
    let mut plot = builder.build_cartesian_2d(panel.x.range.clone(), panel.y.range.clone())?;
    if let Some(title) = panel.title {
        let style = font(13).style(FontStyle::Bold).color(&INK);
        text(area, &shortened(title, 30), (48, 14), style)?;
    }
    let (x_label, y_label) = (without_controls(panel.x.label), without_controls(panel.y.label));
    let most = if height < 300 * SCALE as u32 { 4 } else { 6 };
    let labels = |axis: &Axis<'_>| match axis.ticks {
        Ticks::Whole => most.min((axis.range.end - axis.range.start) as usize + 1),
        Ticks::By(_) => most - 1,
        Ticks::Numbers => most,
        Ticks::Names(_) => 0,
    };
    plot.configure_mesh()
        .x_desc(x_label)
        .y_desc(y_label)
        .axis_desc_style(font(13).color(&FAINT))
        .label_style(font(12).color(&FAINT))
        .x_labels(labels(&panel.x))
        .y_labels(labels(&panel.y))
        .x_label_formatter(&|place| number(*place, &panel.x))
        .y_label_formatter(&|place| number(*place, &panel.y))
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(SCALE as u32))
        .axis_style(FAINT.stroke_width(SCALE as u32))
        .set_all_tick_mark_size(4 * SCALE)
        .draw()?;
    for series in &panel.series {
        paint_series(series, panel, &mut plot)?;
    }
    if let Ticks::Names(names) = panel.y.ticks {
        let origin = area.get_base_pixel();
        for (place, name) in names.iter().enumerate() {
            let (x, y) = plot.backend_coord(&(panel.x.range.start, row(panel, place) - 0.5));
            let style = font(12).color(&INK).pos(Pos::new(HPos::Right, VPos::Center));
            let name = without_controls(&shortened(name, NAME_MAX_CHARS));
            area.draw(&Text::new(name, (x - origin.0 - 6 * SCALE, y - origin.1), style))?;
        }
    }
    Ok(())
}

/// The upper edge of a name's row.
fn row(panel: &Panel<'_>, place: usize) -> f64 {
    panel.y.range.end - place as f64
}

/// The room for the names of an axis, in pixels.
fn names_width(axis: &Axis<'_>) -> Option<i32> {
    let Ticks::Names(names) = axis.ticks else { return None };
    let longest = names.iter().map(|name| name.chars().count().min(NAME_MAX_CHARS)).max().unwrap_or(0);
    Some((CHARACTER * longest as i32 + 14).max(48))
}

/// The same with ranges that can be drawn and points within them; those that are not finite are left out.
fn drawable<'a>(panel: &Panel<'a>) -> Panel<'a> {
    let mut panel = panel.clone();
    let (x, y) = (sound(&panel.x.range), sound(&panel.y.range));
    for series in &mut panel.series {
        series.points.retain(|point| point.0.is_finite() && point.1.is_finite());
        for point in &mut series.points {
            *point = (point.0.clamp(x.start, x.end), point.1.clamp(y.start, y.end));
        }
    }
    (panel.x.range, panel.y.range) = (x, y);
    panel
}

type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn paint_series<'b>(series: &Series<'_>, panel: &Panel<'_>, plot: &mut Plot<'_, 'b>) -> Painted<'b> {
    let points = || series.points.iter().copied();
    let colour = colour(series);
    let line = colour.stroke_width(2 * SCALE as u32);
    let dot = |radius: i32, alpha: f64| move |point: (f64, f64)| Circle::new(point, radius, colour.mix(alpha).filled());
    match series.mark {
        Mark::Line => {
            plot.draw_series(LineSeries::new(points(), line))?;
        }
        Mark::Reference => {
            let line = FAINT.stroke_width(SCALE as u32);
            plot.draw_series(DashedLineSeries::new(points(), 5 * SCALE, 5 * SCALE, line))?;
        }
        Mark::LineAndDots => {
            plot.draw_series(LineSeries::new(points(), line))?;
            plot.draw_series(points().map(dot(4 * SCALE, 1.0)))?;
        }
        Mark::Cloud => {
            let (radius, alpha) = if series.points.len() < CLOUD_POINTS { (3, 0.7) } else { (2, 0.35) };
            plot.draw_series(points().map(dot(radius * SCALE, alpha)))?;
        }
        Mark::Rows => {
            plot.draw_series(points().enumerate().map(|(place, (length, _))| {
                let within = |y: f64| y.clamp(panel.y.range.start, panel.y.range.end);
                let top = row(panel, place);
                let corners = [(panel.x.range.start, within(top - 0.15)), (length, within(top - 0.85))];
                Rectangle::new(corners, colour.filled())
            }))?;
        }
        Mark::Bars => {
            let edges = points().map(|(x, _)| x).skip(1).chain([panel.x.range.end]);
            let bars = points().zip(edges).filter(|((_, height), _)| *height > 0.0);
            plot.draw_series(bars.map(|((left, height), right)| {
                let gap = (right - left) * 0.06;
                Rectangle::new(
                    [(left + gap, 0.0_f64.clamp(panel.y.range.start, panel.y.range.end)), (right - gap, height)],
                    colour.filled(),
                )
            }))?;
        }
    }
    Ok(())
}

/// The series that the legend has: each name once.
fn legend<'a, 'b>(chart: &'b Chart<'a>) -> Vec<&'b Series<'a>> {
    let mut named: Vec<&Series<'a>> = Vec::new();
    for series in chart.panels.iter().flat_map(|panel| &panel.series).filter(|series| !series.name.is_empty()) {
        if named.iter().all(|other| other.name != series.name) {
            named.push(series);
        }
    }
    named
}

/// A piece of the series before its name.
fn key<'b>(root: &Area<'b>, series: &Series<'_>, at: i32) -> Painted<'b> {
    let (left, right, y) = (at * SCALE, (at + 20) * SCALE, 80 * SCALE);
    let colour = colour(series);
    match series.mark {
        Mark::Line | Mark::LineAndDots => {
            let line = PathElement::new([(left, y), (right, y)], colour.stroke_width(3 * SCALE as u32));
            root.draw(&line)?;
        }
        Mark::Reference => {
            for dash in 0..2 {
                let from = left + dash * 12 * SCALE;
                root.draw(&PathElement::new([(from, y), (from + 8 * SCALE, y)], FAINT.stroke_width(SCALE as u32)))?;
            }
        }
        Mark::Cloud => root.draw(&Circle::new((left + 10 * SCALE, y), 3 * SCALE, colour.filled()))?,
        Mark::Bars | Mark::Rows => root.draw(&Rectangle::new(
            [(left + 4 * SCALE, y - 5 * SCALE), (left + 16 * SCALE, y + 5 * SCALE)],
            colour.filled(),
        ))?,
    }
    Ok(())
}

fn colour(series: &Series<'_>) -> RGBColor {
    let (red, green, blue) = SERIES[series.colour % SERIES.len()];
    RGBColor(red, green, blue)
}

fn font(size: i32) -> FontDesc<'static> {
    FontDesc::from((FONT, f64::from(size * SCALE)))
}

/// A text whose middle line is at this height.
fn text<'b>(area: &Area<'b>, content: &str, (x, y): (i32, i32), style: TextStyle<'_>) -> Painted<'b> {
    let style = style.pos(Pos::new(HPos::Left, VPos::Center));
    area.draw(&Text::new(without_controls(content), (x * SCALE, y * SCALE), style))?;
    Ok(())
}

/// The document with its size in pixels, and its name and description in words.
fn framed(chart: &Chart<'_>, body: &str, (width, height): (u32, u32)) -> String {
    let inner = body.find('>').map_or("", |end| &body[end + 1..]);
    let (wide, high) = (width * SCALE as u32, height * SCALE as u32);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" aria-labelledby=\"title description\">\n<title id=\"title\">{}</title>\n\
         <desc id=\"description\">{}</desc>{inner}",
        escape(chart.title),
        escape(chart.description)
    )
}
