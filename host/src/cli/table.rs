//! Tables without lines, which are easy to read and to cut.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::cli::style::{Palette, Tone};

/// Terminals that are narrower get rows as wide as these want to be.
const WIDTH_MIN: u16 = 60;

/// A cell of harmless text.
pub fn cell(text: impl Into<String>) -> Cell {
    Cell::new(text.into())
}

/// A cell of a number or a size, at the right.
pub fn right(text: impl Into<String>) -> Cell {
    cell(text).set_alignment(CellAlignment::Right)
}

/// A cell in the colour of a tone.
pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
    let cell = cell(text);
    match tone {
        Tone::Good => cell.fg(Color::Green),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Wary => cell.fg(Color::Yellow),
        Tone::Busy => cell.fg(Color::Cyan),
        Tone::Faint => cell.fg(Color::DarkGrey),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
    }
}

/// A table as text: as wide as the terminal, or as wide as it wants to be where there is none.
pub fn render(header: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>, colours: Palette) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // A terminal that does not know its width says 0; one that is too narrow breaks lines better than columns.
    let width = table.width().filter(|width| *width >= WIDTH_MIN);
    table.force_no_tty();
    if let Some(width) = width {
        table.set_width(width);
    }
    if colours.is_on() {
        table.enforce_styling();
    }
    table.set_header(header.iter().map(|title| toned(title.to_uppercase(), Tone::Strong)));
    for row in rows {
        table.add_row(row);
    }
    // The margin is between columns only.
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
