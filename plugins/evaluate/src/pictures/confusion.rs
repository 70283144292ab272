//! The confusion matrix: true classes down, predicted ones across, each cell as dark as its share of the true class.

use dagwood_plots::colour::{of_share, on_share};
use dagwood_plots::document::{Anchor, Document, FAINT, Rect, Text, shortened};
use dagwood_tabular::wording::count;

use crate::confusion::Confusion;
use crate::limits::{DRAWN_CLASSES_MAX, LABEL_MAX_CHARS, NAMED_CLASSES_MAX, NUMBERED_CLASSES_MAX};
use crate::metrics::accuracy;

/// The side of the whole square of cells, aimed at.
const SQUARE_PX: f64 = 480.0;
const CELL_MIN_PX: f64 = 6.0;
const CELL_MAX_PX: f64 = 110.0;
/// The width of a character at the size of the labels, about.
const CHARACTER_PX: f64 = 7.2;
const HEAD_PX: f64 = 84.0;
const MARGIN_PX: f64 = 28.0;
const LEGEND_PX: f64 = 56.0;
/// From here on a cell has room for its share below its count.
const TWO_LINES_PX: f64 = 52.0;
/// The steps of the legend's bar.
const LEGEND_STEPS: usize = 40;

/// Draws the matrix as an SVG document.
pub fn draw_confusion(target: &str, classes: &[String], confusion: &Confusion) -> String {
    let picture = Picture::new(target, classes, confusion);
    let mut document = Document::new(picture.width(), picture.height(), &picture.title(), &picture.description());
    picture.head(&mut document);
    for (row, truth) in picture.drawn.iter().enumerate() {
        for (column, predicted) in picture.drawn.iter().enumerate() {
            picture.cell(&mut document, (row, *truth), (column, *predicted));
        }
    }
    picture.labels(&mut document);
    picture.legend(&mut document);
    document.finish()
}

struct Picture<'a> {
    target: &'a str,
    classes: &'a [String],
    confusion: &'a Confusion,
    /// The classes drawn, by number: all, or the most frequent in their order.
    drawn: Vec<usize>,
    labels: Vec<String>,
    cell_px: f64,
    /// Room for the names, at the left and below.
    names_px: f64,
    turned: bool,
}

impl<'a> Picture<'a> {
    fn new(target: &'a str, classes: &'a [String], confusion: &'a Confusion) -> Self {
        let drawn = most_frequent(confusion);
        let labels = drawn.iter().map(|class| shortened(name(classes, *class), LABEL_MAX_CHARS)).collect::<Vec<_>>();
        let named = drawn.len() <= NAMED_CLASSES_MAX;
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as f64 * CHARACTER_PX;
        let cell_px = (SQUARE_PX / drawn.len().max(1) as f64).clamp(CELL_MIN_PX, CELL_MAX_PX);
        let names_px = if named { longest.max(40.0) } else { 0.0 };
        Self { target, classes, confusion, drawn, labels, cell_px, names_px, turned: longest > cell_px - 8.0 }
    }

    fn square(&self) -> f64 {
        self.cell_px * self.drawn.len() as f64
    }

    fn left(&self) -> f64 {
        MARGIN_PX + 24.0 + self.names_px + 10.0
    }

    fn width(&self) -> f64 {
        (self.left() + self.square() + MARGIN_PX).max(420.0)
    }

    /// Below the cells: where the names of the predicted classes end.
    fn foot(&self) -> f64 {
        let names = if self.names_px == 0.0 {
            0.0
        } else if self.turned {
            self.names_px + 10.0
        } else {
            24.0
        };
        HEAD_PX + self.square() + names
    }

    fn height(&self) -> f64 {
        self.foot() + 34.0 + LEGEND_PX
    }

    fn title(&self) -> String {
        format!("Confusion matrix of {}", shortened(self.target, 40))
    }

    fn facts(&self) -> String {
        let rows = count(self.confusion.total() as usize, "row");
        let percent = accuracy(self.confusion) * 100.0;
        let drawn = if self.drawn.len() < self.confusion.classes() {
            format!(", the {} most frequent of {} classes", self.drawn.len(), self.confusion.classes())
        } else {
            String::new()
        };
        format!("{rows}, {percent:.1} % right{drawn}")
    }

    /// The picture in words: for each class what its rows were taken for.
    fn description(&self) -> String {
        let mut text = format!("{}.", self.facts());
        for truth in self.drawn.iter().take(NUMBERED_CLASSES_MAX) {
            let taken = self.drawn.iter().filter(|predicted| self.confusion.count(*truth, **predicted) > 0);
            let taken = taken.map(|predicted| {
                format!("{} as {}", self.confusion.count(*truth, *predicted), name(self.classes, *predicted))
            });
            let taken = taken.collect::<Vec<_>>().join(", ");
            let support = count(self.confusion.support(*truth) as usize, "row");
            text += &format!(
                " {}, {support}: {}.",
                name(self.classes, *truth),
                if taken.is_empty() { "none" } else { &taken }
            );
        }
        text
    }

    fn head(&self, document: &mut Document) {
        let title = self.title();
        document.text(Text { x: MARGIN_PX, y: 32.0, size: 18.0, bold: true, content: &title, ..Text::default() });
        document.text(Text { x: MARGIN_PX, y: 56.0, fill: FAINT, content: &self.facts(), ..Text::default() });
    }

    fn cell(&self, document: &mut Document, (row, truth): (usize, usize), (column, predicted): (usize, usize)) {
        let rows = self.confusion.count(truth, predicted);
        let support = self.confusion.support(truth);
        let share = if support == 0 { 0.0 } else { rows as f64 / support as f64 };
        let gap = if self.cell_px > 20.0 { 2.0 } else { 0.5 };
        let (x, y) = (self.left() + column as f64 * self.cell_px, HEAD_PX + row as f64 * self.cell_px);
        let hint = format!(
            "{} of {} predicted as {} ({:.1} %)",
            count(rows as usize, "row"),
            name(self.classes, truth),
            name(self.classes, predicted),
            share * 100.0
        );
        document.group(&hint, |document| {
            let side = self.cell_px - gap;
            let radius = if self.cell_px > 20.0 { 4.0 } else { 0.0 };
            document.rect(Rect { x, y, width: side, height: side, radius, fill: &of_share(share) });
            if self.drawn.len() <= NUMBERED_CLASSES_MAX {
                self.numbers(document, x + side / 2.0, y + side / 2.0, rows, share);
            }
        });
    }

    fn numbers(&self, document: &mut Document, x: f64, y: f64, rows: u64, share: f64) {
        let digits = rows.to_string();
        let size = (self.cell_px * 1.4 / digits.len() as f64).min(self.cell_px * 0.42).clamp(6.0, 20.0);
        let fill = on_share(share);
        let text = Text { x, anchor: Anchor::Middle, fill, ..Text::default() };
        let two_lines = self.cell_px >= TWO_LINES_PX;
        let y_count = if two_lines { y - 8.0 } else { y };
        document.text(Text { y: y_count, size, bold: true, content: &digits, ..text });
        if two_lines {
            let percent = format!("{:.1} %", share * 100.0);
            document.text(Text { y: y + 14.0, size: 11.0, content: &percent, ..text });
        }
    }

    fn labels(&self, document: &mut Document) {
        let (left, square) = (self.left(), self.square());
        if self.names_px > 0.0 {
            let size = (self.cell_px * 0.8).clamp(6.0, 13.0);
            for (place, label) in self.labels.iter().enumerate() {
                let along = (place as f64 + 0.5) * self.cell_px - 1.0;
                let label = Text { size, content: label, ..Text::default() };
                document.text(Text { x: left - 10.0, y: HEAD_PX + along, anchor: Anchor::End, ..label });
                let (x, below) = (left + along, HEAD_PX + square);
                document.text(if self.turned {
                    Text { x, y: below + 8.0, anchor: Anchor::End, turned: -90.0, ..label }
                } else {
                    Text { x, y: below + 14.0, anchor: Anchor::Middle, ..label }
                });
            }
        }
        let axis = Text { bold: true, fill: FAINT, anchor: Anchor::Middle, ..Text::default() };
        let middle = square / 2.0;
        document.text(Text { x: MARGIN_PX + 4.0, y: HEAD_PX + middle, turned: -90.0, content: "True class", ..axis });
        document.text(Text { x: left + middle, y: self.foot() + 14.0, content: "Predicted class", ..axis });
    }

    fn legend(&self, document: &mut Document) {
        let (top, width) = (self.foot() + 48.0, 160.0);
        let step = width / LEGEND_STEPS as f64;
        let left = MARGIN_PX + 24.0;
        for place in 0..LEGEND_STEPS {
            let fill = of_share(place as f64 / (LEGEND_STEPS - 1) as f64);
            let x = left + place as f64 * step;
            document.rect(Rect { x, y: top, width: step + 0.5, height: 10.0, radius: 0.0, fill: &fill });
        }
        let text = Text { y: top + 5.0, size: 11.0, fill: FAINT, ..Text::default() };
        document.text(Text { x: left - 6.0, anchor: Anchor::End, content: "0 %", ..text });
        document.text(Text { x: left + width + 6.0, content: "100 % of the rows of the true class", ..text });
    }
}

fn name(classes: &[String], class: usize) -> &str {
    classes.get(class).map_or("", String::as_str)
}

/// All classes, or of very many those with the most rows, in the model's order.
fn most_frequent(confusion: &Confusion) -> Vec<usize> {
    let mut classes = (0..confusion.classes()).collect::<Vec<_>>();
    if classes.len() > DRAWN_CLASSES_MAX {
        classes.sort_by_key(|class| std::cmp::Reverse(confusion.support(*class)));
        classes.truncate(DRAWN_CLASSES_MAX);
        classes.sort_unstable();
    }
    classes
}
